"""The named baseline: SARIMA(1,1,1)(1,1,1,s) by statsmodels, always shown beside whatever is served.

Belongs here: the call into statsmodels, its settings and its warnings. Does not belong here: the choice among models.
"""

import warnings
from typing import Any

import numpy as np
from statsmodels.tools.sm_exceptions import ConvergenceWarning, EstimationWarning
from statsmodels.tsa.statespace.sarimax import SARIMAX

from core.errors import InputError
from ml.forecasting.blas import one_thread
from ml.forecasting.results import Path, Vector, normal_bounds

ORDER = (1, 1, 1)
#: A season longer than this would need a state of more than a hundred elements; harmonics carry it instead.
LONGEST_STATE_SEASON = 24
HARMONICS = 3
#: Older days say little about next week and cost time: daily histories are cut to two years.
LONGEST_HISTORY = 730
ITERATIONS = 100
#: From last month's parameters the optimum is near: looser stopping rules of L-BFGS-B. Against {1e11, 1e-3}, which cost
#: .3 % of the forecast (mean over 12 hospital series; 1.8 % at most) and saved six tenths of the time, they move it by
#: another .02 % (.07 % at most, 8 made-up series) and save a further fifth.
WARM: dict[str, Any] = {"factr": 1e12, "pgtol": 1e-2}


def sarima(values: Vector, *, season: int, horizon: int, start: tuple[float, ...] = ()) -> Path:
    """Fit SARIMA(1,1,1)(1,1,1,season) by maximum likelihood and forecast.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
        Counts, oldest first; at least two seasons.
    season, horizon : int
    start : tuple of float, optional
        Last month's parameters: nearly the same optimum in a fraction of the time.

    Raises
    ------
    InputError
        `history_too_short`: fewer than two seasons.

    Notes
    -----
    The scale is concentrated out of the likelihood and no covariance of the parameters is computed: the forecasts are
    those of the default settings to 0.01 %, in two thirds of the time. A season above 24 (weeks) becomes ARIMA(1,1,1)
    with three pairs of harmonics as regressors (dynamic harmonic regression, Hyndman & Athanasopoulos, Forecasting:
    principles and practice, 3rd ed., 10.5).
    """
    if len(values) < 2 * season:
        raise InputError(f"{len(values)} periods of history; SARIMA needs {2 * season}", code="history_too_short")
    kept = values[-max(LONGEST_HISTORY, 3 * season) :]
    notes = () if len(kept) == len(values) else (f"fitted on the last {len(kept)} periods",)
    if float(np.ptp(kept)) == 0.0:
        flat = np.full(horizon, kept[-1])
        return Path(flat, normal_bounds(flat, np.zeros(horizon)), "sarima", (*notes, "the history never changes"))
    harmonic = season > LONGEST_STATE_SEASON
    model = SARIMAX(
        kept,
        exog=_harmonics(0, len(kept), season) if harmonic else None,
        order=ORDER,
        seasonal_order=(0, 0, 0, 0) if harmonic else (*ORDER, season),
        concentrate_scale=True,
    )
    with one_thread(), warnings.catch_warnings():
        # A poor start is replaced by zeros, which is harmless; a missed optimum is read from mle_retvals and noted.
        warnings.filterwarnings("ignore", message="Non-(stationary|invertible) starting", category=UserWarning)
        warnings.filterwarnings("ignore", category=EstimationWarning)
        warnings.filterwarnings("ignore", category=ConvergenceWarning)
        known = len(start) == len(model.param_names)
        fit: Any = model.fit(
            start_params=np.array(start) if known else None,
            disp=False,
            cov_type="none",
            maxiter=ITERATIONS,
            **(WARM if known else {}),
        )
    if not fit.mle_retvals["converged"]:
        notes = (*notes, f"SARIMA had not converged after {ITERATIONS} iterations")
    ahead = fit.get_forecast(horizon, exog=_harmonics(len(kept), horizon, season) if harmonic else None)
    mean = np.asarray(ahead.predicted_mean, dtype=np.float64)
    bounds = normal_bounds(mean, np.asarray(ahead.se_mean, dtype=np.float64))
    return Path(mean, bounds, "sarima", notes, tuple(float(value) for value in fit.params))


def _harmonics(first: int, count: int, season: int) -> Vector:
    """Sine and cosine pairs at `count` periods from `first`, shape (count, 2·HARMONICS)."""
    angle = 2.0 * np.pi * np.outer(np.arange(first, first + count), np.arange(1, HARMONICS + 1)) / season
    return np.hstack([np.sin(angle), np.cos(angle)])
