"""All SQL of staff profiles.

Belongs here: queries on `staff_profile` and on what it is shown with. Does not belong here: rules, `commit`.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from app_api.locks import hold_digest
from core.db.tables import Provider, StaffProfile, UserAccount, Verification
from core.vocabulary import Role

STAFF = (Role.DOCTOR.value, Role.NURSE.value)


def _profiles() -> Select[Any]:
    """Profiles of doctors and nurses, those with nothing written down too, with the end of their proof."""
    verifier = aliased(UserAccount)
    return (
        select(
            UserAccount.user_id,
            UserAccount.display_name,
            UserAccount.role,
            *(column for column in StaffProfile.__table__.columns if column.name not in ("user_id", "verified_by")),
            Verification.expires_at.label("licence_expires_at"),
            verifier.display_name.label("verified_by"),
        )
        .outerjoin(StaffProfile, StaffProfile.user_id == UserAccount.user_id)
        .outerjoin(Verification, Verification.verification_id == StaffProfile.verification_id)
        .outerjoin(verifier, verifier.user_id == StaffProfile.verified_by)
        .where(UserAccount.role.in_(STAFF), UserAccount.is_active)
    )


async def profile(connection: AsyncConnection, user_id: uuid.UUID) -> Row[Any] | None:
    return (await connection.execute(_profiles().where(UserAccount.user_id == user_id))).one_or_none()


async def profiles(connection: AsyncConnection, *, offset: int, limit: int) -> Sequence[Row[Any]]:
    query = _profiles().order_by(UserAccount.display_name, UserAccount.user_id)
    return (await connection.execute(query.offset(offset).limit(limit))).all()


async def practices(connection: AsyncConnection, user_ids: Sequence[uuid.UUID]) -> Sequence[Row[Any]]:
    """Return user_id, specialty and facility of the providers that these accounts see patients as."""
    query = select(Provider.user_id, Provider.specialty, Provider.facility).where(
        Provider.user_id.in_(user_ids), Provider.is_active
    )
    return (await connection.execute(query.order_by(Provider.specialty, Provider.facility))).all()


async def lock(connection: AsyncConnection, user_id: uuid.UUID) -> None:
    """Let one change of a profile go on at a time, also of one that has no row yet."""
    query = select(UserAccount.user_id).where(UserAccount.user_id == user_id)
    await connection.execute(query.with_for_update(key_share=True))


async def proof(connection: AsyncConnection, user_id: uuid.UUID, role: str, *, now: datetime) -> Row[Any] | None:
    """Return the approved document that proves a role for longest, if one still holds."""
    query = (
        select(Verification.verification_id, Verification.expires_at)
        .where(
            Verification.user_id == user_id,
            Verification.wanted_role == role,
            Verification.status == "approved",
            Verification.expires_at > now,
        )
        .order_by(Verification.expires_at.desc())
        .limit(1)
    )
    return (await connection.execute(query)).one_or_none()


async def holder_of(connection: AsyncConnection, digest: bytes, *, but: uuid.UUID) -> uuid.UUID | None:
    """Return who has this licence; the caller holds the number's lock."""
    query = select(StaffProfile.user_id).where(StaffProfile.licence_digest == digest, StaffProfile.user_id != but)
    return (await connection.execute(query)).scalar_one_or_none()


async def lock_licence(connection: AsyncConnection, digest: bytes) -> None:
    """Let nobody else write down the same licence until the commit."""
    await hold_digest(connection, digest)


async def add(connection: AsyncConnection, user_id: uuid.UUID, columns: Mapping[str, Any]) -> None:
    await connection.execute(insert(StaffProfile).values(user_id=user_id, **columns))


async def change(connection: AsyncConnection, user_id: uuid.UUID, columns: Mapping[str, Any]) -> None:
    await connection.execute(update(StaffProfile).where(StaffProfile.user_id == user_id).values(**columns))
