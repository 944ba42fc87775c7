"""The rule of decision 0010: the structural model is served, unless this series' own record says otherwise.

Belongs here: forecasts, records and refusals of a panel whose series cover the same periods. Does not belong here:
sorting series into such panels (panel.py), or the model's arithmetic (structural.py, calibration.py).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ml.forecasting import scores
from ml.forecasting.calendar import month_features
from ml.forecasting.calibration import Backtest, backtest
from ml.forecasting.diagnosis import notes_of
from ml.forecasting.naive import seasonal_naive
from ml.forecasting.results import Bounds, Matrix, Path, Record, Vector
from ml.forecasting.seasons import Grain
from ml.forecasting.structural import Predictive, structural

#: From this ratio to the seasonal naive error on, seasonal naive is served; from 1 on, a mix with this share of it.
CLEAR_LOSS = 1.2
NAIVE_SHARE = 0.25
#: Older periods say little about the next and cost time.
LONGEST_HISTORY = {"M": 240, "W": 261, "D": 400}


@dataclass(frozen=True)
class Answer:
    """Path, refusal and record of one series."""

    path: Path
    refused: str | None
    record: Record | None


def forecast_cohort(
    counts: Matrix, periods: pd.PeriodIndex, *, grain: Grain, horizon: int, may_refuse: bool = True
) -> tuple[Answer, ...]:
    """Forecast series that cover the same periods, in their order.

    Parameters
    ----------
    counts : numpy.ndarray, shape (n, t)
        Counts ≥ 0, oldest first, t ≥ 3.
    periods : pandas.PeriodIndex, shape (t,)
    grain : Grain
    horizon : int
    may_refuse : bool
        False: the structural model is served whatever its record.

    Notes
    -----
    R = structural error / seasonal naive error, summed over the record's origins. R < 1: structural.
    1 ≤ R < CLEAR_LOSS: refused, a mix with NAIVE_SHARE of seasonal naive is served. R ≥ CLEAR_LOSS: refused, seasonal
    naive is served.
    Without a record (history too short to be split) the structural model is served, with a note.
    """
    kept, span = counts[:, -LONGEST_HISTORY[grain.freq] :], periods[-LONGEST_HISTORY[grain.freq] :]
    coming = pd.period_range(span[0], periods=len(span) + horizon, freq=span.freq)
    features = month_features(coming) if grain.freq == "M" else None
    past = backtest(kept, horizon=horizon, freq=grain.freq, features=features)
    ahead = structural(kept, horizon=horizon, freq=grain.freq, features=features)
    mean, bounds = ahead.mean(), _bounds(ahead, *past.spans(horizon))
    records = _records(past, grain)
    return tuple(
        _answer(kept[row], span, grain, Path(mean[row], _row(bounds, row), "structural"), records[row], may_refuse)
        for row in range(len(kept))
    )


def _answer(
    values: Vector, periods: pd.PeriodIndex, grain: Grain, path: Path, record: Record | None, may_refuse: bool
) -> Answer:
    """Serve or refuse, by the record."""
    notes = notes_of(values, periods, grain)
    if record is None:
        notes = (*notes, "too short a history to be tested against seasonal naive")
        return Answer(Path(path.mean, path.bounds, path.model, notes), None, None)
    ratio = _ratio(record)
    if ratio < 1.0 or not may_refuse:
        return Answer(Path(path.mean, path.bounds, path.model, notes), None, record)
    reason = (
        f"structural did not beat seasonal naive from {record.origins} origins "
        f"(mean absolute error {record.mae:.3g} against {record.naive_mae:.3g})"
    )
    naive = seasonal_naive(values, season=grain.season, horizon=len(path.mean))
    if ratio >= CLEAR_LOSS:
        return Answer(Path(naive.mean, naive.bounds, naive.model, notes), reason, record)
    mean = (1.0 - NAIVE_SHARE) * path.mean + NAIVE_SHARE * naive.mean
    moved = mean - path.mean
    shifted = Bounds(*(bound + moved for bound in _tuple(path.bounds)))
    return Answer(Path(mean, shifted, f"structural+{naive.model}", notes), reason, record)


def _ratio(record: Record) -> float:
    """Structural error over naive error; errors below a thousandth of a count are none."""
    if record.mae < 1e-3:
        return 0.0
    return record.mae / record.naive_mae if record.naive_mae > 0 else np.inf


def _records(past: Backtest, grain: Grain) -> tuple[Record | None, ...]:
    """Score each series over the record's origins; None for all when there are no origins."""
    if not past.record_origins:
        return (None,) * len(past.counts)
    errors, naive_errors, inside80, inside95 = [], [], [], []
    for origin in past.record_origins:
        forecast = past.forecasts[origin]
        steps = forecast.centre.shape[1]
        actual = past.counts[:, origin : origin + steps]
        bounds = _bounds(forecast, *past.spans(steps, now=origin))
        lag = grain.season if origin > grain.season else 1
        naive = past.counts[:, origin - lag : origin][:, np.arange(steps) % lag]
        errors.append(np.abs(actual - forecast.mean()))
        naive_errors.append(np.abs(actual - naive))
        inside80.append((actual >= bounds.lo80) & (actual <= bounds.hi80))
        inside95.append((actual >= bounds.lo95) & (actual <= bounds.hi95))
    error, naive_error, in80, in95 = (np.hstack(part) for part in (errors, naive_errors, inside80, inside95))
    rows = zip(
        past.counts, error.mean(axis=1), naive_error.mean(axis=1), in80.mean(axis=1), in95.mean(axis=1), strict=True
    )
    origins, periods = len(past.record_origins), error.shape[1]
    records: list[Record] = []
    for values, mae, naive_mae, cover80, cover95 in rows:
        scale = scores.seasonal_scale(values, grain.season)
        mase = float(mae) / scale if scale > 0 else None
        skill = scores.skill(float(mae), float(naive_mae))
        records.append(
            Record(origins, periods, float(mae), float(naive_mae), mase, skill, float(cover80), float(cover95))
        )
    return tuple(records)


def _bounds(ahead: Predictive, span80: Vector, span95: Vector) -> Bounds:
    """Bounds of all series, each of shape (n, horizon)."""
    return Bounds(ahead.bound(-span80), ahead.bound(span80), ahead.bound(-span95), ahead.bound(span95))


def _tuple(bounds: Bounds) -> tuple[Vector, Vector, Vector, Vector]:
    return bounds.lo80, bounds.hi80, bounds.lo95, bounds.hi95


def _row(bounds: Bounds, row: int) -> Bounds:
    return Bounds(*(bound[row] for bound in _tuple(bounds)))
