"""A synthetic emergency department, minute by minute: arrivals, staff, service, patience.

Belongs here: a simulated queue with known rules, for tests, measurements and the labelled demo. Does not belong here:
registrations (`hospital`), estimating waits (`ml.waiting`). Every visit that it makes is synthetic.

What it simulates, and nothing else: arrivals are Poisson with a rate by hour and weekday, and each day has a busyness
of its own (log-normal); levels as in a mixed department; staff by hour, one fewer on some days; service times are
log-normal by level; the order is `ml.waiting.order`'s; who waits longer than their patience leaves unseen.
"""

import heapq
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from ml.waiting.history import Visit, Waiter
from ml.waiting.order import STRATEGIES, in_order, is_overtaken

#: Arrivals per hour by hour of the day, before the day's busyness.
ARRIVALS_PER_HOUR: Final = (
    2.2, 1.8, 1.5, 1.3, 1.3, 1.6, 2.4, 3.8, 5.6, 7.2, 8.0, 8.1,
    7.6, 7.2, 7.0, 6.9, 7.0, 7.3, 7.2, 6.6, 5.6, 4.6, 3.6, 2.8,
)  # fmt: skip
WEEKDAY_FACTOR: Final = (1.15, 1.03, 0.98, 0.97, 0.98, 0.96, 0.98)
#: Of levels 1 to 5.
LEVEL_SHARES: Final = (0.012, 0.16, 0.45, 0.28, 0.098)
SERVICE_MINUTES: Final = {1: 75.0, 2: 48.0, 3: 34.0, 4: 20.0, 5: 13.0}
SERVICE_SPREAD: Final = 0.55
#: Median minutes after which one leaves; level 1 never does.
PATIENCE_MINUTES: Final = {2: 600.0, 3: 330.0, 4: 260.0, 5: 230.0}
#: Staff from midnight, 08:00 and 20:00.
STAFF: Final = ((0, 2), (8, 5), (20, 3))
#: Share of days on which one of them is absent.
ABSENT_SHARE: Final = 0.25


def simulate_flow(
    *, days: int, start: datetime, rng: np.random.Generator, booked: Sequence[tuple[datetime, int]] = ()
) -> list[Visit]:
    """Simulate a department.

    Parameters
    ----------
    days : int
        Whole days from `start` on; whoever waits at the end is still waiting (`open`).
    start : datetime
        Midnight, with a time zone.
    booked : sequence of (datetime, int)
        Moment and level of those who come by appointment, besides those who walk in.

    Returns
    -------
    list of Visit
        In order of arrival.
    """
    arrivals = sorted([*_arrivals(days, start, rng), *booked])
    absent = [int(rng.random() < ABSENT_SHARE) for _ in range(days)]
    end = start + timedelta(days=days)
    queue: list[tuple[datetime, int, int]] = [(at, 0, seq) for seq, (at, _) in enumerate(arrivals)]
    # Staff may change on the hour, so somebody may become free then.
    queue += [(start + timedelta(hours=hour), 3, -1) for hour in range(days * 24)]
    heapq.heapify(queue)
    waiting: dict[int, Waiter] = {}
    done: dict[int, Visit] = {}
    busy = 0
    while queue:
        at, kind, seq = heapq.heappop(queue)
        if at >= end:
            break
        if kind == 0:
            acuity = arrivals[seq][1]
            placing = STRATEGIES["priority"](at, acuity)
            waiting[seq] = Waiter(seq, at, placing.virtual_at, placing.is_immediate, acuity)
            if acuity in PATIENCE_MINUTES:
                patience = PATIENCE_MINUTES[acuity] * float(rng.weibull(1.6)) / 0.795
                heapq.heappush(queue, (at + timedelta(minutes=patience), 1, seq))
        elif kind == 1 and seq in waiting:
            gone = waiting.pop(seq)
            done[seq] = Visit(gone.arrived_at, gone.acuity, at, "left")
        elif kind == 2:
            busy -= 1
        while waiting and busy < _staff(at, absent[(at - start).days]):
            called = in_order(waiting.values())[0]
            del waiting[called.entry_seq]
            for other in waiting.values():
                other.overtakes += is_overtaken(other, called)
            busy += 1
            service = SERVICE_MINUTES[called.acuity] * float(rng.lognormal(-(SERVICE_SPREAD**2) / 2, SERVICE_SPREAD))
            finished = at + timedelta(minutes=service)
            heapq.heappush(queue, (finished, 2, called.entry_seq))
            done[called.entry_seq] = Visit(called.arrived_at, called.acuity, at, "called", finished)
    for seq, other in waiting.items():
        done[seq] = Visit(other.arrived_at, other.acuity, end, "open")
    return [done[seq] for seq in sorted(done)]


def _arrivals(days: int, start: datetime, rng: np.random.Generator) -> list[tuple[datetime, int]]:
    found: list[tuple[datetime, int]] = []
    levels = np.arange(1, 6)
    for day in range(days):
        midnight = start + timedelta(days=day)
        factor = WEEKDAY_FACTOR[midnight.weekday()] * float(rng.lognormal(-0.01, 0.15))
        for hour, rate in enumerate(ARRIVALS_PER_HOUR):
            for minute in np.sort(rng.uniform(0, 60, rng.poisson(rate * factor))):
                level = int(rng.choice(levels, p=LEVEL_SHARES))
                found.append((midnight + timedelta(hours=hour, minutes=float(minute)), level))
    return found


def _staff(at: datetime, absent: int) -> int:
    count = next(staff for since, staff in reversed(STAFF) if at.hour >= since)
    return max(1, count - absent * (count > 2))
