"""All SQL of proofs of profession.

Belongs here: queries on `verification`, and the end of a proven role. Does not belong here: rules, `commit`.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from app_api.locks import hold
from core.db.tables import UserAccount, Verification
from core.vocabulary import Role

_SHOWN = tuple(column for column in Verification.__table__.columns if column.name not in ("sealed", "key_id"))


async def add(connection: AsyncConnection, columns: Mapping[str, Any]) -> None:
    await connection.execute(insert(Verification).values(**columns))


async def lock_uploads(connection: AsyncConnection, user_id: uuid.UUID) -> None:
    """Let one upload of an account go on at a time, so that its documents can be counted."""
    await hold(connection, f"verification {user_id}")


async def count_of(connection: AsyncConnection, user_id: uuid.UUID) -> int:
    query = select(func.count()).where(Verification.user_id == user_id)
    return (await connection.execute(query)).scalar_one()


async def pending_count(connection: AsyncConnection) -> int:
    query = select(func.count()).where(Verification.status == "pending")
    return (await connection.execute(query)).scalar_one()


async def of_user(connection: AsyncConnection, user_id: uuid.UUID) -> Sequence[Row[Any]]:
    """Return a person's uploads, the newest first."""
    query = select(*_SHOWN).where(Verification.user_id == user_id)
    return (await connection.execute(query.order_by(Verification.uploaded_at.desc()))).all()


async def inbox(connection: AsyncConnection, *, status: str | None, offset: int, limit: int) -> Sequence[Row[Any]]:
    """Return uploads with whose they are: those that wait first (the oldest first), then the latest decided."""
    decider = aliased(UserAccount)
    query = (
        select(
            *(column for column in _SHOWN if column.name != "decided_by"),
            UserAccount.display_name,
            UserAccount.email,
            UserAccount.role.label("present_role"),
            decider.display_name.label("decided_by"),
        )
        .join(UserAccount, UserAccount.user_id == Verification.user_id)
        .outerjoin(decider, decider.user_id == Verification.decided_by)
    )
    if status is not None:
        query = query.where(Verification.status == status)
    latest = Verification.decided_at.desc().nulls_first()
    query = query.order_by(
        Verification.status != "pending", latest, Verification.uploaded_at, Verification.verification_id
    )
    return (await connection.execute(query.offset(offset).limit(limit))).all()


async def one(connection: AsyncConnection, verification_id: uuid.UUID, *, is_change: bool = False) -> Row[Any] | None:
    """Return an upload with its sealed document."""
    query = select(*Verification.__table__.columns).where(Verification.verification_id == verification_id)
    if is_change:
        query = query.with_for_update()
    return (await connection.execute(query)).one_or_none()


async def decide(connection: AsyncConnection, verification_id: uuid.UUID, **columns: Any) -> None:
    await connection.execute(
        update(Verification).where(Verification.verification_id == verification_id).values(**columns)
    )


async def lapse_roles(connection: AsyncConnection, now: datetime) -> Sequence[uuid.UUID]:
    """Give a patient's role to every account whose proof has run out; return whose."""
    query = (
        update(UserAccount)
        .where(UserAccount.role_expires_at <= now)
        .values(role=Role.PATIENT.value, role_expires_at=None)
        .returning(UserAccount.user_id)
    )
    return (await connection.execute(query)).scalars().all()
