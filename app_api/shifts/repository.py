"""All SQL of shifts.

Belongs here: queries on `duty_span`. Does not belong here: rules, `commit`.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.locks import hold
from core.db.tables import DutySpan, UserAccount

_SPAN = tuple(DutySpan.__table__.columns)


async def lock_person(connection: AsyncConnection, user_id: uuid.UUID) -> None:
    """Let one change of a person's shift go on at a time."""
    await hold(connection, f"shift {user_id}")


async def open_span(connection: AsyncConnection, user_id: uuid.UUID) -> Row[Any] | None:
    """Return the span that a person is in; None off duty."""
    query = select(*_SPAN).where(DutySpan.user_id == user_id, DutySpan.ended_at.is_(None))
    return (await connection.execute(query)).one_or_none()


async def shift_began(connection: AsyncConnection, shift_id: uuid.UUID) -> datetime:
    query = select(func.min(DutySpan.started_at)).where(DutySpan.shift_id == shift_id)
    return (await connection.execute(query)).scalar_one()


async def end_span(connection: AsyncConnection, span_id: int, at: datetime) -> None:
    await connection.execute(update(DutySpan).where(DutySpan.span_id == span_id).values(ended_at=at))


async def add_span(connection: AsyncConnection, columns: dict[str, Any]) -> None:
    await connection.execute(insert(DutySpan).values(**columns))


async def on_duty(connection: AsyncConnection) -> Sequence[Row[Any]]:
    """Return who works or pauses, with names, those who work first."""
    query = (
        select(*_SPAN, UserAccount.display_name, UserAccount.role)
        .join(UserAccount, UserAccount.user_id == DutySpan.user_id)
        .where(DutySpan.ended_at.is_(None))
        .order_by(DutySpan.kind.desc(), UserAccount.display_name)
        .limit(500)
    )
    return (await connection.execute(query)).all()


async def forgotten(connection: AsyncConnection, now: datetime, longest: timedelta) -> Sequence[Row[Any]]:
    """Return the open spans of shifts older than a shift lasts; rows that others end are left to them."""
    first = DutySpan.__table__.alias("first")
    began = select(func.min(first.c.started_at)).where(first.c.shift_id == DutySpan.shift_id).scalar_subquery()
    query = select(*_SPAN).where(DutySpan.ended_at.is_(None), began < now - longest)
    return (await connection.execute(query.with_for_update(skip_locked=True))).all()
