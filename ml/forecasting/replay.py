"""What would have been served from the record's origins: the mix with seasonal naive, its intervals, its scores.

Belongs here: forecasts of earlier origins beside what followed, and what weeks learn from them (decision 0011). Does
not belong here: the forecasts themselves (calibration.py), the decision to serve (auto.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.forecasting import scores
from ml.forecasting.calibration import Backtest
from ml.forecasting.results import Bounds, Matrix, Record, Vector
from ml.forecasting.seasons import Grain
from ml.forecasting.structural import Predictive

#: Shares of seasonal naive that are tried on the record.
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
#: Intervals of weeks are stretched by a factor within these bounds.
STRETCH = (0.5, 5.0)


@dataclass(frozen=True)
class Replay:
    """One origin: what followed, what was foreseen, and the seasonal naive forecast; each of shape (n, steps)."""

    actual: Matrix
    mean: Matrix
    naive: Matrix
    bounds: Bounds


def bounds_of(ahead: Predictive, span80: Vector, span95: Vector) -> Bounds:
    """Bounds of all series, each of shape (n, horizon)."""
    return Bounds(ahead.bound(-span80), ahead.bound(span80), ahead.bound(-span95), ahead.bound(span95))


def shifted(bounds: Bounds, by: Matrix | Vector) -> Bounds:
    """Move all bounds by as much."""
    return Bounds(bounds.lo80 + by, bounds.hi80 + by, bounds.lo95 + by, bounds.hi95 + by)


def stretched(mean: Matrix, bounds: Bounds, factors: Matrix) -> Bounds:
    """Scale the distances from the mean: of the 80 % bounds by the first row of `factors`, of the 95 % by the second.

    Parameters
    ----------
    mean : numpy.ndarray, shape (n, horizon)
    factors : numpy.ndarray, shape (2, n)
    """
    at80, at95 = factors[:, :, None]
    return Bounds(
        mean + at80 * (bounds.lo80 - mean),
        mean + at80 * (bounds.hi80 - mean),
        mean + at95 * (bounds.lo95 - mean),
        mean + at95 * (bounds.hi95 - mean),
    )


def naive_shares(past: Backtest, grain: Grain) -> Vector:
    """Half-way between an equal mix and the share of seasonal naive that would have had the least error, per series."""
    error = np.zeros((len(SHARES), len(past.counts)))
    for origin in past.record_origins:
        model, naive = past.forecasts[origin].mean(), _naive_at(past, origin, grain)
        actual = past.counts[:, origin : origin + model.shape[1]]
        error += [np.abs(actual - model - share * (naive - model)).sum(axis=1) for share in SHARES]
    return (np.array(SHARES)[error.argmin(axis=0)] + 0.5) / 2.0


def replays(past: Backtest, grain: Grain, shares: Vector) -> tuple[Replay, ...]:
    """Replay the record's origins, oldest first, with that share of seasonal naive in each series."""
    made: list[Replay] = []
    for origin in past.record_origins:
        forecast = past.forecasts[origin]
        steps = forecast.centre.shape[1]
        naive = _naive_at(past, origin, grain)
        moved = shares[:, None] * (naive - forecast.mean())
        bounds = shifted(bounds_of(forecast, *past.spans(steps, now=origin)), moved)
        made.append(Replay(past.counts[:, origin : origin + steps], forecast.mean() + moved, naive, bounds))
    return tuple(made)


def _naive_at(past: Backtest, origin: int, grain: Grain) -> Matrix:
    """The seasonal naive forecast of all series from an origin, as far as the model's own."""
    lag = grain.season if origin > grain.season else 1
    return past.counts[:, origin - lag : origin][:, np.arange(past.forecasts[origin].centre.shape[1]) % lag]


def stretches(seen: Sequence[Replay]) -> Matrix:
    """Factors on both intervals that would have covered 80 % and 95 % of what followed; shape (2, n).

    Notes
    -----
    The quantile of each error in units of its own interval (split conformal prediction, Lei et al. 2018), per series.
    """
    errors80 = np.hstack([_distance(one, one.bounds.lo80, one.bounds.hi80) for one in seen])
    errors95 = np.hstack([_distance(one, one.bounds.lo95, one.bounds.hi95) for one in seen])
    return np.clip([np.quantile(errors80, 0.8, axis=1), np.quantile(errors95, 0.95, axis=1)], *STRETCH)


def _distance(one: Replay, low: Matrix, high: Matrix) -> Matrix:
    """Error over the distance from the mean to the bound on its side."""
    error = one.actual - one.mean
    return np.where(error >= 0.0, error / np.maximum(high - one.mean, 1e-9), error / np.minimum(low - one.mean, -1e-9))


def left_out(seen: Sequence[Replay]) -> tuple[Replay, ...]:
    """Stretch each origin's intervals by what the other origins say, so that coverage is measured on unseen errors."""
    others = [[one for at, one in enumerate(seen) if at != place] for place in range(len(seen))]
    return tuple(
        Replay(one.actual, one.mean, one.naive, stretched(one.mean, one.bounds, stretches(rest)))
        for one, rest in zip(seen, others, strict=True)
    )


def records(seen: Sequence[Replay], counts: Matrix, grain: Grain) -> tuple[Record | None, ...]:
    """Score each series over the record's origins; None for all when there are no origins."""
    if not seen:
        return (None,) * len(counts)
    error = np.hstack([np.abs(one.actual - one.mean) for one in seen])
    naive_error = np.hstack([np.abs(one.actual - one.naive) for one in seen])
    in80 = np.hstack([_inside(one.actual, one.bounds.lo80, one.bounds.hi80) for one in seen])
    in95 = np.hstack([_inside(one.actual, one.bounds.lo95, one.bounds.hi95) for one in seen])
    means = [part.mean(axis=1).tolist() for part in (error, naive_error, in80, in95)]
    made: list[Record] = []
    for values, mae, naive_mae, cover80, cover95 in zip(counts, *means, strict=True):
        scale = scores.seasonal_scale(values, grain.season)
        mase = mae / scale if scale > 0 else None
        skill = scores.skill(mae, naive_mae)
        made.append(Record(len(seen), error.shape[1], mae, naive_mae, mase, skill, cover80, cover95))
    return tuple(made)


def _inside(actual: Matrix, low: Matrix, high: Matrix) -> NDArray[np.bool_]:
    return (actual >= np.maximum(low, 0.0)) & (actual <= np.maximum(high, 0.0))
