"""The models that compete beside the served one: ETS, Theta and auto-ARIMA by statsforecast, and their combination.

Belongs here: calls into statsforecast. Does not belong here: SARIMA (sarima.py), the served model (structural.py).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from statsforecast.models import AutoARIMA, AutoETS, DynamicOptimizedTheta, Theta

from core.errors import InputError
from ml.forecasting.blas import one_thread
from ml.forecasting.results import Bounds, Path, Vector

#: A season longer than this is beyond what exponential smoothing and ARIMA states are made for.
LONGEST_SEASON = 24
#: Up to here a history may hold fewer periods than a model has parameters.
TINY = 12


def ets(values: Vector, *, season: int, horizon: int) -> Path:
    """Exponential smoothing, its form chosen by AICc (Hyndman et al. 2002)."""
    return _run(AutoETS, "ets", values, season=season, horizon=horizon)


def theta(values: Vector, *, season: int, horizon: int) -> Path:
    """The standard Theta method (Assimakopoulos & Nikolopoulos 2000)."""
    return _run(Theta, "theta", values, season=season, horizon=horizon)


def dot(values: Vector, *, season: int, horizon: int) -> Path:
    """Dynamic optimised Theta (Fiorucci et al. 2016)."""
    return _run(DynamicOptimizedTheta, "dot", values, season=season, horizon=horizon)


def auto_arima(values: Vector, *, season: int, horizon: int) -> Path:
    """Seasonal ARIMA, its orders chosen stepwise by AICc (Hyndman & Khandakar 2008)."""
    return _run(AutoARIMA, "auto_arima", values, season=season, horizon=horizon)


def combination(values: Vector, *, season: int, horizon: int) -> Path:
    """Mean of dynamic optimised Theta, ETS and auto-ARIMA, bounds likewise (Lichtendahl et al. 2013)."""
    paths = [model(values, season=season, horizon=horizon) for model in (dot, ets, auto_arima)]
    bounds = Bounds(
        *(np.mean([getattr(path.bounds, name) for path in paths], axis=0) for name in ("lo80", "hi80", "lo95", "hi95"))
    )
    return Path(np.mean([path.mean for path in paths], axis=0), bounds, "combination")


def _run(model: Callable[..., Any], name: str, values: Vector, *, season: int, horizon: int) -> Path:
    """Fit and forecast; a season that the history does not hold twice, or a very long one, is left out and noted."""
    usable = season if len(values) > 2 * season and season <= LONGEST_SEASON else 1
    notes = () if usable == season else (f"{name} without a season: {len(values)} periods of history",)
    try:
        with one_thread():
            out = model(season_length=usable).forecast(y=values, h=horizon, level=[80, 95])
    except (NotImplementedError, IndexError) as error:  # the library's words for what its parameters outnumber
        if len(values) > TINY:
            raise
        raise InputError(
            f"{len(values)} periods of history are too few for {name}; auto forecasts from 3 on", code="too_short"
        ) from error
    bounds = Bounds(*(np.asarray(out[key], dtype=np.float64) for key in ("lo-80", "hi-80", "lo-95", "hi-95")))
    return Path(np.asarray(out["mean"], dtype=np.float64), bounds, name, notes)
