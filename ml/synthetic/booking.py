"""Who books when: a month of appointments made one after the other, by a rule that chooses among free slots.

Belongs here: the requests and the slots of a simulated clinic. Does not belong here: the rule that suggests slots
(`app_api.appointments.policy`), the department that the booked come to (`flow`). All of it is synthetic.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from ml.synthetic.flow import ARRIVALS_PER_HOUR, WEEKDAY_FACTOR

#: First and last hour of the clinic's slots.
OPENS, CLOSES = 8, 20
SLOT: Final = timedelta(minutes=30)
#: Hours of the day between which patients ask for an appointment, and how long before it at the latest.
ASKED: Final = (8.0, 18.0)
NOTICE: Final = timedelta(hours=1)
#: Patients a slot can take.
SEATS: Final = 2
#: Days from the wish on within which a patient would come.
WITHIN_DAYS: Final = 7
REQUESTS_PER_DAY: Final = 20.0
#: Level of those who book: what can wait for an appointment is not urgent.
LEVEL: Final = 4

Load = tuple[datetime, float | None]


def expected_load(moment: datetime) -> float:
    """Return the walk-ins expected in the hour of `moment`: what a right forecast would say."""
    return ARRIVALS_PER_HOUR[moment.hour] * WEEKDAY_FACTOR[moment.weekday()]


def book_month(
    choose: Callable[[Sequence[Load]], datetime], *, days: int, start: datetime, rng: np.random.Generator
) -> list[tuple[datetime, int]]:
    """Let patients book one after the other, each by the same rule, and return when they come, with their level.

    Parameters
    ----------
    choose : callable
        From the free slots with their expected loads, in time order, to the start of one of them.
    days : int
        Days on which wishes come in; nobody comes after the last.
    """
    end = start + timedelta(days=days)
    seats: dict[datetime, int] = {}
    booked: list[tuple[datetime, int]] = []
    for day in range(days):
        midnight = start + timedelta(days=day)
        slots = _slots(midnight, min(midnight + timedelta(days=WITHIN_DAYS), end))
        for hour in np.sort(rng.uniform(*ASKED, rng.poisson(REQUESTS_PER_DAY))):
            soonest = midnight + timedelta(hours=float(hour)) + NOTICE
            free = [(at, expected_load(at)) for at in slots if at >= soonest and seats.get(at, 0) < SEATS]
            if free:
                at = choose(free)
                seats[at] = seats.get(at, 0) + 1
                booked.append((at + timedelta(minutes=float(rng.uniform(-8, 4))), LEVEL))
    return booked


def _slots(start: datetime, end: datetime) -> list[datetime]:
    per_day = (CLOSES - OPENS) * timedelta(hours=1) // SLOT
    found = []
    day = start
    while day < end:
        found += [day + timedelta(hours=OPENS) + number * SLOT for number in range(per_day)]
        day += timedelta(days=1)
    return found
