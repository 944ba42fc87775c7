"""The models by name, and how one series is given to one of them.

Belongs here: the table of names and the fallback of a model that cannot be fitted. Does not belong here: any model.
The modules are imported when their model is asked for: statsmodels and statsforecast take seconds, and the served model
needs neither.
"""

import importlib
from collections.abc import Callable

import numpy as np
import pandas as pd

from core.errors import InputError
from ml.forecasting.auto import Answer, forecast_cohort
from ml.forecasting.diagnosis import notes_of
from ml.forecasting.results import Path
from ml.forecasting.seasons import counts_of, grain_of

#: name -> (module, function). "auto" is not among them: it is the rule that chooses.
MODELS: dict[str, tuple[str, str]] = {
    "sarima": ("ml.forecasting.sarima", "sarima"),
    "ets": ("ml.forecasting.competitors", "ets"),
    "theta": ("ml.forecasting.competitors", "theta"),
    "dot": ("ml.forecasting.competitors", "dot"),
    "auto_arima": ("ml.forecasting.competitors", "auto_arima"),
    "combination": ("ml.forecasting.competitors", "combination"),
    "seasonal_naive": ("ml.forecasting.naive", "seasonal_naive"),
}
AUTO = "auto"
STRUCTURAL = "structural"


def answer_of(counts: pd.Series, *, model: str, horizon: int, start: tuple[float, ...] = ()) -> Answer:
    """Forecast one series with one model, or with the structural model and the reason why.

    Parameters
    ----------
    counts : pandas.Series
        Counts ≥ 0 on a complete PeriodIndex of months, weeks or days.
    model : str
        "auto", "structural" or a name of MODELS.
    horizon : int
        Periods ahead, 1 and more.
    start : tuple of float, optional
        Parameters to start from; used by SARIMA.

    Raises
    ------
    InputError
        A broken calendar or count (`seasons.counts_of`), `unknown_model`, `invalid_horizon`.
    """
    if horizon < 1:
        raise InputError(f"horizon {horizon}; 1 and more is allowed", code="invalid_horizon")
    values, grain = counts_of(counts), grain_of(counts.index)
    periods = pd.PeriodIndex(counts.index)
    if model in (AUTO, STRUCTURAL):
        rule = model == AUTO
        return forecast_cohort(values[None, :], periods, grain=grain, horizon=horizon, may_refuse=rule)[0]
    notes = notes_of(values, periods, grain)
    try:
        options = {"start": start} if model == "sarima" else {}
        path = find(model)(values, season=grain.season, horizon=horizon, **options)
    except InputError as error:
        if error.code != "history_too_short":
            raise
        fallback = forecast_cohort(values[None, :], periods, grain=grain, horizon=horizon, may_refuse=False)[0]
        return Answer(fallback.path, f"{error.message}; {fallback.path.model} is served", fallback.record)
    if not np.isfinite(path.mean).all():
        fallback = forecast_cohort(values[None, :], periods, grain=grain, horizon=horizon, may_refuse=False)[0]
        return Answer(
            fallback.path, f"{model} gave no finite forecast; {fallback.path.model} is served", fallback.record
        )
    return Answer(Path(path.mean, path.bounds, path.model, (*notes, *path.notes), path.parameters), None, None)


def find(model: str) -> Callable[..., Path]:
    """The function of a model.

    Raises
    ------
    InputError
        `unknown_model`.
    """
    if model not in MODELS:
        raise InputError(f"model {model!r}; allowed: {AUTO}, {STRUCTURAL}, {', '.join(MODELS)}", code="unknown_model")
    module, function = MODELS[model]
    return getattr(importlib.import_module(module), function)
