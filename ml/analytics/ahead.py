"""What the coming months are expected to hold: the hospital's registrations and each condition's, forecast together.

Belongs here: the one forecast that the analyses show, the same as the board of forecasts shows. Does not belong here:
models and their rule (`ml.forecasting`), what an analysis tells beside it (volume.py, surge.py).
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import pandas as pd

from core.errors import InputError
from ml.analytics.counting import PeriodCounts, monthly_series
from ml.forecasting import Forecast
from ml.forecasting.board import beside_the_whole
from ml.forecasting.many import forecast_many
from ml.forecasting.models import AUTO, STRUCTURAL

TOO_SHORT: Final = ("too_short", "invalid_share")
_POOLED: Final = (AUTO, STRUCTURAL)


@dataclass(frozen=True)
class ForecastMonth:
    """Expected registrations of a month with 80 and 95 % intervals."""

    step: int
    month: str
    mean: float
    lo80: float
    hi80: float
    lo95: float
    hi95: float


def hospital_series(monthly: PeriodCounts) -> pd.Series:
    """Return the registrations of all conditions together, month by month."""
    return monthly_series(monthly.counts.sum(axis=0), monthly.first)


def expected_months(
    monthly: PeriodCounts, *, wanted: Collection[str], horizon: int, model: str = AUTO
) -> dict[str, Forecast]:
    """Forecast the hospital's months and those of its conditions.

    Parameters
    ----------
    monthly : PeriodCounts
        At least one month.
    wanted : collection of str
        Conditions, or `ml.forecasting.board.ALL`.
    horizon : int
        Months ahead, 1 or more.
    model : str
        As in `ml.forecasting.forecast_series`.

    Returns
    -------
    dict of str to Forecast
        By wanted series; where it is too short for any model, no steps and the reason.

    Notes
    -----
    The calendar's effect and the intervals are estimated over all series of the hospital (decision 0010): a series
    forecast alone comes out a little different, and two figures would stand for one month.
    """
    rows = zip(monthly.labels, monthly.counts, strict=True)
    conditions = {label: monthly_series(row, monthly.first) for label, row in rows}
    series = beside_the_whole(hospital_series(monthly), conditions)
    if model not in _POOLED:
        series = {name: series[name] for name in wanted}
    forecasts, errors = forecast_many(series, horizon=horizon, model=model)
    found = {one.series_id: one for one in forecasts}
    for error in errors:
        if error.code not in TOO_SHORT:
            raise InputError(error.message, code=error.code)
        found[error.series_id] = Forecast(error.series_id, "none", "M", (), error.message)
    return {name: found[name] for name in wanted}


def forecast_months(forecast: Forecast) -> tuple[ForecastMonth, ...]:
    """Return the steps of a monthly forecast in the shape of the analyses."""
    return tuple(
        ForecastMonth(step.step, step.period, step.mean, step.lo80, step.hi80, step.lo95, step.hi95)
        for step in forecast.steps
    )
