"""All SQL of notifications.

Belongs here: queries for one reader. Does not belong here: `commit`.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core import clock
from core.db.tables import Notification, NotificationReading


def _is_read(user_id: uuid.UUID) -> Any:
    reading = NotificationReading
    return (
        select(reading.user_id)
        .where(reading.notification_id == Notification.notification_id, reading.user_id == user_id)
        .exists()
    )


async def newest(
    connection: AsyncConnection, user_id: uuid.UUID, *, before: int | None, only_unread: bool, limit: int
) -> Sequence[Row[Any]]:
    """Return notifications before a number, the newest first, with whether this person read them."""
    query: Select[Any] = select(*Notification.__table__.c, _is_read(user_id).label("is_read"))
    if before is not None:
        query = query.where(Notification.notification_id < before)
    if only_unread:
        query = query.where(~_is_read(user_id))
    return (await connection.execute(query.order_by(Notification.notification_id.desc()).limit(limit))).all()


async def unread(connection: AsyncConnection, user_id: uuid.UUID) -> int:
    """Return how many this person has not read."""
    query = select(func.count()).select_from(Notification).where(~_is_read(user_id))
    return await connection.scalar(query) or 0


async def exists(connection: AsyncConnection, notification_id: int) -> bool:
    query = select(Notification.notification_id).where(Notification.notification_id == notification_id)
    return await connection.scalar(query) is not None


async def mark_read(connection: AsyncConnection, user_id: uuid.UUID, *, up_to: int, only: bool) -> None:
    """Note that a person read one notification, or all up to it; reading twice changes nothing."""
    wanted = Notification.notification_id == up_to if only else Notification.notification_id <= up_to
    rows = select(Notification.notification_id, literal(user_id), literal(clock.now())).where(wanted)
    new = insert(NotificationReading).from_select(["notification_id", "user_id", "read_at"], rows)
    await connection.execute(new.on_conflict_do_nothing())
