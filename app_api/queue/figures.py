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
from ml.small_cells import hidden_rows, is_small
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
        For readers who treat nobody: no count of 1 to 10 is shown, nor what would betray it. Queues, sexes and age
        bands each add up to all visits, and who left or waited too long is a part of a queue's visits.
    """
    by_queue: dict[uuid.UUID, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        by_queue[row.queue_id].append(row)
    queues = list(by_queue.values())
    hidden = hidden_rows([len(of_queue) for of_queue in queues]) if hides_small else set[int]()
    lines = [
        _line(of_queue, now, hides_small=hides_small, is_hidden=place in hidden)
        for place, of_queue in enumerate(queues)
    ]
    groups = _groups(rows, now, hides_small=hides_small)
    return QueueFigures(since=since, as_of=now, queues=sorted(lines, key=lambda line: line.queue_name), groups=groups)


def _groups(rows: Sequence[Row[Any]], now: datetime, *, hides_small: bool) -> list[GroupLine]:
    lines: list[GroupLine] = []
    for group_of in (_sex, _band):
        gaps = group_gaps([Wait(row.acuity, group_of(row), *_wait(row, now)) for row in rows])
        hidden = hidden_rows([gap.count for gap in gaps]) if hides_small else set[int]()
        lines += [
            GroupLine(group=gap.group, visits_count=gap.count, ratio=gap.ratio, low=gap.low, high=gap.high,
                      is_apart=gap.is_apart)
            for place, gap in enumerate(gaps)
            if place not in hidden
        ]  # fmt: skip
    return lines


def _line(rows: Sequence[Row[Any]], now: datetime, *, hides_small: bool, is_hidden: bool) -> QueueLine:
    left = sum(row.state == "left" for row in rows)
    late = sum(_wait(row, now)[0] > row.target_minutes[row.acuity - 1] for row in rows)
    low, high = share_interval(left / len(rows), len(rows))
    middle, _, _ = median([_wait(row, now) for row in rows])
    hides_left, hides_late = (
        is_hidden or (hides_small and (is_small(part) or is_small(len(rows) - part))) for part in (left, late)
    )
    return QueueLine(
        queue_id=rows[0].queue_id,
        queue_name=rows[0].name,
        visits_count=None if is_hidden else len(rows),
        left_count=None if hides_left else left,
        left_share=None if hides_left else left / len(rows),
        left_low=None if hides_left else low,
        left_high=None if hides_left else high,
        past_target_share=None if hides_late else late / len(rows),
        median_wait_minutes=None if is_hidden else middle,
    )


def _wait(row: Row[Any], now: datetime) -> tuple[float, bool]:
    """Return minutes in line and whether the wait ended with the call."""
    until = row.called_at or row.ended_at or now
    return max(timedelta(), until - row.arrived_at).total_seconds() / 60, row.called_at is not None


def _sex(row: Row[Any]) -> str:
    return f"sex {row.sex or 'unknown'}"


def _band(row: Row[Any]) -> str:
    return f"age {policy.age_band(row.birth_year, row.arrived_at) or UNKNOWN_BAND}"
