"""Daily or weekly forecasts that add up to the monthly ones.

Belongs here: the adjustment of two grains to each other. Does not belong here: either forecast.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import InputError
from ml.forecasting.results import Forecast, ForecastStep, Matrix, Vector

#: Standard deviations in the width of a 95 % interval.
WIDTHS_PER_SD = 2.0 * 1.959963984540054


def reconcile(fine: Forecast, monthly: Forecast) -> tuple[Forecast, Forecast]:
    """Adjust days or weeks and months to each other, each by how uncertain it is.

    Parameters
    ----------
    fine : Forecast
        Days or weeks.
    monthly : Forecast
        Months. Only months that `fine` covers from the first to the last day are adjusted; the rest stay.

    Returns
    -------
    tuple of (fine, monthly), whose means agree in the adjusted months.

    Raises
    ------
    InputError
        `wrong_frequency`: `fine` is not of days or weeks, or `monthly` not of months.

    Notes
    -----
    Per month with sum S of the fine means (variance V, errors taken as independent) and monthly mean M (variance U),
    both move to the mean weighted by precision, T = (S·U + M·V)/(U + V): least squares reconciliation (Wickramasuriya
    et al. 2019) for a hierarchy of one parent. The fine periods share T - S in proportion to their variance (evenly
    when all are certain); none goes below zero. A week over two months belongs to each with its share of days, so the
    month adjusted first moves a little with the second: months take the sum of their fine periods in the end. Bounds
    move with their mean.
    """
    if fine.freq not in ("W", "D") or monthly.freq != "M":
        raise InputError(
            f"{fine.freq} and {monthly.freq}; days or weeks, and months, are allowed", code="wrong_frequency"
        )
    share = _shares(fine, monthly)
    covered = _covered(fine, monthly, share)
    mean = np.array([step.mean for step in fine.steps])
    variance = np.array([_variance(step) for step in fine.steps])
    target = np.array([step.mean for step in monthly.steps])
    for month in np.flatnonzero(covered):
        weight = share[month]
        total, spread = float(weight @ mean), float(weight**2 @ variance)
        own = _variance(monthly.steps[month])
        target[month] = (total * own + target[month] * spread) / (own + spread) if own + spread > 0 else total
        mean = _spread(mean, variance, weight, target[month] - total)
    return (
        replace(fine, steps=_moved(fine.steps, mean)),
        replace(monthly, steps=_moved(monthly.steps, np.where(covered, share @ mean, target))),
    )


def _spread(mean: Vector, variance: Vector, weight: Vector, gap: float) -> Vector:
    """Share a gap among the periods of a month by variance; what would go below zero is taken from the others."""
    pull = weight * variance if float((weight * variance).sum()) > 0 else weight
    moved = np.maximum(mean + gap * pull / float(weight @ pull), 0.0)
    left = float(weight @ (mean - moved)) + gap
    total = float(weight @ moved)
    return np.where(weight > 0, moved * (1.0 + left / total), moved) if total > 0 and abs(left) > 1e-12 else moved


def _shares(fine: Forecast, monthly: Forecast) -> Matrix:
    """Share of the days of each fine period in each month, shape (months, fine periods)."""
    months = [step.period for step in monthly.steps]
    shares = np.zeros((len(months), len(fine.steps)))
    for column, step in enumerate(fine.steps):
        days = _days(step.period, fine.freq)
        for day in days:
            text = f"{day.year:04d}-{day.month:02d}"
            if text in months:
                shares[months.index(text), column] += 1.0 / len(days)
    return shares


def _covered(fine: Forecast, monthly: Forecast, shares: Matrix) -> NDArray[np.bool_]:
    """Months whose every day lies in a fine period."""
    length = 7.0 if fine.freq == "W" else 1.0
    days = np.array([pd.Period(step.period, freq="M").days_in_month for step in monthly.steps])
    return np.isclose(shares.sum(axis=1) * length, days)


def _days(period: str, freq: str) -> pd.DatetimeIndex:
    if freq == "D":
        return pd.DatetimeIndex([period])
    return pd.date_range(pd.to_datetime(f"{period}-1", format="%G-W%V-%u"), periods=7)


def _variance(step: ForecastStep) -> float:
    return ((step.hi95 - step.lo95) / WIDTHS_PER_SD) ** 2


def _moved(steps: tuple[ForecastStep, ...], mean: Vector) -> tuple[ForecastStep, ...]:
    """Move means to `mean` and bounds by as much, never below zero."""
    out: list[ForecastStep] = []
    for step, value in zip(steps, mean, strict=True):
        by = float(value) - step.mean
        lo80, hi80, lo95, hi95 = (max(bound + by, 0.0) for bound in (step.lo80, step.hi80, step.lo95, step.hi95))
        out.append(replace(step, mean=float(value), lo80=lo80, hi80=hi80, lo95=lo95, hi95=hi95))
    return tuple(out)
