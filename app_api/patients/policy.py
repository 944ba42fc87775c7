"""By which right a person may see a patient: the rule without a database.

Belongs here: relations, their order, the time box of emergency access. Does not belong here: finding out the facts
(`repository`). The same rule stands once more, in SQL, as row-level security; a test compares the two.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from core.errors import InputError
from core.vocabulary import Role

EMERGENCY_ACCESS = timedelta(minutes=60)
REVIEW_DUE = timedelta(hours=72)
#: A nurse sees whoever was registered within this time.
PRESENT = timedelta(hours=24)
MIN_REASON = 15
#: Where the day begins first it is this much later than UTC: a child born there this morning is born.
_EARLIEST_DAY = timedelta(hours=14)


class Relation(StrEnum):
    """What a person is to a patient; OTHER means: nothing."""

    OWN = "own"
    ASSIGNED = "assigned"
    PRESENT = "present"
    BREAK_GLASS = "break_glass"
    OTHER = "other"


@dataclass(frozen=True)
class Ties:
    """The facts between one person and one patient."""

    is_self: bool = False
    is_assigned: bool = False
    is_present: bool = False
    has_emergency_access: bool = False


def relation(role: Role, ties: Ties) -> Relation:
    """Return the strongest right that the role can draw from the ties.

    Examples
    --------
    >>> relation(Role.DOCTOR, Ties(is_present=True))
    <Relation.OTHER: 'other'>
    >>> relation(Role.NURSE, Ties(is_present=True))
    <Relation.PRESENT: 'present'>
    """
    if role is Role.PATIENT:
        return Relation.OWN if ties.is_self else Relation.OTHER
    if role not in (Role.DOCTOR, Role.NURSE):
        return Relation.OTHER
    if ties.is_assigned:
        return Relation.ASSIGNED
    if ties.is_present and role is Role.NURSE:
        return Relation.PRESENT
    return Relation.BREAK_GLASS if ties.has_emergency_access else Relation.OTHER


def check_birth(birth_date: date | None, *, now: datetime) -> None:
    """Refuse a date of birth that has not come anywhere.

    Raises
    ------
    InputError
    """
    if birth_date is not None and birth_date > (now + _EARLIEST_DAY).date():
        raise InputError("birth_date is in the future", code="future_time")
