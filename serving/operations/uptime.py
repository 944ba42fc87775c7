"""How much of the last thirty days was served, and what of the error budget is left.

Belongs here: pure: slots of ten seconds, and counts in, share and budget out. Does not belong here: writing and reading
minutes (`repository`), the loop (`serving.served_minutes`).

A slot of ten seconds is served if a web worker reached the database in it. What nobody wrote down was not served, for
whatever reason: the machine off, PostgreSQL away, every worker dead, an update. A planned stop is a stop.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

TARGET: Final = 0.999
WINDOW: Final = timedelta(days=30)
SLOT_SECONDS: Final = 10
_MINUTE: Final = timedelta(minutes=1)
_SLOTS_A_MINUTE: Final = 60 // SLOT_SECONDS


def minute_of(moment: datetime) -> datetime:
    """Return the beginning of a moment's minute."""
    return moment.replace(second=0, microsecond=0)


def slot_of(moment: datetime) -> int:
    """Return the bit of a moment's ten seconds within its minute."""
    return 1 << (moment.second // SLOT_SECONDS)


def span(first: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    """Return which whole minutes count: from the one after the first ever written, thirty days at the most, to now.

    The first is left out, since it began before anybody could write; the present one, since it is not over.
    """
    until = minute_of(now)
    if first is None:
        return until, until
    return min(max(first + _MINUTE, until - WINDOW), until), until


@dataclass(frozen=True)
class Uptime:
    """What was served of a span of whole minutes.

    Parameters
    ----------
    since_at, until_at : datetime
        From the one, up to the other.
    served_slots : int
        Slots of ten seconds in which a worker reached the database.
    answered, failed : int
        Answers to anything but probes; of these with a status of 500 or above.
    """

    since_at: datetime
    until_at: datetime
    served_slots: int
    answered: int
    failed: int

    @property
    def minutes(self) -> int:
        """Whole minutes that count."""
        return (self.until_at - self.since_at) // _MINUTE

    @property
    def share(self) -> float | None:
        """Share of the time that was served; None before the first whole minute."""
        return self.served_slots / (self.minutes * _SLOTS_A_MINUTE) if self.minutes else None

    @property
    def down_minutes(self) -> float:
        """Minutes that were not served, to a sixth."""
        return self.minutes - self.served_slots / _SLOTS_A_MINUTE

    @property
    def budget_minutes(self) -> float:
        """Minutes that the target lets be lost in thirty days."""
        return (1 - TARGET) * (WINDOW / _MINUTE)

    @property
    def left_minutes(self) -> float:
        """What is left of the budget; below zero where it is overspent."""
        return self.budget_minutes - self.down_minutes
