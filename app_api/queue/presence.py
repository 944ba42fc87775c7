"""Who is at work for a queue, and what a pause does to the flow that an estimate is made from.

Belongs here: spans of work turned into a factor. Does not belong here: changing a shift (`app_api.shifts`), the
estimate itself (`ml.waiting`).

The calls of the last hours were made by those who were at work then. When fewer are at work now, fewer calls are to be
expected: the flow is scaled by those at work now to the mean at work while it was counted.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db.tables import DutySpan

WINDOW: Final = timedelta(hours=4)
#: Shifts that are kept for less than this say nothing of the time before.
SHORTEST: Final = timedelta(minutes=10)
#: One who comes to work in an empty house changes the flow, but nobody knows by how much.
MOST_FACTOR: Final = 4.0


@dataclass(frozen=True)
class Presence:
    """How many are at work now, and their means over the last one and four hours."""

    working_count: int
    mean_60: float
    mean_240: float

    def scaled(self, calls: int, mean: float) -> int:
        """Return the calls to expect of those at work now, given those counted while `mean` were at work.

        Examples
        --------
        >>> Presence(1, 2.0, 2.0).scaled(12, 2.0), Presence(3, 0.1, 2.0).scaled(2, 0.1)
        (6, 8)
        """
        factor = MOST_FACTOR if mean <= 0 else min(MOST_FACTOR, self.working_count / mean)
        return round(calls * factor)


async def presence(connection: AsyncConnection, queue_id: uuid.UUID, *, now: datetime) -> Presence | None:
    """Return who is at work for a queue; None where nobody has begun a shift in the last four hours."""
    query = select(DutySpan.kind, DutySpan.started_at, DutySpan.ended_at).where(
        or_(DutySpan.queue_id.is_(None), DutySpan.queue_id == queue_id),
        or_(DutySpan.ended_at.is_(None), DutySpan.ended_at > now - WINDOW),
    )
    spans = (await connection.execute(query)).all()
    return presence_of(spans, now=now) if spans else None


def presence_of(spans: Sequence[Row[Any]], *, now: datetime) -> Presence:
    """Return counts and means of spans (kind, started_at, ended_at) that reach into the last four hours."""
    work = [span for span in spans if span.kind == "work"]
    count = sum(span.ended_at is None for span in work)
    kept_since = min((span.started_at for span in spans), default=now)
    means = (_mean(work, max(now - window, kept_since), now) for window in (timedelta(hours=1), WINDOW))
    mean_60, mean_240 = (count if mean is None else mean for mean in means)
    return Presence(count, mean_60, mean_240)


def _mean(work: Sequence[Row[Any]], start: datetime, now: datetime) -> float | None:
    """Return how many were at work on average since `start`; None when that is too short ago to say."""
    if now - start < SHORTEST:
        return None
    overlaps = (min(span.ended_at or now, now) - max(span.started_at, start) for span in work)
    return sum(max(timedelta(), overlap).total_seconds() for overlap in overlaps) / (now - start).total_seconds()
