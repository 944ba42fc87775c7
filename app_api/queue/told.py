"""Waits as they were told: frozen at that moment, and counted when the actual ones are known.

Belongs here: rules and SQL of `wait_promise`. Does not belong here: the estimate (`waits`), how coverage is computed
(`ml.waiting.promises`).

Whatever is told is written down in the same transaction, and for a minute the same is told again, unless the estimate
has moved: no wait that somebody saw is missing, however often a page asks.
"""

import asyncio
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, exists, insert, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from app_api.queue import repository, waits
from app_api.queue.presence import presence
from app_api.queue.schemas import ToldCoverage, ToldOfQueue, ToldWaits, WaitEstimate
from core.db.tables import Queue, QueueMove, WaitPromise
from ml.waiting.promises import PAST_P90_AT_MOST, ToldWait, coverage

TOLD_AGAIN = timedelta(minutes=1)
WINDOW = timedelta(days=30)
#: The newest ones that are counted: each costs a look at what became of it.
MAX_COUNTED = 20_000
_SEEN = ("called", "in_service", "completed")


async def tell(
    connection: AsyncConnection, entry: Row[Any], *, open_entries: Sequence[Row[Any]], now: datetime
) -> tuple[WaitEstimate | None, str | None]:
    """Return the wait to be told and freeze it, or the reason why there is none.

    Parameters
    ----------
    open_entries : sequence of Row
        Of the entry's queue, those who wait in the queue's order.
    """
    calls = await repository.recent_calls(connection, entry.queue_id, now=now)
    model = await repository.newest_model(connection)
    at_work = await presence(connection, entry.queue_id, now=now)
    wait, reason = waits.estimate(entry, open_entries=open_entries, calls=calls, model=model, at_work=at_work, now=now)
    if wait is None:
        return None, reason
    frozen = await _told_just_now(connection, entry, now=now)
    if frozen is not None and not _has_moved(frozen, wait):
        return frozen, None
    await connection.execute(
        insert(WaitPromise).values(
            entry_id=entry.entry_id,
            entry_version=entry.version,
            queue_id=entry.queue_id,
            told_at=wait.told_at,
            p50_minutes=wait.p50_minutes,
            p90_minutes=wait.p90_minutes,
            receipt_id=wait.receipt,
            model_published_at=wait.as_of,
        )
    )
    return wait, None


def _has_moved(before: WaitEstimate, now: WaitEstimate) -> bool:
    """Say whether a bound moved by more than a minute and a tenth: then what was told a moment ago is old."""
    bounds = ((before.p50_minutes, now.p50_minutes), (before.p90_minutes, now.p90_minutes))
    return any(abs(then - since) > max(1.0, 0.1 * then) for then, since in bounds)


async def _told_just_now(connection: AsyncConnection, entry: Row[Any], *, now: datetime) -> WaitEstimate | None:
    query = (
        select(
            WaitPromise.p50_minutes,
            WaitPromise.p90_minutes,
            WaitPromise.receipt_id.label("receipt"),
            WaitPromise.model_published_at.label("as_of"),
            WaitPromise.told_at,
        )
        .where(WaitPromise.entry_id == entry.entry_id, WaitPromise.entry_version == entry.version)
        .where(WaitPromise.told_at > now - TOLD_AGAIN, WaitPromise.told_at <= now)
        .order_by(WaitPromise.told_at.desc())
        .limit(1)
    )
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else WaitEstimate.model_validate(row, from_attributes=True)


async def came_true(connection: AsyncConnection, *, now: datetime) -> ToldWaits:
    """Return how the waits told in the last 30 days came true, overall and by queue."""
    since = now - WINDOW
    rows = await _with_ends(connection, since=since)
    # Of thousands it takes the better part of a second: beside the event loop.
    return await asyncio.to_thread(_counted, rows, since=since, now=now)


def _counted(rows: Sequence[Row[Any]], *, since: datetime, now: datetime) -> ToldWaits:
    by_queue: dict[tuple[uuid.UUID, str], list[ToldWait]] = {}
    for row in rows:
        if row.to_state == "closed":
            continue  # Whether they still waited when somebody tidied up, nobody knows.
        told = ToldWait(
            str(row.entry_id),
            row.p50_minutes,
            row.p90_minutes,
            max(0.0, ((row.moved_at or now) - row.told_at).total_seconds() / 60),
            row.to_state in _SEEN,
        )
        by_queue.setdefault((row.queue_id, row.name), []).append(told)
    overall = coverage([one for told in by_queue.values() for one in told])
    return ToldWaits(
        since=since,
        as_of=now,
        past_p90_at_most=PAST_P90_AT_MOST,
        is_kept=None if overall.past_p90_low is None else overall.past_p90_low <= PAST_P90_AT_MOST,
        overall=ToldCoverage.model_validate(overall, from_attributes=True),
        queues=[
            ToldOfQueue(queue_id=queue_id, queue_name=name, **vars(coverage(told)))
            for (queue_id, name), told in sorted(by_queue.items(), key=lambda item: item[0][1])
        ],
    )


async def _with_ends(connection: AsyncConnection, *, since: datetime) -> Sequence[Row[Any]]:
    """Return the newest told waits, each with the first later move that ended the waiting and was not taken back."""
    move, undone = aliased(QueueMove), aliased(QueueMove)
    was_taken_back = exists().where(
        undone.entry_id == move.entry_id, undone.entry_version == move.entry_version + 1, undone.kind == "undo"
    )
    end = (
        select(move.to_state, move.moved_at)
        .where(move.entry_id == WaitPromise.entry_id, move.entry_version > WaitPromise.entry_version)
        .where(or_(move.to_state != "waiting", move.kind == "transfer"), ~was_taken_back)
        .order_by(move.entry_version)
        .limit(1)
        .lateral()
    )
    query = (
        select(
            WaitPromise.entry_id,
            WaitPromise.queue_id,
            Queue.name,
            WaitPromise.told_at,
            WaitPromise.p50_minutes,
            WaitPromise.p90_minutes,
            end.c.to_state,
            end.c.moved_at,
        )
        .join(Queue, Queue.queue_id == WaitPromise.queue_id)
        .outerjoin(end, true())
        .where(WaitPromise.told_at > since)
        .order_by(WaitPromise.told_at.desc())
        .limit(MAX_COUNTED)
    )
    return (await connection.execute(query)).all()
