"""How good a model would have been: the 70-30 split that the requirement names, and rolling origins.

Belongs here: fitting on the past and scoring on what followed. Does not belong here: the scores' formulas (scores.py).
"""

from dataclasses import dataclass

import pandas as pd

from core.errors import InputError
from ml.forecasting import scores
from ml.forecasting.naive import seasonal_naive
from ml.forecasting.results import Vector, normal_bounds
from ml.forecasting.seasons import counts_of, grain_of
from ml.forecasting.serve import path_of


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


def score_origin(values: Vector, *, origin: int, horizon: int, season: int, model: str) -> Evaluation:
    """Fit on `values[:origin]`, forecast `horizon` periods, score them."""
    train, actual = values[:origin], values[origin : origin + horizon]
    path, _ = path_of(train, model=model, season=season, horizon=len(actual))
    naive = seasonal_naive(train, season=season, horizon=len(actual))
    bounds = normal_bounds(path)
    error, squared = scores.mae(actual, path.mean), scores.mse(actual, path.mean)
    return Evaluation(
        model=path.model,
        train_periods=len(train),
        test_periods=len(actual),
        mae=error,
        mse=squared,
        rmse=squared**0.5,
        mape=scores.mape(actual, path.mean),
        mase=scores.mase(actual, path.mean, scores.seasonal_scale(train, season)),
        skill=scores.skill(error, scores.mae(actual, naive.mean)),
        coverage80=scores.coverage(actual, bounds["lo80"], bounds["hi80"]),
        coverage95=scores.coverage(actual, bounds["lo95"], bounds["hi95"]),
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
    season = grain_of(counts.index).season
    return score_origin(values, origin=origin, horizon=len(values) - origin, season=season, model=model)


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
    if first < 3:
        raise InputError(
            f"{len(values)} {grain.noun} of history; {origins} origins of {horizon} need {origins * horizon + 3}",
            code="too_short",
        )
    return tuple(
        score_origin(values, origin=first + step * horizon, horizon=horizon, season=grain.season, model=model)
        for step in range(origins)
    )
