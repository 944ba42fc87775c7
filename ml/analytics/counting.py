"""From registrations to counts: by condition and ISO week or calendar month, complete periods only.

Belongs here: reading the few columns that the analyses need, fast, and cutting off what is incomplete. Does not
belong here: any statistic on the counts.

A million rows are counted with integer codes and `bincount`; there is no group-by on text or time stamps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import InputError
from ml.completeness import END_SLACK, START_SLACK

Ints = NDArray[np.int64]

_MICROSECONDS_PER_DAY: Final = 86_400_000_000
#: 1970-01-05 was a Monday: days since 1970-01-01 plus 3, over 7, counts ISO weeks.
_MONDAY_SHIFT: Final = 3


@dataclass(frozen=True)
class PeriodCounts:
    """Counts of complete periods.

    Attributes
    ----------
    labels : tuple of str
        Conditions, sorted; rows of `counts`.
    first : int
        Number of the first period: weeks since the one of Monday 1969-12-29, or months since January 1970.
    counts : ndarray of int64, shape (conditions, periods)
    """

    labels: tuple[str, ...]
    first: int
    counts: Ints

    @property
    def numbers(self) -> Ints:
        """Number of each period."""
        return np.arange(self.first, self.first + self.counts.shape[1])


def need(df: pd.DataFrame, columns: Sequence[str]) -> None:
    """Raise unless `df` has the columns that an analysis reads.

    Raises
    ------
    InputError
        Naming the first missing column, or a `registered_at` that is not a moment in UTC.
    """
    missing = [column for column in columns if column not in df]
    if missing:
        raise InputError(
            f"column {missing[0]} is missing; {', '.join(columns)} are needed (validated registrations)",
            code="missing_column",
        )
    if "registered_at" in columns and not isinstance(df["registered_at"].dtype, pd.DatetimeTZDtype):
        raise InputError(
            f"registered_at is {df['registered_at'].dtype}; moments with a time zone are allowed (validated "
            "registrations)",
            code="invalid_dtype",
        )
    if "registered_at" in columns and df["registered_at"].hasnans:
        raise InputError("registered_at is missing in some rows; every registration needs one", code="missing_value")


def codes_of(column: pd.Series) -> tuple[Ints, tuple[str, ...]]:
    """Return a code per row and the sorted texts that the codes stand for; -1 where missing."""
    codes, texts = pd.factorize(column)
    words = np.array([str(text) for text in texts], dtype=object)
    order = np.argsort(words) if words.size else np.empty(0, dtype=np.int64)
    place = np.empty(words.size + 1, dtype=np.int64)
    place[order] = np.arange(words.size)
    place[-1] = -1  # code -1 reads the last element
    return place[codes], tuple(words[order])


def days_of(df: pd.DataFrame) -> Ints:
    """Return days since 1970-01-01 (UTC) of each registration."""
    return microseconds(df) // _MICROSECONDS_PER_DAY


def microseconds(df: pd.DataFrame) -> Ints:
    """Return microseconds since 1970-01-01 00:00 UTC of each registration."""
    column: Any = df["registered_at"].array
    return np.asarray(column.as_unit("us").asi8)


def span_of(df: pd.DataFrame, as_of: datetime | date | None) -> tuple[datetime, datetime]:
    """Return the moments from which and up to which the data count as complete, in UTC without a zone.

    Parameters
    ----------
    df : DataFrame
        At least one row.
    as_of : datetime, date or None
        Given: complete up to that moment, or to the end of that day. None: up to the last registration plus
        `ml.completeness.END_SLACK`.
    """
    ticks = microseconds(df)
    epoch = datetime(1970, 1, 1)
    first = epoch + timedelta(microseconds=int(ticks.min())) - START_SLACK
    if as_of is None:
        return first, epoch + timedelta(microseconds=int(ticks.max())) + END_SLACK
    if isinstance(as_of, datetime):
        if as_of.tzinfo is None:
            raise InputError(f"as_of {as_of} has no time zone; a moment with one, or a date, is allowed")
        return first, pd.Timestamp(as_of).tz_convert("UTC").tz_localize(None).to_pydatetime()
    return first, datetime(as_of.year, as_of.month, as_of.day) + timedelta(days=1)


def weekly_counts(df: pd.DataFrame, *, as_of: datetime | date | None = None) -> PeriodCounts:
    """Count registrations per condition and complete ISO week (UTC); no column where no week is complete."""
    weeks = (days_of(df) + _MONDAY_SHIFT) // 7
    return _count(df, weeks, as_of, lambda number: pd.Timestamp(week_start(number)).to_pydatetime())


def monthly_counts(df: pd.DataFrame, *, as_of: datetime | date | None = None) -> PeriodCounts:
    """Count registrations per condition and complete calendar month (UTC); no column where no month is complete."""
    days = days_of(df)
    first = int(days.min(initial=0))
    calendar = np.arange(first, int(days.max(initial=0)) + 1).astype("datetime64[D]")
    months = calendar.astype("datetime64[M]").astype(np.int64)[days - first]
    return _count(df, months, as_of, lambda number: np.datetime64(number, "M").astype("datetime64[D]").astype(datetime))


def _count(df: pd.DataFrame, periods: Ints, as_of: datetime | date | None, start_of: Any) -> PeriodCounts:
    codes, labels = codes_of(df["condition"])
    if periods.size == 0:
        return PeriodCounts(labels, 0, np.empty((len(labels), 0), dtype=np.int64))
    complete_from, complete_to = span_of(df, as_of)
    first, last = int(periods.min()), int(periods.max())
    if _moment(start_of(first)) < complete_from:
        first += 1
    while last >= first and _moment(start_of(last + 1)) > complete_to:
        last -= 1
    n = max(0, last - first + 1)
    inside = (periods >= first) & (periods <= last) & (codes >= 0)
    flat = np.bincount(codes[inside] * n + periods[inside] - first, minlength=len(labels) * n)
    return PeriodCounts(labels, first, flat.reshape(len(labels), n).astype(np.int64))


def _moment(value: datetime | date) -> datetime:
    return datetime(value.year, value.month, value.day)


def week_start(number: int) -> date:
    """Return the Monday of a numbered week."""
    return date(1970, 1, 1) + timedelta(days=7 * int(number) - _MONDAY_SHIFT)


def week_text(number: int) -> str:
    """Write a numbered week as the ISO week YYYY-Www."""
    year, week, _ = week_start(number).isocalendar()
    return f"{year:04d}-W{week:02d}"


def month_text(number: int) -> str:
    """Write a numbered month as YYYY-MM."""
    return f"{1970 + int(number) // 12:04d}-{int(number) % 12 + 1:02d}"


def monthly_series(counts: Ints, first: int) -> pd.Series:
    """Return counts as the series on a monthly PeriodIndex that `ml.forecasting` takes."""
    index = pd.period_range(start=month_text(first), periods=counts.size, freq="M")
    return pd.Series(counts.astype(np.float64), index=index)
