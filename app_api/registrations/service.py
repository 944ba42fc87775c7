"""Taking in a registration, once.

Belongs here: the act and its rules. Does not belong here: HTTP, SQL text, `commit`.
"""

from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.envelope import audit, outbox
from app_api.envelope.errors import KeyReusedError
from app_api.identity.session_book import Principal
from app_api.registrations import policy, repository
from app_api.registrations.errors import RegistrationExistsError
from app_api.registrations.schemas import NewRegistration
from core import clock
from core.ids import new_uuid


async def register(
    connection: AsyncConnection, wish: NewRegistration, *, person: Principal, key: str | None
) -> tuple[Row[Any], bool]:
    """Insert a registration and return its row, and whether this is the replay of an earlier answer.

    Parameters
    ----------
    key : str, optional
        Idempotency-Key: the same person's same key with the same body is the same registration.

    Raises
    ------
    RegistrationExistsError, KeyReusedError, InputError
    """
    now = clock.now()
    given = wish.model_dump(exclude_none=True)
    if wish.registered_at is not None:
        policy.check_moment(wish.registered_at, now=now)
    registration_id = wish.registration_id
    if registration_id is None:
        registration_id = policy.id_from_key(person.user_id, key) if key else f"reg_{new_uuid().hex}"
    columns = {
        "registered_at": now,
        **given,
        "registration_id": registration_id,
        "recorded_at": now,
        "created_by": person.user_id,
    }
    row = await repository.add(connection, columns)
    if row is not None:
        return row, False
    stored = await repository.by_id(connection, registration_id)
    if stored is None or key is None or stored.created_by != person.user_id:
        raise RegistrationExistsError("a registration with this registration_id exists")
    if not policy.is_same_request(stored._mapping, given):
        raise KeyReusedError("this Idempotency-Key was used for another registration")
    return stored, True


async def tell_of(connection: AsyncConnection, row: Row[Any], *, person: Principal, request_id: str | None) -> None:
    """Write the event of the audit and the news for the screens, in the transaction of the registration itself.

    The event names the row by its number: ids that come from outside may be anything. The news name no patient.
    """
    await audit.append(
        connection,
        audit.Entry(
            actor_id=person.user_id,
            actor_role=str(person.role),
            action="registration.create",
            object_kind="registration",
            object_ids=(str(row.registration_seq),),
            relation="any",
            request_id=request_id,
        ),
    )
    news = {
        "registration_seq": row.registration_seq,
        "registered_at": clock.iso(row.registered_at),
        "condition": row.condition,
        "acuity": row.acuity,
    }
    await outbox.add(connection, "registrations", news)
