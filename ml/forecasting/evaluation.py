"""How good a model would have been: the 70-30 split that the requirement names, and rolling origins.

Belongs here: fitting on the past and scoring on what followed. Does not belong here: the scores' formulas (scores.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from core.errors import InputError
from ml.forecasting import scores
from ml.forecasting.models import answer_of
from ml.forecasting.naive import seasonal_naive
from ml.forecasting.results import ordered
from ml.forecasting.seasons import counts_of, grain_of

#: What is always shown beside the served model, the named baseline first.
COMPETITORS = ("sarima", "auto", "ets", "theta", "dot", "auto_arima", "combination", "seasonal_naive")
MEASURES = ("mae", "mse", "rmse", "mape", "mase", "skill", "coverage80", "coverage95")


@dataclass(frozen=True)
class Evaluation:
    """Scores of one model on periods that it had not seen.

    Parameters
    ----------
    model : str
        The model that was scored: the fallback where the history is too short.
    train_periods, test_periods : int
    mae, mse, rmse : float
        In counts (mse: counts squared).
    mape : float or None
        Share, 0.2 = 20 %; None when all test counts are zero.
    mase : float or None
        In units of the in-sample seasonal naive error; None for a constant history.
    skill : float or None
        1 - MAE / MAE of seasonal naive on the same periods.
    coverage80, coverage95 : float
        Share of test counts inside the intervals.
    """

    model: str
    train_periods: int
    test_periods: int
    mae: float
    mse: float
    rmse: float
    mape: float | None
    mase: float | None
    skill: float | None
    coverage80: float
    coverage95: float


def score_origin(counts: pd.Series, *, origin: int, horizon: int, model: str) -> Evaluation:
    """Fit on the first `origin` counts, forecast `horizon` periods (or as many as there are), score them.

    Raises
    ------
    InputError
        As `forecast_series`.
    """
    values, season = counts_of(counts), grain_of(counts.index).season
    train, actual = values[:origin], values[origin : origin + horizon]
    path = answer_of(counts.iloc[:origin], model=model, horizon=len(actual)).path
    mean, bounds = ordered(path.mean, path.bounds)
    naive = seasonal_naive(train, season=season, horizon=len(actual))
    error, squared = scores.mae(actual, mean), scores.mse(actual, mean)
    return Evaluation(
        model=path.model,
        train_periods=len(train),
        test_periods=len(actual),
        mae=error,
        mse=squared,
        rmse=squared**0.5,
        mape=scores.mape(actual, mean),
        mase=scores.mase(actual, mean, scores.seasonal_scale(train, season)),
        skill=scores.skill(error, scores.mae(actual, naive.mean)),
        coverage80=scores.coverage(actual, bounds.lo80, bounds.hi80),
        coverage95=scores.coverage(actual, bounds.lo95, bounds.hi95),
    )


def evaluate_split(counts: pd.Series, *, train_share: float = 0.7, model: str = "sarima") -> Evaluation:
    """Fit on the first share of the history, score on all of the rest, in time order.

    Parameters
    ----------
    counts : pandas.Series
        As for `forecast_series`.
    train_share : float
        In (0, 1); 0.7 and 0.8 are the requirement's.
    model : str

    Raises
    ------
    InputError
        As `forecast_series`; `invalid_share` when either part would be too small.
    """
    values = counts_of(counts)
    origin = int(len(values) * train_share)
    if not 0 < train_share < 1 or origin < 3 or origin >= len(values):
        raise InputError(
            f"train_share {train_share} of {len(values)} periods; at least 3 to train and 1 to test are needed",
            code="invalid_share",
        )
    return score_origin(counts, origin=origin, horizon=len(values) - origin, model=model)


def rolling_origins(
    counts: pd.Series, *, horizon: int, origins: int = 3, model: str = "auto"
) -> tuple[Evaluation, ...]:
    """Score the model from several origins, each one `horizon` before the next, oldest first.

    Raises
    ------
    InputError
        `too_short` when the history does not hold that many origins.
    """
    values = counts_of(counts)
    grain = grain_of(counts.index)
    first = len(values) - origins * horizon
    if origins < 1 or first < 3:
        raise InputError(
            f"{len(values)} {grain.noun} of history; {origins} origins of {horizon} need {origins * horizon + 3}",
            code="too_short",
        )
    return tuple(
        score_origin(counts, origin=first + step * horizon, horizon=horizon, model=model) for step in range(origins)
    )


def compete(
    counts: pd.Series, *, horizon: int, models: Sequence[str] = COMPETITORS, origins: int = 3
) -> tuple[Evaluation, ...]:
    """Score several models from the same origins and rank them by error, best first.

    Parameters
    ----------
    counts : pandas.Series
        As for `forecast_series`.
    horizon, origins : int
        As for `rolling_origins`.
    models : sequence of str

    Returns
    -------
    tuple of Evaluation
        One per model, `model` being the name asked for; each score is the mean over the origins.
    """
    ranked: list[Evaluation] = []
    for model in models:
        scored = rolling_origins(counts, horizon=horizon, origins=origins, model=model)
        mean = {name: _mean([getattr(one, name) for one in scored]) for name in MEASURES}
        ranked.append(Evaluation(model, scored[-1].train_periods, sum(one.test_periods for one in scored), **mean))
    return tuple(sorted(ranked, key=lambda one: one.mae))


def _mean(values: Sequence[float | None]) -> Any:
    """Mean of the scores that exist; None when none does."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
