"""What a row's `week` (or `month`) says: its place in time, and where the same season lay in earlier years.

Belongs here: reading period labels, offsets to the same season of earlier years. Does not belong here:
counts, or any judgement of them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError

Grain = Literal["week", "month"]

#: Periods in a year, by grain.
PERIODS_PER_YEAR: dict[Grain, int] = {"week": 52, "month": 12}

_ISO_WEEK = re.compile(r"^(\d{4})-?W(\d{1,2})$", re.IGNORECASE)
_MONTH = re.compile(r"^(\d{4})-(\d{1,2})$")
_DAY = re.compile(r"^(\d{4}-\d{2}-\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]00:?00)?)?$")
_NUMBER = re.compile(r"^[+-]?\d+(?:\.0+)?$")
_MONDAY_OF_DAY_ONE = 1  # date.fromordinal(1) is a Monday
#: From the first period to the last, some two thousand years of weeks: every one of them takes room.
LONGEST_SPAN = 100_000
_LARGEST_NUMBER = 10**15


@dataclass(frozen=True)
class Timeline:
    """Where the rows of one series stand.

    Attributes
    ----------
    positions : ndarray of int, shape (rows,)
        Consecutive periods differ by one.
    grain : {"week", "month"}
    mondays : bool
        True when positions are calendar weeks (Monday ordinal // 7), so that the same season is found by date.
        False for plain numbering and for calendars of exactly 52 weeks a year.
    """

    positions: NDArray[np.int64]
    grain: Grain
    mondays: bool

    @property
    def period(self) -> int:
        return PERIODS_PER_YEAR[self.grain]


def read_timeline(labels: Sequence[object], *, grain: Grain = "week") -> Timeline:
    """Read period labels: ISO weeks "2024-W05", days "2024-01-29", months "2024-01", or plain whole numbers.

    Parameters
    ----------
    labels : sequence
        One per row, of one series, all of one kind.
    grain : {"week", "month"}
        What a day or a whole number counts.

    Raises
    ------
    InputError
        If a label is none of these, the kinds are mixed, or the periods lie more than `LONGEST_SPAN` apart.

    Examples
    --------
    >>> read_timeline(["2020-W52", "2020-W53", "2021-W01"]).positions.tolist()
    [105428, 105429, 105430]
    """
    timeline = _read([_text(label) for label in labels], grain)
    if timeline.positions.size and (span := int(np.ptp(timeline.positions))) > LONGEST_SPAN:
        raise InputError(f"the first and the last period are {span:,} periods apart; {LONGEST_SPAN:,} are allowed")
    return timeline


def _read(texts: list[str], grain: Grain) -> Timeline:
    kinds = {_kind(text) for text in texts}
    if len(kinds) > 1:
        raise InputError(f"periods of several kinds in one series ({', '.join(sorted(kinds))}); one kind is allowed")
    kind = kinds.pop() if kinds else "number"
    if kind == "number":
        return Timeline(np.array([_whole_number(t) for t in texts], dtype=np.int64), grain, mondays=False)
    if kind == "month" or grain == "month":
        return Timeline(np.array([_month(t) for t in texts], dtype=np.int64), "month", mondays=False)
    if kind == "day":
        days = [_day(t).toordinal() for t in texts]
        return Timeline(np.array([(d - _MONDAY_OF_DAY_ONE) // 7 for d in days], dtype=np.int64), "week", mondays=True)
    return _iso_weeks(texts)


def _whole_number(text: str) -> int:
    number = int(float(text))
    if abs(number) > _LARGEST_NUMBER:
        raise InputError(f"period {text[:40]!r} is too large a number; {_LARGEST_NUMBER:,} is allowed")
    return number


def _text(label: object) -> str:
    if isinstance(label, date):  # datetime and pandas.Timestamp too
        return label.strftime("%Y-%m-%d")
    return str(label).strip()


def _kind(text: str) -> str:
    for kind, pattern in (("week", _ISO_WEEK), ("day", _DAY), ("month", _MONTH), ("number", _NUMBER)):
        if pattern.match(text):
            return kind
    raise InputError(f"period {text[:40]!r} is not one of 2024-W05, 2024-01-29, 2024-01 or a whole number")


def _day(text: str) -> date:
    match = _DAY.match(text)
    try:
        return date.fromisoformat(match.group(1) if match else text)
    except ValueError as error:
        raise InputError(f"period {text!r} is not a day of the calendar") from error


def _month(text: str) -> int:
    match = _MONTH.match(text)
    year, month = (int(match.group(1)), int(match.group(2))) if match else (_day(text).year, _day(text).month)
    if not 1 <= month <= 12:
        raise InputError(f"period {text!r}: a month is 01 to 12")
    return year * 12 + month - 1


def _iso_weeks(texts: list[str]) -> Timeline:
    pairs: list[tuple[int, int]] = []
    for text in texts:
        match = _ISO_WEEK.match(text)
        year, week = (int(match.group(1)), int(match.group(2))) if match else (0, 0)
        if not (1 <= week <= 53 and year >= 1):
            raise InputError(f"period {text!r}: an ISO week is W01 to W53")
        pairs.append((year, week))
    if _skips_every_week_53(pairs):
        return Timeline(np.array([y * 52 + w - 1 for y, w in pairs], dtype=np.int64), "week", mondays=False)
    try:
        days = [date.fromisocalendar(y, w, 1).toordinal() for y, w in pairs]
    except ValueError as error:
        raise InputError(f"periods hold a week 53 in a year that has none: {error}") from error
    return Timeline(np.array([(d - _MONDAY_OF_DAY_ONE) // 7 for d in days], dtype=np.int64), "week", mondays=True)


def _skips_every_week_53(pairs: list[tuple[int, int]]) -> bool:
    """A calendar folded to 52 weeks goes from W52 to W01 where ISO 8601 has a W53 between."""
    if any(week == 53 for _, week in pairs):
        return False
    present = set(pairs)
    return any(
        week == 52 and (year + 1, 1) in present and _weeks_in(year) == 53
        for year, week in pairs
        if year < date.max.year
    )


def _weeks_in(year: int) -> int:
    return date(year, 12, 28).isocalendar().week


def season_offsets(position: int, *, years: int, period: int, mondays: bool) -> tuple[int, ...]:
    """Return how many periods back the same season lay, 0 to `years` years ago.

    Notes
    -----
    With calendar weeks: the Monday nearest to the same day and month of the earlier year, as R surveillance does with
    dates; otherwise whole multiples of `period`.
    """
    if not mondays:
        return tuple(period * back for back in range(years + 1))
    monday = date.fromordinal(position * 7 + _MONDAY_OF_DAY_ONE)
    offsets = [0]
    for back in range(1, years + 1):
        try:
            anniversary = monday.replace(year=monday.year - back)
        except ValueError:  # 29 February
            anniversary = date(monday.year - back, 3, 1)
        nearest = anniversary + timedelta(days=(3 - (anniversary.weekday() + 3) % 7))
        offsets.append((monday - nearest).days // 7)
    return tuple(offsets)
