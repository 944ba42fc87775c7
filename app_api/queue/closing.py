"""The end of a queue's day: whoever is still in line is closed, by hand or by the clock.

Belongs here: closing. Does not belong here: single moves (`service`), HTTP, `commit`.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.envelope import outbox
from app_api.envelope.audit import Entry, append
from app_api.queue import moves, policy, repository
from app_api.queue.views import TOPIC
from app_api.time_zones import zone
from core import clock


async def close_day(connection: AsyncConnection, queue_id: uuid.UUID, *, actor_id: uuid.UUID | None) -> int:
    """Close whatever is still open; closed entries are no observed waits. Return how many.

    Raises
    ------
    QueueNotFoundError
    """
    await moves.lock(connection, queue_id)
    return await _close(connection, queue_id, before=None, actor_id=actor_id)


async def close_days(connection: AsyncConnection, now: datetime) -> Sequence[uuid.UUID]:
    """Close the day of every queue whose day has ended, once; return which queues changed.

    Whoever came after the end stays in line. Workers that do this at the same moment wait for each other's lock and
    then see that the day is closed.
    """
    changed = []
    for seen in await repository.queues_with_day_end(connection):
        queue = await moves.lock(connection, seen.queue_id)
        if queue.day_ends_local is None:
            continue
        ended_at = policy.last_day_end(now, queue.day_ends_local, zone(queue.time_zone))
        if queue.day_closed_at is not None and queue.day_closed_at >= ended_at:
            continue
        await repository.change_queue(connection, queue.queue_id, {"day_closed_at": ended_at})
        if await _close(connection, queue.queue_id, before=ended_at, actor_id=None):
            changed.append(queue.queue_id)
            entry = Entry(
                actor_id=None, actor_role="system", action="queue.close_day", object_kind="queue",
                object_ids=(str(queue.queue_id),),
            )  # fmt: skip
            await append(connection, entry)
            await outbox.add(connection, TOPIC, {"queue_id": str(queue.queue_id)})
    return changed


async def _close(
    connection: AsyncConnection, queue_id: uuid.UUID, *, before: datetime | None, actor_id: uuid.UUID | None
) -> int:
    now = clock.now()
    rows = await repository.open_entries(connection, queue_id)
    entries = [row for row in rows if before is None or row.arrived_at < before]
    for entry in entries:
        await moves.move(connection, entry, policy.CLOSE, {"ended_at": now}, actor_id=actor_id, now=now)
    return len(entries)
