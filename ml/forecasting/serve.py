"""One series in, one forecast out: the model asked for where it can be served, else a named fallback and the reason.

Belongs here: the choice of model per series and its refusal. Does not belong here: files, or the models themselves.
"""

from collections.abc import Callable
from functools import partial

import pandas as pd

from core.errors import InputError
from ml.forecasting.naive import seasonal_naive
from ml.forecasting.results import Forecast, Path, Vector, normal_bounds, steps_of
from ml.forecasting.sarima import sarima
from ml.forecasting.seasons import counts_of, grain_of

Model = Callable[..., Path]

MODELS: dict[str, Model] = {"sarima": sarima, "seasonal_naive": seasonal_naive}
DEFAULT_MODEL = "sarima"


def path_of(
    values: Vector, *, model: str, season: int, horizon: int, start: tuple[float, ...] = ()
) -> tuple[Path, str | None]:
    """Forecast with `model`, or with the fallback and the reason why.

    Raises
    ------
    InputError
        `unknown_model`.
    """
    if model not in MODELS and model != "auto":
        raise InputError(f"model {model!r}; allowed: auto, {', '.join(MODELS)}", code="unknown_model")
    run = MODELS[DEFAULT_MODEL if model == "auto" else model]
    if run is sarima:
        run = partial(sarima, start=start)
    try:
        return run(values, season=season, horizon=horizon), None
    except InputError as error:
        if error.code != "history_too_short":
            raise
        return seasonal_naive(values, season=season, horizon=horizon), error.message


def forecast_series(
    counts: pd.Series, *, horizon: int, model: str = "auto", series_id: str = "", start: tuple[float, ...] = ()
) -> Forecast:
    """Forecast one series.

    Parameters
    ----------
    counts : pandas.Series
        Counts ≥ 0 on a complete PeriodIndex of months, weeks or days.
    horizon : int
        Periods ahead, 1 and more.
    model : str
        "auto" or the name of one model.
    series_id : str
    start : tuple of float, optional
        `Forecast.parameters` of the last run of the same series and model.

    Raises
    ------
    InputError
        A broken calendar or count (see `seasons.counts_of`), an unknown model, a horizon below 1.
    """
    if horizon < 1:
        raise InputError(f"horizon {horizon}; 1 and more is allowed", code="invalid_horizon")
    values = counts_of(counts)
    grain = grain_of(counts.index)
    path, refused = path_of(values, model=model, season=grain.season, horizon=horizon, start=start)
    steps = steps_of(path.mean, normal_bounds(path), counts.index[-1])
    return Forecast(series_id, path.model, grain.freq, steps, refused, path.notes, path.parameters)
