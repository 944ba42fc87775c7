"""What suggesting quiet slots does to waits: `python -m bench.booking [--months 30]`.

Belongs here: a simulated clinic's requests and slots, and months of 28 days with either rule. Does not belong here: the
rule that suggests slots (`app_api.appointments.policy`), the department that the booked come to (`ml.synthetic.flow`).
All of it is synthetic.
"""

import argparse
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from app_api.appointments.policy import suggested
from ml.synthetic.flow import ARRIVALS_PER_HOUR, WEEKDAY_FACTOR, simulate_flow

DAYS: Final = 28
#: A Monday.
START: Final = datetime(2026, 6, 1, tzinfo=UTC)
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
#: From the free slots with their expected loads, in time order, to the start of one of them.
Rule = Callable[[Sequence[Load]], datetime]


def expected_load(moment: datetime) -> float:
    """Return the walk-ins expected in the hour of `moment`: what a right forecast would say."""
    return ARRIVALS_PER_HOUR[moment.hour] * WEEKDAY_FACTOR[moment.weekday()]


def first_free(free: Sequence[Load]) -> datetime:
    """What a patient takes who is shown no suggestion."""
    return free[0][0]


def first_suggested(free: Sequence[Load]) -> datetime:
    """The earliest of those that `app_api.appointments.policy` suggests."""
    return min(suggested(list(free)))


def p90_wait(choose: Rule, seed: int) -> float:
    """Minutes in line of everybody in a month, walk-ins and booked, at the 90th percentile."""
    booked = book_month(choose, days=DAYS, start=START, rng=np.random.default_rng(seed))
    visits = simulate_flow(days=DAYS, start=START, rng=np.random.default_rng(seed), booked=booked)
    waits = [(visit.ended_at - visit.arrived_at).total_seconds() / 60 for visit in visits if visit.end != "open"]
    return float(np.quantile(waits, 0.9))


def book_month(choose: Rule, *, days: int, start: datetime, rng: np.random.Generator) -> list[tuple[datetime, int]]:
    """Let patients book one after the other, each by the same rule, and return when they come, with their level.

    Parameters
    ----------
    choose : Rule
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


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--months", type=int, default=30)
    given = parser.parse_args()
    first = np.array([p90_wait(first_free, seed) for seed in range(given.months)])
    quiet = np.array([p90_wait(first_suggested, seed) for seed in range(given.months)])
    error = (first - quiet).std(ddof=1) / np.sqrt(given.months)
    print(f"{given.months} months of {DAYS} days, p90 of the minutes in line of everybody, mean over the months")
    print(f"first free slot {first.mean():.1f}, earliest suggested {quiet.mean():.1f}")
    print(f"standard error of the difference {error:.1f}; lower in {int((quiet < first).sum())} of {given.months}")


if __name__ == "__main__":
    main()
