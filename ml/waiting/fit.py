"""Fitting the waiting-time model on observed and censored waits.

Belongs here: maximum likelihood under right censoring, Kaplan and Meier quantiles of the residuals. Does not belong
here: judging the result (`evaluation`).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from core.errors import InputError
from ml.waiting.estimate import FEATURES, SPREAD_FEATURES, WaitModel, location_row, spread_row
from ml.waiting.history import Moment

#: Fewer moments than this say too little.
MIN_MOMENTS = 400
#: The upper bound is shown as "nine in ten"; it is set where 19 in 20 of the calibration days' waits lie below, for
#: days differ (somebody is ill, a bus crashes) and the next ones may be among the bad ones.
UPPER_LEVEL = 0.95
_RIDGE = 1e-3

Floats = NDArray[np.float64]


def fit(moments: Sequence[Moment], *, calibration_share: float = 0.25) -> WaitModel:
    """Fit the coefficients on the earlier days and the quantiles on the later ones.

    Parameters
    ----------
    moments : sequence of Moment
        In time order; whole days are split, so that no day is on both sides.
    calibration_share : float
        Share of the days, the latest, that the quantiles come from.

    Returns
    -------
    WaitModel

    Raises
    ------
    InputError
        If there are too few moments or days.

    Notes
    -----
    log(1 + wait) = x'b + exp(v'g) z. Coefficients by maximum likelihood with z standard normal; one who left, or who
    still waits, contributes P(wait > seen) instead of a density. The normal shape is then dropped: the quantiles of z
    are those of Kaplan and Meier on the later days (a semi-parametric accelerated failure time model; Kalbfleisch and
    Prentice 2002, chapter 7), so a wrong shape costs no coverage.
    """
    days = sorted({moment.day for moment in moments})
    if len(moments) < MIN_MOMENTS or len(days) < 8:
        raise InputError(
            f"{len(moments)} moments on {len(days)} days are too few for a waiting model; "
            f"it needs {MIN_MOMENTS} on at least 8 days",
            code="too_few_waits",
        )
    first_late = days[int(len(days) * (1 - calibration_share))]
    early = [moment for moment in moments if moment.day < first_late]
    late = [moment for moment in moments if moment.day >= first_late]
    location, spread = _coefficients(early)
    rows, spreads, logs, observed = _arrays(late)
    z = (logs - rows @ location) / np.exp(spreads @ spread)
    return WaitModel(
        tuple(location.tolist()),
        tuple(spread.tolist()),
        kaplan_meier_quantile(z, observed, 0.5),
        _upper(z, observed, np.array([moment.is_arrival for moment in late])),
    )


def _upper(z: Floats, observed: NDArray[np.bool_], is_arrival: NDArray[np.bool_]) -> float:
    """Return the bound that holds for those who just came and for those who wait already."""
    groups = [is_arrival, ~is_arrival]
    return max(kaplan_meier_quantile(z[group], observed[group], UPPER_LEVEL) for group in groups if group.any())


def _arrays(moments: Sequence[Moment]) -> tuple[Floats, Floats, Floats, NDArray[np.bool_]]:
    return (
        np.array([location_row(moment.state) for moment in moments]),
        np.array([spread_row(moment.state) for moment in moments]),
        np.log1p([moment.remaining_minutes for moment in moments]),
        np.array([moment.is_observed for moment in moments]),
    )


def _coefficients(moments: Sequence[Moment]) -> tuple[Floats, Floats]:
    """Return location and spread that maximise the censored likelihood, with a slight ridge."""
    rows, spreads, logs, observed = _arrays(moments)
    width = len(FEATURES)
    start = np.zeros(width + len(SPREAD_FEATURES))
    start[:width] = np.linalg.lstsq(rows[observed], logs[observed], rcond=None)[0]

    def loss(parameters: Floats) -> tuple[float, Floats]:
        log_spread = np.clip(spreads @ parameters[width:], -4, 3)
        sigma = np.exp(log_spread)
        z = (logs - rows @ parameters[:width]) / sigma
        # d/dz of the log contribution: -z for a density, -hazard for a survival.
        tail = stats.norm.logsf(z)
        slope = np.where(observed, -z, -np.exp(stats.norm.logpdf(z) - tail))
        value = np.where(observed, -0.5 * z**2 - log_spread, tail)
        to_location = rows.T @ (-slope / sigma)
        to_spread = spreads.T @ (-slope * z - observed)
        gradient = -np.concatenate([to_location, to_spread]) / len(z) + 2 * _RIDGE * parameters
        return float(-value.mean() + _RIDGE * parameters @ parameters), gradient

    best = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500})
    return best.x[:width], best.x[width:]


def kaplan_meier_quantile(values: Floats, observed: NDArray[np.bool_], level: float) -> float:
    """Return the quantile of right-censored values.

    Parameters
    ----------
    values : array of float, shape (n,)
        Any real numbers.
    observed : array of bool, shape (n,)
        False where the value is only known to be larger.
    level : float
        Between 0 and 1.

    Returns
    -------
    float
        The largest value if too many are censored for the level to be reached.

    Examples
    --------
    >>> kaplan_meier_quantile(np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, True, True, True]), 0.5)
    2.0
    """
    order = np.lexsort((~observed, values))
    at_risk = np.arange(len(values), 0, -1)
    survival = np.cumprod(np.where(observed[order], 1 - 1 / at_risk, 1.0))
    reached = np.flatnonzero(survival <= 1 - level + 1e-12)
    return float(values[order][reached[0]] if len(reached) else values.max())
