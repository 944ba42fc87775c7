"""A visit to the department as far as beds go, and what was known of it at a moment.

Belongs here: the record and its point-in-time views. Does not belong here: where it comes from, what is made of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from core.errors import InputError
from core.vocabulary import AGE_BANDS, UNKNOWN_BAND, Disposition

#: Labels that an age band may have.
BANDS: Final = (*(label for label, _, _ in AGE_BANDS), UNKNOWN_BAND)
#: How a stay ends without a disposition: unseen, tidied up at the end of a day, or not yet.
LEFT: Final = "left"
CLOSED: Final = "closed"
#: Whoever came longer ago was forgotten in the list rather than in the department.
LONGEST_STAY: Final = timedelta(days=4)


@dataclass(frozen=True)
class Person:
    """What triage knows of a patient.

    Parameters
    ----------
    acuity : int
        1 to 5.
    age_band : str
        One of `BANDS`.
    news2_score : int, optional
        0 to 20.
    """

    acuity: int
    age_band: str
    news2_score: int | None = None

    def __post_init__(self) -> None:
        if self.acuity not in range(1, 6):
            raise InputError(f"acuity is {self.acuity}; 1 to 5 is allowed", code="invalid_acuity")
        if self.age_band not in BANDS:
            raise InputError(f"age band is {self.age_band!r}; allowed are {', '.join(BANDS)}", code="invalid_age_band")
        if self.news2_score is not None and self.news2_score not in range(21):
            raise InputError(f"NEWS2 is {self.news2_score}; 0 to 20 is allowed", code="invalid_news2")


@dataclass(frozen=True)
class Visit:
    """One stay in the department.

    Parameters
    ----------
    end : str, optional
        A `Disposition`, `left` or `closed`; None while it lasts, or where nobody wrote down how it ended.
    """

    person: Person
    arrived_at: datetime
    called_at: datetime | None = None
    ended_at: datetime | None = None
    end: str | None = None

    @property
    def asked_for_bed(self) -> bool:
        return self.ended_at is not None and self.end == Disposition.ADMITTED


@dataclass(frozen=True)
class Present:
    """One who is in the department now: since when, and with staff since when."""

    person: Person
    arrived_at: datetime
    called_at: datetime | None = None


def known_at(visits: Iterable[Visit], moment: datetime) -> list[Visit]:
    """Return the visits as they stood at a moment: what came later is not known.

    Examples
    --------
    >>> from datetime import UTC
    >>> at = [datetime(2026, 1, 5, hour, tzinfo=UTC) for hour in range(4)]
    >>> visit = Visit(Person(3, "40-59"), at[0], at[1], at[3], "admitted")
    >>> [(one.called_at == at[1], one.end) for one in known_at([visit], at[2])]
    [(True, None)]
    """
    return [_cut(visit, moment) for visit in visits if visit.arrived_at <= moment]


def _cut(visit: Visit, moment: datetime) -> Visit:
    is_called = visit.called_at is not None and visit.called_at <= moment
    is_ended = visit.ended_at is not None and visit.ended_at <= moment
    return replace(
        visit,
        called_at=visit.called_at if is_called else None,
        ended_at=visit.ended_at if is_ended else None,
        end=visit.end if is_ended else None,
    )


def present_at(visits: Iterable[Visit], moment: datetime) -> list[Present]:
    """Return who is there at a moment."""
    return [
        Present(visit.person, visit.arrived_at, visit.called_at)
        for visit in known_at(visits, moment)
        if visit.ended_at is None
    ]
