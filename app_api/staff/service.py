"""The acts on staff profiles: read, change one's own part, change what is verified.

Belongs here: rules applied to rows, sealing and opening. Does not belong here: HTTP, SQL text, `commit`.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from app_api.envelope import Act
from app_api.identity.context import AppContext
from app_api.identity.session_book import Principal
from app_api.staff import policy, repository
from app_api.staff.errors import LicenceKnownError, NotProvenError, OwnVerificationError, StaffNotFoundError
from app_api.staff.schemas import Licence, LicenceView, OwnChange, Practice, StaffView, VerifiedChange
from core import clock
from core.key_ring import blind_digest

_OWN = ("unit", "languages", "shift_preference", "extension")
_EMPTY: dict[str, Any] = {
    "unit": None, "languages": [], "shift_preference": None, "extension": None, "qualifications": [],
    "verification_id": None, "licence_digest": None, "verified_by": None, "verified_at": None,
}  # fmt: skip


async def views(context: AppContext, tx: Act, rows: Sequence[Row[Any]]) -> list[StaffView]:
    """Return profiles as they are shown."""
    practices: dict[uuid.UUID, list[Practice]] = {}
    for row in await repository.practices(tx.connection, [row.user_id for row in rows]):
        practices.setdefault(row.user_id, []).append(Practice(specialty=row.specialty, facility=row.facility))
    return [await _view(context, tx, row, practices.get(row.user_id, [])) for row in rows]


async def _view(context: AppContext, tx: Act, row: Row[Any], practices: list[Practice]) -> StaffView:
    words = await _words(context, tx, row)
    columns = dict(row._mapping) if row.version is not None else {**row._mapping, **_EMPTY, "version": 0}
    expires_at = row.licence_expires_at
    licence = LicenceView(
        number=words.get("number"),
        authority=words.get("authority"),
        state=policy.licence_state(expires_at, clock.now()),
        expires_at=expires_at,
    )
    return StaffView.model_validate({**columns, "licence": licence, "practices": practices})


async def _words(context: AppContext, tx: Act, row: Row[Any]) -> dict[str, Any]:
    if row.sealed is None:
        return {}
    return await context.vault.open(tx.connection, row.sealed, "staff_profile", row.user_id)


async def read(context: AppContext, tx: Act, user_id: uuid.UUID) -> StaffView:
    """Return one profile.

    Raises
    ------
    StaffNotFoundError
    """
    row = await repository.profile(tx.connection, user_id)
    if row is None:
        raise StaffNotFoundError("no such doctor or nurse")
    tx.version = row.version or 0
    return (await views(context, tx, [row]))[0]


async def change_own(context: AppContext, tx: Act, person: Principal, wish: OwnChange) -> StaffView:
    """Change what somebody says of themselves.

    Raises
    ------
    VersionStaleError, VersionMissingError, StaffNotFoundError
    """
    given = {name: getattr(wish, name) for name in _OWN if name in wish.model_fields_set}
    tx.about("staff_profile", person.user_id, relation="own", fields=sorted(given))
    return await _change(context, tx, person.user_id, given)


async def verify(
    context: AppContext, tx: Act, person: Principal, user_id: uuid.UUID, wish: VerifiedChange
) -> StaffView:
    """Write down what an administrator has seen proof of; a licence is bound to the document that proves the role.

    Raises
    ------
    StaffNotFoundError, OwnVerificationError, NotProvenError, LicenceKnownError, VersionStaleError,
    VersionMissingError
    """
    tx.about("staff_profile", user_id, relation="any", fields=sorted(wish.model_fields_set))
    if user_id == person.user_id:
        raise OwnVerificationError("somebody else must write down what is verified about you")
    given: dict[str, Any] = {"verified_by": person.user_id, "verified_at": clock.now()}
    if "qualifications" in wish.model_fields_set:
        given["qualifications"] = list(dict.fromkeys(wish.qualifications))
    if "licence" in wish.model_fields_set:
        given |= await _licence_columns(context, tx, user_id, wish.licence)
    return await _change(context, tx, user_id, given)


async def _licence_columns(context: AppContext, tx: Act, user_id: uuid.UUID, licence: Licence | None) -> dict[str, Any]:
    if licence is None:
        sealed = await context.vault.seal(tx.connection, {}, "staff_profile", user_id)
        return {"verification_id": None, "licence_digest": None, **sealed}
    row = await repository.profile(tx.connection, user_id)
    if row is None:
        raise StaffNotFoundError("no such doctor or nurse")
    proof = await repository.proof(tx.connection, user_id, row.role, now=clock.now())
    if proof is None:
        raise NotProvenError(f"no approved document proves the role {row.role} of this account now")
    digest = blind_digest(context.settings.secrets["blind_index_key"], "licence", licence.number)
    await repository.lock_licence(tx.connection, digest)
    if await repository.holder_of(tx.connection, digest, but=user_id) is not None:
        raise LicenceKnownError("another account has this licence number")
    sealed = await context.vault.seal(tx.connection, licence.model_dump(), "staff_profile", user_id)
    return {"verification_id": proof.verification_id, "licence_digest": digest, **sealed}


async def _change(context: AppContext, tx: Act, user_id: uuid.UUID, given: dict[str, Any]) -> StaffView:
    await repository.lock(tx.connection, user_id)
    row = await repository.profile(tx.connection, user_id)
    if row is None:
        raise StaffNotFoundError("no such doctor or nurse")
    tx.check_version(row.version or 0)
    columns = {**given, "version": (row.version or 0) + 1, "updated_at": clock.now()}
    if row.version is None:
        sealed = await context.vault.seal(tx.connection, {}, "staff_profile", user_id)
        await repository.add(tx.connection, user_id, {**_EMPTY, **sealed, **columns})
    else:
        await repository.change(tx.connection, user_id, columns)
    tx.tell("staff", {"user_id": str(user_id)})
    return await read(context, tx, user_id)
