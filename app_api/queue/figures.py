"""How the queues did: who left without being seen, who waited past the target, and whether groups wait alike.

Belongs here: from rows to figures, and hiding small counts. Does not belong here: the arithmetic of groups
(`ml.waiting.fairness`), HTTP.
"""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.queue import policy
from app_api.queue.figures_schemas import GroupLine, QueueFigures, QueueLine
from core.db.tables import Patient, Queue, QueueEntry
from core.vocabulary import UNKNOWN_BAND
from ml.share_interval import share_interval
from ml.small_cells import is_small
from ml.waiting.fairness import Wait, group_gaps, median

#: More visits than this are not looked at; the newest are.
MOST_VISITS = 20_000


async def visits(connection: AsyncConnection, *, since: datetime) -> Sequence[Row[Any]]:
    """Return the stays in line since a moment, with the queue and what groups are made of."""
    query = (
        select(
            QueueEntry.queue_id,
            Queue.name,
            Queue.target_minutes,
            QueueEntry.acuity,
            QueueEntry.state,
            QueueEntry.arrived_at,
            QueueEntry.called_at,
            QueueEntry.ended_at,
            Patient.sex,
            Patient.birth_year,
        )
        .join(Queue, Queue.queue_id == QueueEntry.queue_id)
        .outerjoin(Patient, Patient.patient_id == QueueEntry.patient_id)
        .where(QueueEntry.arrived_at > since)
        .order_by(QueueEntry.arrived_at.desc())
        .limit(MOST_VISITS)
    )
    return (await connection.execute(query)).all()


def figures_of(rows: Sequence[Row[Any]], *, since: datetime, now: datetime, hides_small: bool) -> QueueFigures:
    """Return the figures of each queue, and of groups over all queues.

    Parameters
    ----------
    hides_small : bool
        For readers who treat nobody: no count of 1 to 10 is shown, nor what would betray it.
    """
    by_queue: dict[uuid.UUID, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        by_queue[row.queue_id].append(row)
    lines = [_line(of_queue, now, hides_small) for of_queue in by_queue.values()]
    waits = [
        Wait(row.acuity, group, *_wait(row, now))
        for row in rows
        for group in (f"sex {row.sex or 'unknown'}", _band(row))
    ]
    groups = [
        GroupLine(group=gap.group, visits_count=gap.count, ratio=gap.ratio, low=gap.low, high=gap.high,
                  is_apart=gap.is_apart)
        for kind in ("sex", "age")
        for gap in group_gaps([wait for wait in waits if wait.group.startswith(kind)])
        if not (hides_small and is_small(gap.count))
    ]  # fmt: skip
    return QueueFigures(since=since, as_of=now, queues=sorted(lines, key=lambda line: line.queue_name), groups=groups)


def _line(rows: Sequence[Row[Any]], now: datetime, hides_small: bool) -> QueueLine:
    left = sum(row.state == "left" for row in rows)
    late = sum(_wait(row, now)[0] > row.target_minutes[row.acuity - 1] for row in rows)
    low, high = share_interval(left / len(rows), len(rows))
    middle, _, _ = median([_wait(row, now) for row in rows])
    hides_left = hides_small and (is_small(left) or is_small(len(rows)))
    hides_late = hides_small and (is_small(late) or is_small(len(rows)))
    return QueueLine(
        queue_id=rows[0].queue_id,
        queue_name=rows[0].name,
        visits_count=None if hides_small and is_small(len(rows)) else len(rows),
        left_count=None if hides_left else left,
        left_share=None if hides_left else left / len(rows),
        left_low=None if hides_left else low,
        left_high=None if hides_left else high,
        past_target_share=None if hides_late else late / len(rows),
        median_wait_minutes=None if hides_small and is_small(len(rows)) else middle,
    )


def _wait(row: Row[Any], now: datetime) -> tuple[float, bool]:
    """Return minutes in line and whether the wait ended with the call."""
    until = row.called_at or row.ended_at or now
    return max(timedelta(), until - row.arrived_at).total_seconds() / 60, row.called_at is not None


def _band(row: Row[Any]) -> str:
    return f"age {policy.age_band(row.birth_year, row.arrived_at) or UNKNOWN_BAND}"
