"""Standing in line and being called, once and in order.

Belongs here: the acts and their rules. Does not belong here: HTTP, SQL text, `commit`.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.clinical import vitals_of
from app_api.queue import matching_repository, moves, policy, repository
from app_api.queue.errors import (
    AlreadyInQueueError,
    MoveNotAllowedError,
    NothingToUndoError,
    QueueExistsError,
    QueueNotFoundError,
)
from app_api.queue.policy import State
from app_api.queue.scales import targets_of
from app_api.queue.schemas import NewEntry, NewQueue, QueueChange, Triage
from app_api.time_zones import zone
from core import clock
from core.errors import InputError
from core.ids import new_uuid
from core.vocabulary import Disposition
from ml.features import news2
from ml.waiting.order import STRATEGIES


async def create_queue(connection: AsyncConnection, wish: NewQueue) -> Row[Any]:
    """Make a queue.

    Raises
    ------
    QueueExistsError, InputError
    """
    zone(wish.time_zone)
    columns = {
        **wish.model_dump(),
        "target_minutes": targets_of(wish.acuity_scale, wish.target_minutes),
        "day_ends_local": _wall_clock(wish.day_ends_local),
        "queue_id": new_uuid(),
        "last_ticket": 0,
        "created_at": clock.now(),
        "is_synthetic": False,
    }
    row = await repository.add_queue(connection, columns)
    if row is None:
        raise QueueExistsError("a queue with this name or these ticket letters exists")
    return row


async def configure(
    connection: AsyncConnection, queue_id: uuid.UUID, wish: QueueChange, *, check_version: Callable[[int], None]
) -> Row[Any]:
    """Change scale, target times or day's end of a queue; target times hold for those in line too.

    Raises
    ------
    QueueNotFoundError, VersionStaleError, VersionMissingError, InputError
    """
    queue = await moves.lock(connection, queue_id)
    check_version(queue.version)
    given = wish.model_dump(exclude_unset=True)
    scale = given.get("acuity_scale") or queue.acuity_scale
    columns: dict[str, Any] = {"acuity_scale": scale, "version": queue.version + 1}
    if scale != queue.acuity_scale or given.get("target_minutes") is not None:
        columns["target_minutes"] = targets_of(scale, given.get("target_minutes"))
    if given.get("time_zone") is not None:
        zone(given["time_zone"])
        columns["time_zone"] = given["time_zone"]
    if "day_ends_local" in given:
        columns["day_ends_local"] = _wall_clock(given["day_ends_local"])
    return await repository.change_queue(connection, queue_id, columns)


def _wall_clock(given: time | None) -> time | None:
    """Return a time of the wall clock: an offset says nothing there."""
    return None if given is None else given.replace(tzinfo=None)


@dataclass(frozen=True)
class Arrival:
    """What a check-in knows of one who comes for an appointment."""

    arrived_at: datetime
    appointment_id: uuid.UUID
    provider_id: uuid.UUID | None


async def join(
    connection: AsyncConnection,
    queue_id: uuid.UUID,
    wish: NewEntry,
    *,
    actor_id: uuid.UUID | None,
    arrival: Arrival | None = None,
) -> Row[Any]:
    """Put a patient in line; who came for an appointment has the clock run since the arrival.

    Raises
    ------
    QueueNotFoundError, AlreadyInQueueError, InputError
    """
    acuity, score = _judge(wish)
    queue = await moves.lock(connection, queue_id)
    if await repository.has_open_entry(connection, queue_id, wish.patient_id):
        raise AlreadyInQueueError("this patient stands in this queue already")
    # After the lock: arrivals of one queue get their moments in the order in which they are committed.
    now = clock.now()
    arrived_at = now if arrival is None else arrival.arrived_at
    placing = STRATEGIES[queue.strategy](arrived_at, acuity)
    birth_year = await repository.birth_year_of(connection, wish.patient_id)
    ticket = await repository.next_ticket(connection, queue_id, now.astimezone(zone(queue.time_zone)).date())
    entry = await repository.add_entry(
        connection,
        {
            "entry_id": new_uuid(),
            "queue_id": queue_id,
            "patient_id": wish.patient_id,
            "acuity": acuity,
            "news2_score": score,
            "age_band": policy.age_band(birth_year, arrived_at),
            "needed_specialty": wish.needed_specialty,
            "ticket_date": ticket.ticket_date,
            "ticket_code": policy.ticket(queue.ticket_prefix, ticket.last_ticket),
            "state": State.WAITING,
            "arrived_at": arrived_at,
            "appointment_id": None if arrival is None else arrival.appointment_id,
            "provider_id": None if arrival is None else arrival.provider_id,
            "virtual_at": placing.virtual_at,
            "is_immediate": placing.is_immediate,
            "overtakes": 0,
            "version": 1,
        },
    )
    if entry is None:
        raise AlreadyInQueueError("this patient stands in this queue already")
    await moves.record(connection, entry, "join", before=None, actor_id=actor_id, now=now)
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
    vitals = vitals_of(triage.model_dump())
    if vitals is None:
        return None, False
    total = news2.news2(vitals, has_oxygen=triage.has_oxygen, is_alert=triage.is_alert)
    is_red = float(news2.highest_single_points(vitals)[0]) >= 3 or not triage.is_alert
    return int(total[0]), is_red


async def call_next(
    connection: AsyncConnection, queue_id: uuid.UUID, *, desk: str | None, actor_id: uuid.UUID
) -> Row[Any] | None:
    """Call the next patient and return their entry; None when nobody waits whom the caller may call.

    A provider who calls has the patient assigned.

    Raises
    ------
    QueueNotFoundError
    """
    await moves.lock(connection, queue_id)
    entry = await repository.first_waiting(connection, queue_id, matching_repository.may_be_called_by(actor_id))
    if entry is None:
        return None
    now = clock.now()
    changes: dict[str, Any] = {"called_at": now, "called_by": actor_id, "desk": desk}
    caller = await matching_repository.provider_of(connection, actor_id)
    if caller is not None:
        changes["provider_id"] = caller.provider_id
    called = await moves.move(connection, entry, policy.CALL, changes, actor_id=actor_id, now=now)
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
    disposition: Disposition | None = None,
) -> tuple[Row[Any], uuid.UUID]:
    """Move an entry on: begun, completed, left, back in line, or over to another queue; return it and its old queue.

    Parameters
    ----------
    check_version : callable
        Refuses when the version is not the one that the caller has seen.
    disposition : Disposition, optional
        With `completed`: where the patient went.

    Raises
    ------
    EntryNotFoundError, QueueNotFoundError, MoveNotAllowedError, NotAssignedError, InputError
    """
    policy.check_disposition(to, disposition)
    entry = await moves.locked_entry(connection, entry_id, also=queue_id)
    check_version(entry.version)
    now = clock.now()
    if queue_id is not None and queue_id != entry.queue_id:
        if to is not State.WAITING:
            raise MoveNotAllowedError(f"a transfer leads to waiting, not to {to}")
        return await _transfer(connection, entry, queue_id, actor_id=actor_id, now=now), entry.queue_id
    move = policy.move_to(to, state=State(entry.state))
    await _check_assigned(connection, entry, move.kind, actor_id)
    changes = _fields_of(move, now)
    if disposition is not None:
        changes["disposition"] = disposition.value
    return await moves.move(connection, entry, move, changes, actor_id=actor_id, now=now), entry.queue_id


async def _check_assigned(connection: AsyncConnection, entry: Row[Any], kind: str, actor_id: uuid.UUID) -> None:
    if entry.provider_id is None:
        return
    whose = await matching_repository.provider(connection, entry.provider_id)
    assert whose is not None, "a foreign key holds it"
    policy.check_assigned(kind, assigned_user=whose.user_id, name=whose.name, actor=actor_id)


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
        "provider_id": None,
        "virtual_at": placing.virtual_at,
        "is_immediate": placing.is_immediate,
        "called_at": None,
        "called_by": None,
        "desk": None,
        "started_at": None,
    }
    return await moves.move(connection, entry, policy.TRANSFER, changes, actor_id=actor_id, now=now)


async def undo(connection: AsyncConnection, entry_id: uuid.UUID, *, actor_id: uuid.UUID) -> tuple[Row[Any], uuid.UUID]:
    """Take the last move back: the entry is as it was, at its old place; return it and the queue it was in.

    Raises
    ------
    EntryNotFoundError, NothingToUndoError, AlreadyInQueueError
    """
    found = await repository.last_move(connection, entry_id)
    back_to = uuid.UUID(found.before["queue_id"]) if found is not None and "queue_id" in found.before else None
    entry = await moves.locked_entry(connection, entry_id, also=back_to)
    last = await repository.last_move(connection, entry_id)
    if last is None or found is None or last.move_id != found.move_id:
        raise NothingToUndoError("the entry was moved at the same moment; look again")
    now = clock.now()
    policy.check_undo(last.kind, last.moved_at, now=now)
    before = moves.restored(last.before)
    comes_back = entry.state not in policy.OPEN or before["queue_id"] != entry.queue_id
    if comes_back and await repository.has_open_entry(connection, before["queue_id"], entry.patient_id):
        raise AlreadyInQueueError("this patient joined the queue again meanwhile")
    changed = await repository.change(connection, entry, before)
    if changed is None:
        raise MoveNotAllowedError("the entry was moved at the same moment; look again")
    await moves.record(connection, changed, "undo", before=entry, actor_id=actor_id, now=now)
    return changed, entry.queue_id


def wall_since(now: datetime) -> datetime:
    """Return since when calls are shown on the wall."""
    return now - timedelta(hours=12)
