"""When the next dose of a medicine is due: the rule without a database.

Belongs here: due times, and how far from them a dose still counts as timely. Does not belong here: rows (`doses`).

Doses of a medicine stand on a grid: the first due time and every interval after it. How far a dose may lie from its due
time follows the Institute for Safe Medication Practices, Acute Care Guidelines for Timely Administration of Scheduled
Medications, 2011: two hours for daily and rarer doses, one hour down to every four hours, and for more frequent doses
half an hour, the bound that the guideline sets for time-critical ones.
"""

import math
from datetime import datetime, timedelta
from enum import StrEnum

_DAILY, _FREQUENT = 24, 4


class DoseState(StrEnum):
    """How a due time stands to the clock."""

    LATER = "later"
    DUE = "due"
    OVERDUE = "overdue"


def tolerance(interval_hours: int) -> timedelta:
    """Return how far before and after its due time a dose is timely.

    Examples
    --------
    >>> [str(tolerance(hours)) for hours in (24, 8, 2)]
    ['2:00:00', '1:00:00', '0:30:00']
    """
    if interval_hours >= _DAILY:
        return timedelta(hours=2)
    return timedelta(hours=1) if interval_hours >= _FREQUENT else timedelta(minutes=30)


def state_of(due_at: datetime, interval_hours: int, *, now: datetime) -> DoseState:
    """Say whether a dose is still to come, may be given, or is late."""
    if now < due_at - tolerance(interval_hours):
        return DoseState.LATER
    return DoseState.OVERDUE if now > due_at + tolerance(interval_hours) else DoseState.DUE


def first_due(started_at: datetime, interval_hours: int, *, now: datetime) -> datetime:
    """Return the first time of the grid from `started_at` that is not past."""
    steps = math.ceil((now - started_at) / timedelta(hours=interval_hours))
    return started_at + timedelta(hours=interval_hours) * max(0, steps)


def due_after_given(due_at: datetime, interval_hours: int, *, given_at: datetime) -> datetime:
    """Return the due time after a dose: the next of the grid that lies at least half an interval after it.

    A late dose leaves the grid as it is, and a very late one skips a time, so that two doses never come close together.

    Examples
    --------
    >>> eight = datetime(2026, 11, 28, 8)
    >>> [due_after_given(eight, 8, given_at=eight + timedelta(hours=late)).hour for late in (-1, 0, 4, 7)]
    [16, 16, 16, 0]
    """
    interval = timedelta(hours=interval_hours)
    return due_at + interval * max(1, math.ceil((given_at + interval / 2 - due_at) / interval))


def due_after_not_given(due_at: datetime, interval_hours: int, *, now: datetime) -> datetime:
    """Return the due time after a dose that was left out: the next of the grid that is still to come."""
    interval = timedelta(hours=interval_hours)
    return due_at + interval * max(1, math.floor((now - due_at) / interval) + 1)
