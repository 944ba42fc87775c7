"""Series for the models: complete months, weeks and days only.

Belongs here: cutting off what is not whole, and gaps. Does not belong here: the models (`ml.forecasting`,
`ml.surveillance`), what is made of their answers (`assets.outlook`).
"""

from datetime import datetime, timedelta
from typing import Final

import pandas as pd

from assets.partitions import Months
from ml.completeness import START_SLACK, complete_until
from ml.forecasting.board import beside_the_whole, first_whole_month, last_whole_month

_WEEK: Final = timedelta(days=7)


def monthly_series(counts: Months, *, since: pd.Timestamp, until: pd.Timestamp) -> dict[str, pd.Series]:
    """Return complete calendar months of counts per condition and for all of them (`all`), gaps as zero.

    Registrations may begin within the first month (`since`) and end within the last (`until`), so both are left out
    then: half a month is not a low month.
    """
    if not counts:
        return {}
    by_month = pd.concat(
        [rows.groupby("condition")["registrations_count"].sum().rename(month) for month, rows in counts.items()], axis=1
    ).fillna(0.0)
    by_month.columns = pd.PeriodIndex(by_month.columns, freq="M")
    whole = (by_month.columns >= first_whole_month(since)) & (by_month.columns <= last_whole_month(until))
    by_month = by_month.loc[:, whole]
    filled = by_month.columns[by_month.sum() > 0]
    if filled.empty:
        return {}
    by_month = by_month.reindex(columns=pd.period_range(filled.min(), filled.max(), freq="M"), fill_value=0.0)
    return beside_the_whole(by_month.sum(), {str(condition): row for condition, row in by_month.iterrows()})


def complete_span(registrations: Months, *, now: datetime) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the moments from which and up to which registrations are complete; now and now where there are none."""
    moments = [rows["registered_at"] for rows in registrations.values() if len(rows)]
    if not moments:
        return pd.Timestamp(now), pd.Timestamp(now)
    newest = max(part.max() for part in moments)
    return min(part.min() for part in moments), pd.Timestamp(complete_until(newest, now=now))


def weekly_series(counts: pd.DataFrame, *, since: pd.Timestamp, until: pd.Timestamp) -> pd.DataFrame:
    """Return series_id, week (ISO text) and count of complete weeks per condition, in time order.

    A condition that a week has not is zero; a week without any registration is a missing report, not a zero.
    """
    if counts.empty:
        return no_weeks()
    table = counts.pivot_table(
        index="week_start_date", columns="condition", values="registrations_count", aggfunc="sum", observed=True
    )
    begins, ends = since.tz_localize(None) - START_SLACK, until.tz_localize(None) - _WEEK
    table = table[(table.index >= begins) & (table.index <= ends)]
    if table.empty:
        return no_weeks()
    mondays = pd.date_range(table.index.min(), table.index.max(), freq="7D")
    table = table.fillna(0.0).reindex(mondays)
    calendar = table.index.isocalendar()
    table.index = calendar["year"].astype(str) + "-W" + calendar["week"].astype(str).str.zfill(2)
    long = table.rename_axis("week").reset_index().melt(id_vars="week", var_name="series_id", value_name="count")
    return long[["series_id", "week", "count"]]


def no_weeks() -> pd.DataFrame:
    """Return what `weekly_series` gives before the first week is over."""
    return pd.DataFrame({"series_id": [], "week": [], "count": []})


def daily_series(moments: Months, *, until: pd.Timestamp) -> pd.Series:
    """Return registrations a day, the first and the day of `until` left out: neither is whole."""
    if not any(len(rows) for rows in moments.values()):
        return pd.Series(dtype="float64")
    days = pd.concat([rows["registered_at"].dt.tz_localize(None).dt.normalize() for rows in moments.values()])
    days = days[days < until.tz_localize(None).normalize()]
    counted = days.value_counts().sort_index()
    counted.index = pd.PeriodIndex(counted.index, freq="D")
    if len(counted) < 3:
        return pd.Series(dtype="float64")
    span = pd.period_range(counted.index.min() + 1, counted.index.max(), freq="D")
    return counted.reindex(span, fill_value=0).astype("float64")
