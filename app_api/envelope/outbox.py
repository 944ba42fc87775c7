"""News that is written with the change it tells of, and taken out after the commit.

Belongs here: adding and taking messages. Does not belong here: telling the sockets (`serving.realtime.outbox`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core import clock
from core.db.tables import OutboxMessage


async def add(connection: AsyncConnection, topic: str, payload: Mapping[str, Any]) -> None:
    """Add a message to the caller's transaction; the payload holds ids and codes, never what identifies a person."""
    # Inline: the number is not asked back, which would need the right to read the table.
    row = {"topic": topic, "payload": dict(payload), "created_at": clock.now()}
    await connection.execute(insert(OutboxMessage).values(**row).inline())


async def take(connection: AsyncConnection, limit: int = 100) -> Sequence[Row[Any]]:
    """Take the oldest messages that nobody else is taking; they are gone when the caller's transaction commits."""
    oldest = (
        select(OutboxMessage.outbox_id).order_by(OutboxMessage.outbox_id).limit(limit).with_for_update(skip_locked=True)
    )
    query = (
        delete(OutboxMessage)
        .where(OutboxMessage.outbox_id.in_(oldest.scalar_subquery()))
        .returning(OutboxMessage.outbox_id, OutboxMessage.topic, OutboxMessage.payload, OutboxMessage.created_at)
    )
    return sorted((await connection.execute(query)).all(), key=lambda row: row.outbox_id)
