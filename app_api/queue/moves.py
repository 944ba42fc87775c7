"""Moving one entry: lock its queue, change it, write the move down so that it can be taken back.

Belongs here: what every move shares. Does not belong here: which moves there are (`policy`), who may make them
(`service`), `commit`.
"""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.queue import policy, repository
from app_api.queue.errors import EntryNotFoundError, MoveNotAllowedError, QueueNotFoundError
from app_api.queue.policy import State
from core import clock

#: Fields of an entry that a move may change, and that undo brings back.
_MOVING = (
    "state",
    "queue_id",
    "provider_id",
    "virtual_at",
    "is_immediate",
    "called_at",
    "called_by",
    "desk",
    "started_at",
    "ended_at",
    "disposition",
)


async def lock(connection: AsyncConnection, queue_id: uuid.UUID) -> Row[Any]:
    found = await repository.lock_queues(connection, queue_id)
    if queue_id not in found:
        raise QueueNotFoundError("no such queue")
    return found[queue_id]


async def entry_of(connection: AsyncConnection, entry_id: uuid.UUID) -> Row[Any]:
    """Return an entry as it stands, without a lock.

    Raises
    ------
    EntryNotFoundError
    """
    entry = await repository.entry_by_id(connection, entry_id)
    if entry is None:
        raise EntryNotFoundError("no such queue entry")
    return entry


async def locked_entry(connection: AsyncConnection, entry_id: uuid.UUID, *, also: uuid.UUID | None = None) -> Row[Any]:
    """Lock the entry's queue (and another), then read the entry anew.

    Raises
    ------
    EntryNotFoundError, QueueNotFoundError, MoveNotAllowedError
    """
    seen = await entry_of(connection, entry_id)
    locked = await repository.lock_queues(connection, seen.queue_id, *([also] if also else []))
    if also is not None and also not in locked:
        raise QueueNotFoundError("no such queue")
    entry = await repository.entry_by_id(connection, entry_id)
    if entry is None or entry.queue_id != seen.queue_id:
        raise MoveNotAllowedError("the entry was moved at the same moment; look again")
    return entry


async def move(
    connection: AsyncConnection,
    entry: Row[Any],
    kind: policy.Move,
    changes: dict[str, Any],
    *,
    actor_id: uuid.UUID | None,
    now: datetime,
) -> Row[Any]:
    policy.check(kind, state=State(entry.state))
    changed = await repository.change(connection, entry, {**changes, "state": kind.to_state})
    if changed is None:
        raise MoveNotAllowedError("the entry was moved at the same moment; look again")
    await record(connection, changed, kind.kind, before=entry, actor_id=actor_id, now=now)
    return changed


async def record(
    connection: AsyncConnection,
    entry: Row[Any],
    kind: str,
    *,
    before: Row[Any] | None,
    actor_id: uuid.UUID | None,
    now: datetime,
    details: dict[str, Any] | None = None,
) -> None:
    await repository.add_move(
        connection,
        {
            "entry_id": entry.entry_id,
            "entry_version": entry.version,
            "kind": kind,
            "from_state": before.state if before is not None else None,
            "to_state": entry.state,
            "before": {} if before is None else {name: _stored(getattr(before, name)) for name in _MOVING},
            "details": details,
            "actor_id": actor_id,
            "moved_at": now,
        },
    )


def _stored(value: Any) -> Any:
    if isinstance(value, datetime):
        return clock.iso(value)
    return str(value) if isinstance(value, uuid.UUID) else value


def restored(before: dict[str, Any]) -> dict[str, Any]:
    moments = ("virtual_at", "called_at", "started_at", "ended_at")
    columns = dict(before)
    for name in moments:
        if columns[name] is not None:
            columns[name] = datetime.fromisoformat(columns[name])
    for name in ("queue_id", "called_by", "provider_id"):
        if columns.get(name) is not None:
            columns[name] = uuid.UUID(columns[name])
    return columns


async def hand_over(
    connection: AsyncConnection,
    entry: Row[Any],
    provider_id: uuid.UUID | None,
    kind: str,
    *,
    details: dict[str, Any] | None,
    actor_id: uuid.UUID,
) -> Row[Any]:
    """Assign a locked entry to a provider or to nobody; its state and its place stay.

    Raises
    ------
    MoveNotAllowedError
    """
    if State(entry.state) not in policy.OPEN:
        raise MoveNotAllowedError(f"the entry is {entry.state}; {kind} is possible from {', '.join(policy.OPEN)}")
    changed = await repository.change(connection, entry, {"provider_id": provider_id})
    if changed is None:
        raise MoveNotAllowedError("the entry was moved at the same moment; look again")
    now = clock.now()
    await record(connection, changed, kind, before=entry, actor_id=actor_id, now=now, details=details)
    return changed
