"""From the history of a queue to moments of asking: what was known then, and how long it still took.

Belongs here: the replay, point in time. Does not belong here: fitting, tables.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

import numpy as np

from ml.waiting.estimate import QueueState
from ml.waiting.order import STRATEGIES, in_order, is_overtaken

#: Waits that a moment of asking remembers.
RECENT_WAITS = 60
#: How a stay in line ended. `closed` is no observed wait: somebody tidied up.
End = Literal["called", "left", "closed", "open"]
#: Kinds of event, in the order in which they count at the same moment.
_ARRIVAL, _ASKING, _END, _FREE = 0, 1, 2, 3


@dataclass(frozen=True)
class Visit:
    """One stay in one line.

    Parameters
    ----------
    ended_at : datetime
        When it was called or left, or, of one who still waits, the last moment that is known.
    finished_at : datetime, optional
        When staff were done; of one who was called and is not finished with, nothing.
    """

    arrived_at: datetime
    acuity: int
    ended_at: datetime
    end: End
    finished_at: datetime | None = None


@dataclass
class Waiter:
    """One who waits during the replay (`ml.waiting.order.Standing`)."""

    entry_seq: int
    arrived_at: datetime
    virtual_at: datetime
    is_immediate: bool
    acuity: int
    overtakes: int = 0


@dataclass(frozen=True)
class Moment:
    """A moment of asking: what was known, and the remaining wait, observed or only known to be longer.

    Parameters
    ----------
    recent_waits : tuple of (datetime, int, float)
        Moment of the call, level and minutes waited of the last `RECENT_WAITS` who were called, the newest last: what
        an average would be made of.
    """

    asked_at: datetime
    state: QueueState
    remaining_minutes: float
    is_observed: bool
    recent_waits: tuple[tuple[datetime, int, float], ...]
    is_arrival: bool

    @property
    def day(self) -> date:
        return self.asked_at.date()


def moments(visits: Sequence[Visit], *, rng: np.random.Generator, strategy: str = "priority") -> list[Moment]:
    """Replay a queue and return two moments of each visit: its arrival, and one during its wait.

    Parameters
    ----------
    visits : sequence of Visit
        Of one queue, in any order; `closed` ones stand in line but are not asked, nor are those who were called at
        the moment they came.
    rng : numpy.random.Generator
        Chooses the second moment.

    Returns
    -------
    list of Moment
        In time order.
    """
    place = STRATEGIES[strategy]
    ordered = sorted(visits, key=lambda visit: visit.arrived_at)
    events: list[tuple[datetime, int, int]] = []
    for seq, visit in enumerate(ordered):
        later = visit.arrived_at + (visit.ended_at - visit.arrived_at) * float(rng.uniform(0.05, 0.95))
        events += [(visit.arrived_at, _ARRIVAL, seq), (visit.ended_at, _END, seq)]
        if visit.end != "closed" and later > visit.arrived_at:
            events.append((later, _ASKING, seq))
        if visit.end == "called" and visit.finished_at is not None:
            events.append((visit.finished_at, _FREE, seq))
    waiting: dict[int, Waiter] = {}
    calls: list[datetime] = []
    waits: list[tuple[datetime, int, float]] = []
    found: list[Moment] = []
    with_staff = 0
    for at, kind, seq in sorted(events):
        visit = ordered[seq]
        if kind == _ARRIVAL:
            placing = place(visit.arrived_at, visit.acuity)
            waiting[seq] = Waiter(seq, visit.arrived_at, placing.virtual_at, placing.is_immediate, visit.acuity)
        elif kind == _END:
            gone = waiting.pop(seq)
            if visit.end == "called":
                for other in waiting.values():
                    other.overtakes += is_overtaken(other, gone)
                calls.append(at)
                with_staff += 1
                waits.append((at, visit.acuity, _minutes(at - visit.arrived_at)))
        elif kind == _FREE:
            with_staff -= 1
        if kind in (_ARRIVAL, _ASKING) and visit.end != "closed" and visit.ended_at > at:
            state = state_of(waiting[seq], waiting.values(), calls, waits, with_staff=with_staff, now=at)
            found.append(
                Moment(
                    at,
                    state,
                    _minutes(visit.ended_at - at),
                    visit.end == "called",
                    tuple(waits[-RECENT_WAITS:]),
                    kind == _ARRIVAL,
                )
            )
    return found


def state_of(
    me: Waiter,
    waiting: Iterable[Waiter],
    calls: Sequence[datetime],
    waits: Sequence[tuple[datetime, int, float]],
    *,
    with_staff: int,
    now: datetime,
) -> QueueState:
    """Return what is known of one who waits; `calls` in time order."""
    line = in_order(waiting)
    return QueueState(
        acuity=me.acuity,
        ahead_count=next(place for place, other in enumerate(line) if other.entry_seq == me.entry_seq),
        waiting_count=len(line),
        with_staff_count=with_staff,
        calls_60=_since(calls, now - timedelta(minutes=60), now),
        calls_240=_since(calls, now - timedelta(minutes=240), now),
        head_wait_minutes=max(_minutes(now - other.arrived_at) for other in line),
        last_wait_minutes=waits[-1][2] if waits else 0.0,
        waited_minutes=_minutes(now - me.arrived_at),
        hour=now.hour + now.minute / 60,
    )


def _since(calls: Sequence[datetime], start: datetime, end: datetime) -> int:
    return bisect_right(calls, end) - bisect_right(calls, start)


def _minutes(span: timedelta) -> float:
    return span.total_seconds() / 60
