"""How good a forecast was, once the truth is known: the arithmetic of the promise ledger.

Belongs here: scores of numbers against numbers. Does not belong here: models, files, or when a score is published.
Formulas: Hyndman & Koehler 2006 (MASE), Bracher et al. 2021 (WIS), Gneiting & Raftery 2007 (pinball, interval score).
"""

import numpy as np

from ml.forecasting.results import Vector


def mae(actual: Vector, forecast: Vector) -> float:
    """Mean absolute error, in counts."""
    return float(np.mean(np.abs(actual - forecast)))


def mse(actual: Vector, forecast: Vector) -> float:
    """Mean squared error, in counts squared."""
    return float(np.mean((actual - forecast) ** 2))


def mape(actual: Vector, forecast: Vector) -> float | None:
    """Mean absolute error as a share of the actual count (0.2 = 20 %), over periods with a count above zero.

    None when every actual count is zero: the ratio does not exist then.
    """
    seen = actual > 0
    if not seen.any():
        return None
    return float(np.mean(np.abs(actual[seen] - forecast[seen]) / actual[seen]))


def seasonal_scale(train: Vector, season: int) -> float:
    """In-sample mean absolute error of the seasonal naive forecast: the unit of MASE.

    A history no longer than one season is measured with lag 1; a history that never changes gives 0.
    """
    lag = season if len(train) > season else 1
    if len(train) <= lag:
        return 0.0
    return float(np.mean(np.abs(train[lag:] - train[:-lag])))


def mase(actual: Vector, forecast: Vector, scale: float) -> float | None:
    """Mean absolute scaled error; None when the scale is 0 (a constant history)."""
    return mae(actual, forecast) / scale if scale > 0 else None


def skill(error: float, naive_error: float) -> float | None:
    """1 - error / naive error: above 0 beats the naive forecast; None when the naive forecast was perfect."""
    return 1.0 - error / naive_error if naive_error > 0 else None


def coverage(actual: Vector, low: Vector, high: Vector) -> float:
    """Share of actual counts inside [low, high], bounds included."""
    return float(np.mean((actual >= low) & (actual <= high)))


def pinball(actual: Vector, quantile: Vector, level: float) -> float:
    """Mean pinball (quantile) loss at `level` in (0, 1)."""
    error = actual - quantile
    return float(np.mean(np.maximum(level * error, (level - 1.0) * error)))


def interval_score(actual: Vector, low: Vector, high: Vector, alpha: float) -> Vector:
    """Interval score per period of a central (1 - alpha) interval: width + 2/alpha × distance outside."""
    return (high - low) + 2.0 / alpha * (np.maximum(low - actual, 0.0) + np.maximum(actual - high, 0.0))


def wis(actual: Vector, median: Vector, intervals: dict[float, tuple[Vector, Vector]]) -> float:
    """Weighted interval score, mean over periods, in counts (Bracher et al. 2021, equation 1).

    Parameters
    ----------
    actual, median : numpy.ndarray, shape (n,)
    intervals : dict
        alpha -> (low, high), such as {0.2: (lo80, hi80), 0.05: (lo95, hi95)}.
    """
    total = 0.5 * np.abs(actual - median)
    for alpha, (low, high) in intervals.items():
        total = total + alpha / 2.0 * interval_score(actual, low, high, alpha)
    return float(np.mean(total / (len(intervals) + 0.5)))
