"""Days and weeks beside months: the same hospital at three grains that agree with each other.

Belongs here: fine forecasts made to add up to the months that are promised. Does not belong here: the adjustment's
arithmetic (reconcile.py), or any single forecast.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import pandas as pd

from core.errors import InputError
from ml.forecasting.many import forecast_many
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


def with_months(
    series: Mapping[str, pd.Series], forecasts: Sequence[Forecast]
) -> tuple[tuple[Forecast, ...], dict[str, str]]:
    """Reconcile days or weeks with the months of their own histories, both moving by how uncertain they are.

    Parameters
    ----------
    series : mapping of str to pandas.Series
        The histories, by series.
    forecasts : sequence of Forecast
        Of days or weeks, from these histories.

    Returns
    -------
    tuple of (forecasts in their order, why a series was left alone)
    """
    months = {one.series_id: months_of(series[one.series_id]) for one in forecasts}
    long = {name: counts for name, counts in months.items() if len(counts) >= LEAST_MONTHS}
    ends = [
        _end(one) - pd.PeriodIndex(long[one.series_id].index)[-1].ordinal for one in forecasts if one.series_id in long
    ]
    monthly, _ = forecast_many(long, horizon=max(max(ends, default=1), 1))
    by_name = {one.series_id: one for one in monthly}
    alone: dict[str, str] = {}
    done: list[Forecast] = []
    for one in forecasts:
        known = by_name.get(one.series_id)
        if known is None:
            alone[one.series_id] = f"{len(months[one.series_id])} complete months, {LEAST_MONTHS} are needed"
        elif not _whole_months(one, known):
            alone[one.series_id] = "the horizon holds no whole month"
        done.append(one if known is None or one.series_id in alone else reconcile(one, known)[0])
    return tuple(done), alone


def _end(fine: Forecast) -> int:
    """Ordinal of the month that holds the last day of a forecast."""
    last = fine.steps[-1].period
    day = pd.to_datetime(f"{last}-7", format="%G-W%V-%u") if fine.freq == "W" else pd.Timestamp(last)
    return int(pd.Period(day, freq="M").ordinal)


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
