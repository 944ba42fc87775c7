"""Who reads the facade: a person by session or token, or a program that was registered, held to its scopes.

Belongs here: the dependency that every route of a resource declares, and what a program may be near. Does not belong
here: tokens (`app_api.identity`, `app_api.smart`), the relation rule for people (`app_api.patients`).

A program's access token is looked for here and nowhere else: on any other route it is nobody's.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Security
from starlette.requests import HTTPConnection

from app_api.envelope import Act
from app_api.identity.access import bearer_of, bearer_scheme, need, session_scheme, signed_in
from app_api.identity.context import context_of
from app_api.identity.errors import ForbiddenError, NotSignedInError
from app_api.identity.session_book import Principal, Reader
from app_api.patients import repository
from app_api.patients.errors import PatientNotFoundError
from app_api.patients.service import admit
from app_api.smart import service as smart


def reads(right: str, action: str) -> Callable[..., Awaitable[Reader]]:
    """Return a dependency that lets people with the permission `action` pass, and programs with the right.

    Parameters
    ----------
    right : str
        A resource and a letter of SMART's scopes: `Slot.r` to read one by its id, `Slot.s` to search.
    """
    by_permission = need(action)

    async def reader(
        connection: HTTPConnection,
        _: Annotated[str | None, Security(session_scheme)],
        __: Annotated[Any, Security(bearer_scheme)],
    ) -> Reader:
        bearer = bearer_of(connection)
        if bearer is None or not smart.is_access_token(bearer):
            return await by_permission(await signed_in(connection, None, None))
        program = await smart.find(context_of(connection), bearer)
        if program is None:
            raise NotSignedInError("this access token is not known, or has run out")
        if right not in program.rights:
            resource, _dot, letter = right.partition(".")
            raise ForbiddenError(f"this token was not given system/{resource}.{letter}")
        return program

    reader.action = action  # type: ignore[attr-defined]
    return reader


async def admit_to_risk(tx: Act, reader: Reader, patient_id: str) -> None:
    """Let a person near a patient's risk by the rule for people; a program by its scopes, with no relation to ask for.

    Row-level security knows people only: a program stays before that wall, and its route reads what its scope says.

    Raises
    ------
    PatientNotFoundError
    """
    if isinstance(reader, Principal):
        await admit(tx, reader, patient_id, "risk")
        return
    if not await repository.is_known(tx.connection, patient_id):
        tx.about("risk", relation="any")
        raise PatientNotFoundError("no such patient among those that you may see")
    tx.about("risk", patient_id, patient_id=patient_id, relation="any")
