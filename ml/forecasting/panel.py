"""Many series in one table: read it, find what is broken, series by series.

Belongs here: from a table of text to series on a calendar, and the errors that name what is wrong with a series.
Does not belong here: files (medisync/forecast.py), or forecasting (many.py).
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.errors import InputError
from ml.forecasting.seasons import GRAINS, counts_of

#: Name of the period column -> frequency, when none is given.
PERIOD_COLUMNS = {"month": "M", "week": "W", "date": "D"}
FREQUENCIES = {"M": "M", "W": "W-SUN", "D": "D"}


@dataclass(frozen=True)
class SeriesError:
    """Why one series has no forecast."""

    series_id: str
    code: str
    message: str


@dataclass(frozen=True)
class Panel:
    """Series that can be forecast, in order of appearance, and those that cannot; `notes`: what was read otherwise than
    written, by series."""

    freq: str
    series: dict[str, pd.Series]
    errors: tuple[SeriesError, ...]
    notes: dict[str, str] = field(default_factory=dict)


def read_panel(table: pd.DataFrame, *, freq: str | None = None) -> Panel:
    """Part a table into series.

    Parameters
    ----------
    table : pandas.DataFrame
        Text columns `series_id`, `count` and one of `month`, `week`, `date`; other columns are left alone. Periods are
        ISO: "2026-11", "2026-W48", "2026-11-24".
    freq : str, optional
        "M", "W" or "D"; by default what the name of the period column says.

    Raises
    ------
    InputError
        `missing_column`, `unknown_frequency`, `empty_table`: nothing at all can be forecast.
    """
    column = next((name for name in PERIOD_COLUMNS if name in table.columns), None)
    missing = [name for name in ("series_id", "count") if name not in table.columns]
    if column is None or missing:
        found = ", ".join(map(str, table.columns)) or "none"
        raise InputError(f"columns {found}; needed: series_id, month (or week, date), count", code="missing_column")
    freq = freq or PERIOD_COLUMNS[column]
    if freq not in GRAINS:
        raise InputError(f"frequency {freq!r}; allowed: {', '.join(GRAINS)}", code="unknown_frequency")
    if table.empty:
        raise InputError("the table has no rows; at least 3 per series are needed", code="empty_table")
    dates = _dates(table[column].astype("str").str.strip())
    rows = pd.DataFrame(
        {
            "series_id": table["series_id"].fillna("").astype("str").str.strip().to_numpy(),
            "text": table[column].astype("str").to_numpy(),
            "date": dates.to_numpy(),
            "raw": table["count"].to_numpy(),
            "count": pd.to_numeric(table["count"], errors="coerce").to_numpy(dtype="float64", na_value=np.nan),
        }
    )
    series: dict[str, pd.Series] = {}
    errors: list[SeriesError] = []
    notes: dict[str, str] = {}
    for series_id, part in rows.groupby("series_id", sort=False):
        try:
            counts, note = _without_folds(_series(str(series_id), part, freq))
            counts_of(counts)
            series[str(series_id)] = counts
            notes |= {str(series_id): note} if note else {}
        except InputError as error:
            errors.append(SeriesError(str(series_id), error.code, error.message))
    return Panel(freq, series, tuple(errors), notes)


def _dates(texts: pd.Series) -> pd.Series:
    """First day of each period; missing where the text is no ISO month, week or date."""
    weeks = texts.str.fullmatch(r"\d{4}-?W\d{2}")
    dates = pd.to_datetime(texts.where(~weeks), format="ISO8601", errors="coerce")
    if weeks.any():
        mondays = texts[weeks].str.replace("-", "") + "-1"
        dates.loc[weeks] = pd.to_datetime(mondays, format="%GW%V-%u", errors="coerce").to_numpy()
    return dates


def _series(series_id: str, part: pd.DataFrame, freq: str) -> pd.Series:
    """One series on its calendar.

    Raises
    ------
    InputError
        Codes of `seasons.counts_of`, and `no_series_id`, `bad_period`, `wrong_frequency`.
    """
    grain = GRAINS[freq]
    if not series_id:
        raise InputError(f"{len(part)} rows without a series_id; every row needs one", code="no_series_id")
    unreadable = part["date"].isna()
    if unreadable.any():
        text = part.loc[unreadable, "text"].iloc[0]
        raise InputError(f"period {text!r}; allowed: 2026-11, 2026-W48 or 2026-11-24", code="bad_period")
    words = part["count"].isna()
    if words.any():
        at = part.loc[words].iloc[0]
        shown = "nothing" if pd.isna(at["raw"]) else repr(at["raw"])
        raise InputError(f"count {shown} at {at['text']}; a number, 0 and more, is allowed", code="not_a_number")
    periods = pd.PeriodIndex(part["date"].to_numpy(), freq=FREQUENCIES[freq])
    steps = np.diff(periods.asi8)
    moved = np.diff(part["date"].to_numpy()).astype("int64")
    if len(steps) > 1 and (steps >= 0).all() and (np.median(steps) > 1 or np.mean((steps == 0) & (moved != 0)) > 0.5):
        raise InputError(f"the rows are not one per period; {grain.noun} in a row are needed", code="wrong_frequency")
    return pd.Series(part["count"].to_numpy(), index=periods)


def _without_folds(counts: pd.Series) -> tuple[pd.Series, str]:
    """Put every week 53 in where a calendar of 52 weeks a year has none, as the mean of its neighbours, and say so.

    Surveillance files fold week 53 away (years of 52 weeks); any other absent week stays a gap.
    """
    index = pd.PeriodIndex(counts.index)
    steps = np.diff(index.asi8)
    if index.freqstr[0] != "W" or not (steps == 2).any() or not ((steps == 1) | (steps == 2)).all():
        return counts, ""
    whole = pd.period_range(index[0], index[-1], freq=index.freq)
    is_last = np.array([week.start_time.isocalendar().week == 53 for week in whole])
    if not np.array_equal(whole[is_last], whole.difference(index)):
        return counts, ""
    full = counts.reindex(whole).interpolate()
    return full, f"years of 52 weeks: {is_last.sum()} absent weeks 53 stand as the mean of their neighbours"
