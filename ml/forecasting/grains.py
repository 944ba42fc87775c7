"""Days and weeks beside months: the same hospital at three grains that agree with each other.

Belongs here: fine forecasts made to add up to the months that are promised. Does not belong here: the adjustment's
arithmetic (reconcile.py), or any single forecast.
"""

from dataclasses import dataclass, replace
from typing import Final

import pandas as pd

from core.errors import InputError
from ml.forecasting.panel import FREQUENCIES
from ml.forecasting.reconcile import reconcile
from ml.forecasting.results import Forecast
from ml.forecasting.seasons import grain_of
from ml.forecasting.serve import forecast_series

#: Long enough to hold two whole months after the one under way.
HORIZONS: Final = {"W": 14, "D": 93}
#: A month forecast needs this many complete months, else the fine grain stands alone.
LEAST_MONTHS: Final = 24


@dataclass(frozen=True)
class Grains:
    """Daily and weekly forecasts whose whole months add up to the monthly one."""

    daily: Forecast | None
    weekly: Forecast | None
    #: Months that the grains were made to agree with.
    months: tuple[str, ...]
    notes: tuple[str, ...]


def fine_grains(days: pd.Series, monthly: Forecast) -> Grains:
    """Forecast days and weeks and make them add up to the promised months.

    Parameters
    ----------
    days : pandas.Series
        Counts of complete days on a PeriodIndex.
    monthly : Forecast
        Stands as it is: it is what the hospital was promised.
    """
    weeks = days.groupby(pd.PeriodIndex(days.index).asfreq(FREQUENCIES["W"])).agg(["sum", "size"])
    whole = weeks.loc[weeks["size"] == 7, "sum"]
    made: dict[str, Forecast | None] = {}
    notes: list[str] = []
    for freq, counts in (("D", days), ("W", whole)):
        try:
            fine = forecast_series(counts, horizon=HORIZONS[freq], series_id=monthly.series_id)
            made[freq] = agreed(fine, monthly)
        except InputError as error:
            made[freq] = None
            notes.append(f"no forecast by {grain_of(counts.index).noun}: {error.message}")
    daily = made["D"]
    covered = () if daily is None else tuple(_whole_months(daily, monthly))
    return Grains(daily, made["W"], covered, tuple(notes))


def agreed(fine: Forecast, monthly: Forecast) -> Forecast:
    """Return `fine` adding up to the months of `monthly` that it covers; the months do not move."""
    certain = tuple(replace(step, lo95=step.mean, hi95=step.mean) for step in monthly.steps)
    return reconcile(fine, replace(monthly, steps=certain))[0]


def with_months(counts: pd.Series, fine: Forecast) -> tuple[Forecast, str | None]:
    """Reconcile a fine forecast with the months of its own history, both moving by how uncertain they are.

    Returns
    -------
    tuple of (forecast, why it was left alone)
    """
    months = months_of(counts)
    if len(months) < LEAST_MONTHS:
        return fine, f"not reconciled: {len(months)} complete months, {LEAST_MONTHS} are needed"
    ahead = pd.Period(fine.steps[-1].period[:4] + "-01", freq="M") if fine.freq == "W" else None
    last = pd.Period(fine.steps[-1].period[:7], freq="M") if ahead is None else ahead + 11
    horizon = min(max(last.ordinal - pd.PeriodIndex(months.index)[-1].ordinal, 1), 24)
    monthly = forecast_series(months, horizon=horizon, series_id=fine.series_id)
    moved = reconcile(fine, monthly)[0]
    if not _whole_months(fine, monthly):
        return fine, "not reconciled: the horizon holds no whole month"
    return moved, None


def months_of(counts: pd.Series) -> pd.Series:
    """Sum days or weeks into complete calendar months; the days of a week share its count evenly."""
    periods = pd.PeriodIndex(counts.index)
    if grain_of(periods).freq == "W":
        days = pd.period_range(periods[0].start_time, periods[-1].end_time, freq="D")
        counts = pd.Series((counts.to_numpy() / 7.0).repeat(7), index=days)
        periods = days
    table = counts.groupby(periods.asfreq("M")).agg(["sum", "size"])
    months = pd.PeriodIndex(table.index)
    return table.loc[table["size"].to_numpy() == months.days_in_month, "sum"]


def _whole_months(fine: Forecast, monthly: Forecast) -> list[str]:
    """Months of `monthly` whose first and last day lie within `fine`."""
    first, last = fine.steps[0].period, fine.steps[-1].period
    if fine.freq == "W":
        begin = pd.to_datetime(f"{first}-1", format="%G-W%V-%u")
        end = pd.to_datetime(f"{last}-7", format="%G-W%V-%u")
    else:
        begin, end = pd.Timestamp(first), pd.Timestamp(last)
    months = [pd.Period(step.period, freq="M") for step in monthly.steps]
    return [str(month) for month in months if begin <= month.start_time and month.end_time.normalize() <= end]
