"""Standing in line and being called, once and in order.

Belongs here: the acts and their rules. Does not belong here: HTTP, SQL text, `commit`.
"""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.queue import policy, repository
from app_api.queue.errors import (
    AlreadyInQueueError,
    EntryNotFoundError,
    MoveNotAllowedError,
    NothingToUndoError,
    QueueExistsError,
    QueueNotFoundError,
)
from app_api.queue.policy import State
from app_api.queue.schemas import NewEntry, NewQueue, Triage
from core import clock
from core.errors import InputError
from core.ids import new_uuid
from ml.features import news2
from ml.waiting.order import STRATEGIES

#: Fields of an entry that a move may change, and that undo brings back.
_MOVING = (
    "state",
    "queue_id",
    "virtual_at",
    "is_immediate",
    "called_at",
    "called_by",
    "desk",
    "started_at",
    "ended_at",
)


async def create_queue(connection: AsyncConnection, wish: NewQueue) -> Row[Any]:
    """Make a queue.

    Raises
    ------
    QueueExistsError
    """
    columns = {**wish.model_dump(), "queue_id": new_uuid(), "last_ticket": 0, "created_at": clock.now()}
    row = await repository.add_queue(connection, {**columns, "is_synthetic": False})
    if row is None:
        raise QueueExistsError("a queue with this name or these ticket letters exists")
    return row


async def join(
    connection: AsyncConnection, queue_id: uuid.UUID, wish: NewEntry, *, actor_id: uuid.UUID | None
) -> Row[Any]:
    """Put a patient in line.

    Raises
    ------
    QueueNotFoundError, AlreadyInQueueError, InputError
    """
    acuity, score = _judge(wish)
    queue = await _lock(connection, queue_id)
    if await repository.has_open_entry(connection, queue_id, wish.patient_id):
        raise AlreadyInQueueError("this patient stands in this queue already")
    # After the lock: arrivals of one queue get their moments in the order in which they are committed.
    now = clock.now()
    placing = STRATEGIES[queue.strategy](now, acuity)
    number = await repository.next_ticket(connection, queue_id, now.date())
    entry = await repository.add_entry(
        connection,
        {
            "entry_id": new_uuid(),
            "queue_id": queue_id,
            "patient_id": wish.patient_id,
            "acuity": acuity,
            "news2_score": score,
            "ticket_date": now.date(),
            "ticket_code": policy.ticket(queue.ticket_prefix, number),
            "state": State.WAITING,
            "arrived_at": now,
            "virtual_at": placing.virtual_at,
            "is_immediate": placing.is_immediate,
            "overtakes": 0,
            "version": 1,
        },
    )
    if entry is None:
        raise AlreadyInQueueError("this patient stands in this queue already")
    await _record(connection, entry, "join", before=None, actor_id=actor_id, now=now)
    return entry


def _judge(wish: NewEntry) -> tuple[int, int | None]:
    """Return level and NEWS2 score; the score makes a level stricter, never laxer."""
    score, allowed = None, 5
    if wish.triage is not None:
        score, has_red = _news2(wish.triage)
        if score is not None:
            allowed = policy.level_of_score(score, has_red=has_red)
    if wish.acuity is None and score is None:
        raise InputError("give acuity (1 to 5) or at least one vital sign in triage", code="acuity_missing")
    return min(wish.acuity or 5, allowed), score


def _news2(triage: Triage) -> tuple[int | None, bool]:
    vitals = {name: [_or_nan(getattr(triage, name))] for name in news2.BANDS}
    if all(values[0] != values[0] for values in vitals.values()):
        return None, False
    total = news2.news2(vitals, has_oxygen=triage.has_oxygen, is_alert=triage.is_alert)
    is_red = float(news2.highest_single_points(vitals)[0]) >= 3 or not triage.is_alert
    return int(total[0]), is_red


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value


async def call_next(
    connection: AsyncConnection, queue_id: uuid.UUID, *, desk: str | None, actor_id: uuid.UUID
) -> Row[Any] | None:
    """Call the next patient and return their entry; None when nobody waits.

    Raises
    ------
    QueueNotFoundError
    """
    await _lock(connection, queue_id)
    entry = await repository.first_waiting(connection, queue_id)
    if entry is None:
        return None
    now = clock.now()
    changes = {"called_at": now, "called_by": actor_id, "desk": desk}
    called = await _move(connection, entry, policy.CALL, changes, actor_id=actor_id, now=now)
    await repository.count_overtakes(connection, called)
    return called


async def transition(
    connection: AsyncConnection,
    entry_id: uuid.UUID,
    to: State,
    *,
    queue_id: uuid.UUID | None,
    actor_id: uuid.UUID,
    check_version: Callable[[int], None] = lambda _: None,
) -> tuple[Row[Any], uuid.UUID]:
    """Move an entry on: begun, completed, left, back in line, or over to another queue; return it and its old queue.

    Parameters
    ----------
    check_version : callable
        Refuses when the version is not the one that the caller has seen.

    Raises
    ------
    EntryNotFoundError, QueueNotFoundError, MoveNotAllowedError
    """
    entry = await _locked_entry(connection, entry_id, also=queue_id)
    check_version(entry.version)
    now = clock.now()
    if queue_id is not None and queue_id != entry.queue_id:
        if to is not State.WAITING:
            raise MoveNotAllowedError(f"a transfer leads to waiting, not to {to}")
        return await _transfer(connection, entry, queue_id, actor_id=actor_id, now=now), entry.queue_id
    move = policy.move_to(to, state=State(entry.state))
    return await _move(connection, entry, move, _fields_of(move, now), actor_id=actor_id, now=now), entry.queue_id


def _fields_of(move: policy.Move, now: datetime) -> dict[str, Any]:
    """Return what a move writes besides the state."""
    if move.to_state is State.WAITING:
        return {"called_at": None, "called_by": None, "desk": None, "started_at": None}
    if move.to_state is State.IN_SERVICE:
        return {"started_at": now}
    return {"ended_at": now}


async def _transfer(
    connection: AsyncConnection, entry: Row[Any], queue_id: uuid.UUID, *, actor_id: uuid.UUID, now: datetime
) -> Row[Any]:
    """Move an entry to another queue with its ticket and its clock: who waited there keeps what was waited."""
    policy.check(policy.TRANSFER, state=State(entry.state))
    queue = await repository.queue_by_id(connection, queue_id)
    if queue is None:
        raise QueueNotFoundError("no such queue")
    if await repository.has_open_entry(connection, queue_id, entry.patient_id):
        raise AlreadyInQueueError("this patient stands in that queue already")
    placing = STRATEGIES[queue.strategy](entry.arrived_at, entry.acuity)
    changes = {
        "queue_id": queue_id,
        "virtual_at": placing.virtual_at,
        "is_immediate": placing.is_immediate,
        "called_at": None,
        "called_by": None,
        "desk": None,
        "started_at": None,
    }
    return await _move(connection, entry, policy.TRANSFER, changes, actor_id=actor_id, now=now)


async def undo(connection: AsyncConnection, entry_id: uuid.UUID, *, actor_id: uuid.UUID) -> tuple[Row[Any], uuid.UUID]:
    """Take the last move back: the entry is as it was, at its old place; return it and the queue it was in.

    Raises
    ------
    EntryNotFoundError, NothingToUndoError, AlreadyInQueueError
    """
    found = await repository.last_move(connection, entry_id)
    back_to = uuid.UUID(found.before["queue_id"]) if found is not None and "queue_id" in found.before else None
    entry = await _locked_entry(connection, entry_id, also=back_to)
    last = await repository.last_move(connection, entry_id)
    if last is None or found is None or last.move_id != found.move_id:
        raise NothingToUndoError("the entry was moved at the same moment; look again")
    now = clock.now()
    policy.check_undo(last.kind, last.moved_at, now=now)
    before = _restored(last.before)
    comes_back = entry.state not in policy.OPEN or before["queue_id"] != entry.queue_id
    if comes_back and await repository.has_open_entry(connection, before["queue_id"], entry.patient_id):
        raise AlreadyInQueueError("this patient joined the queue again meanwhile")
    changed = await repository.change(connection, entry, before)
    if changed is None:
        raise MoveNotAllowedError("the entry was moved at the same moment; look again")
    await _record(connection, changed, "undo", before=entry, actor_id=actor_id, now=now)
    return changed, entry.queue_id


async def close_day(connection: AsyncConnection, queue_id: uuid.UUID, *, actor_id: uuid.UUID | None) -> int:
    """Close whatever is still open; closed entries are no observed waits. Return how many.

    Raises
    ------
    QueueNotFoundError
    """
    await _lock(connection, queue_id)
    now = clock.now()
    entries = await repository.open_entries(connection, queue_id)
    for entry in entries:
        await _move(connection, entry, policy.CLOSE, {"ended_at": now}, actor_id=actor_id, now=now)
    return len(entries)


def wall_since(now: datetime) -> datetime:
    """Return since when calls are shown on the wall."""
    return now - timedelta(hours=12)


async def _lock(connection: AsyncConnection, queue_id: uuid.UUID) -> Row[Any]:
    found = await repository.lock_queues(connection, queue_id)
    if queue_id not in found:
        raise QueueNotFoundError("no such queue")
    return found[queue_id]


async def _locked_entry(connection: AsyncConnection, entry_id: uuid.UUID, *, also: uuid.UUID | None) -> Row[Any]:
    """Lock the entry's queue (and another), then read the entry anew."""
    seen = await repository.entry_by_id(connection, entry_id)
    if seen is None:
        raise EntryNotFoundError("no such queue entry")
    locked = await repository.lock_queues(connection, seen.queue_id, *([also] if also else []))
    if also is not None and also not in locked:
        raise QueueNotFoundError("no such queue")
    entry = await repository.entry_by_id(connection, entry_id)
    if entry is None or entry.queue_id != seen.queue_id:
        raise MoveNotAllowedError("the entry was moved at the same moment; look again")
    return entry


async def _move(
    connection: AsyncConnection,
    entry: Row[Any],
    move: policy.Move,
    changes: dict[str, Any],
    *,
    actor_id: uuid.UUID | None,
    now: datetime,
) -> Row[Any]:
    policy.check(move, state=State(entry.state))
    changed = await repository.change(connection, entry, {**changes, "state": move.to_state})
    if changed is None:
        raise MoveNotAllowedError("the entry was moved at the same moment; look again")
    await _record(connection, changed, move.kind, before=entry, actor_id=actor_id, now=now)
    return changed


async def _record(
    connection: AsyncConnection,
    entry: Row[Any],
    kind: str,
    *,
    before: Row[Any] | None,
    actor_id: uuid.UUID | None,
    now: datetime,
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
            "actor_id": actor_id,
            "moved_at": now,
        },
    )


def _stored(value: Any) -> Any:
    if isinstance(value, datetime):
        return clock.iso(value)
    return str(value) if isinstance(value, uuid.UUID) else value


def _restored(before: dict[str, Any]) -> dict[str, Any]:
    moments = ("virtual_at", "called_at", "started_at", "ended_at")
    restored = dict(before)
    for name in moments:
        if restored[name] is not None:
            restored[name] = datetime.fromisoformat(restored[name])
    for name in ("queue_id", "called_by"):
        if restored[name] is not None:
            restored[name] = uuid.UUID(restored[name])
    return restored
