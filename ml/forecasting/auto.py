"""The rule of decisions 0010 and 0011: the structural model is served, unless this series' own record says otherwise.

Belongs here: forecasts and refusals of a panel whose series cover the same periods. Does not belong here: sorting
series into such panels (panel.py), the model's arithmetic (structural.py, calibration.py), records (replay.py).
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ml.forecasting.calendar import month_features
from ml.forecasting.calibration import backtest
from ml.forecasting.diagnosis import notes_of
from ml.forecasting.naive import seasonal_naive
from ml.forecasting.replay import bounds_of, left_out, naive_shares, records, replays, shifted, stretched, stretches
from ml.forecasting.results import Bounds, Matrix, Path, Record, Vector
from ml.forecasting.seasons import Grain
from ml.forecasting.structural import structural

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
    R = error of the model / seasonal naive error, summed over the record's origins. The model is `structural`, for
    weeks its mix with seasonal naive. R < 1: the model is served. 1 ≤ R < CLEAR_LOSS, months and days: refused, a mix
    with NAIVE_SHARE of seasonal naive is served. Otherwise: refused, seasonal naive is served.
    Without a record (history too short to be split) the structural model is served, with a note.
    """
    kept, span = counts[:, -LONGEST_HISTORY[grain.freq] :], periods[-LONGEST_HISTORY[grain.freq] :]
    coming = pd.period_range(span[0], periods=len(span) + horizon, freq=span.freq)
    features = month_features(coming) if grain.freq == "M" else None
    past = backtest(kept, horizon=horizon, freq=grain.freq, features=features)
    ahead = structural(kept, horizon=horizon, freq=grain.freq, features=features)
    weekly = grain.freq == "W" and may_refuse and bool(past.record_origins)
    shares = naive_shares(past, grain) if weekly else np.zeros(len(kept))
    seen = replays(past, grain, shares)
    factors = stretches(seen) if weekly else np.ones((2, len(kept)))
    mean = ahead.mean()
    bounds = stretched(mean, bounds_of(ahead, *past.spans(horizon)), factors)
    judged = records(left_out(seen) if weekly else seen, kept, grain)
    return tuple(
        _answer(
            kept[row], span, grain, Path(mean[row], _row(bounds, row), "structural"), shares[row], record, may_refuse
        )
        for row, record in enumerate(judged)
    )


def _answer(
    values: Vector,
    periods: pd.PeriodIndex,
    grain: Grain,
    path: Path,
    share: float,
    record: Record | None,
    may_refuse: bool,
) -> Answer:
    """Serve or refuse, by the record; `share` is that of seasonal naive in what is served."""
    notes = notes_of(values, periods, grain)
    if record is None:
        notes = (*notes, "too short a history to be tested against seasonal naive")
        return Answer(replace(path, notes=notes), None, None)
    naive = replace(seasonal_naive(values, season=grain.season, horizon=len(path.mean)), notes=notes)
    served = replace(_mixed(path, naive, share) if share else path, notes=notes)
    ratio = _ratio(record)
    if ratio < 1.0 or not may_refuse:
        return Answer(served, None, record)
    reason = (
        f"{served.model} did not beat seasonal naive from {record.origins} origins "
        f"(mean absolute error {record.mae:.3g} against {record.naive_mae:.3g})"
    )
    if ratio >= CLEAR_LOSS or share:
        return Answer(naive, reason, record)
    return Answer(_mixed(served, naive, NAIVE_SHARE), reason, record)


def _mixed(path: Path, naive: Path, share: float) -> Path:
    """Move a path towards seasonal naive; its intervals move along."""
    moved = share * (naive.mean - path.mean)
    return replace(
        path, mean=path.mean + moved, bounds=shifted(path.bounds, moved), model=f"{path.model}+{naive.model}"
    )


def _ratio(record: Record) -> float:
    """Structural error over naive error; errors below a thousandth of a count are none."""
    if record.mae < 1e-3:
        return 0.0
    return record.mae / record.naive_mae if record.naive_mae > 0 else np.inf


def _row(bounds: Bounds, row: int) -> Bounds:
    return Bounds(bounds.lo80[row], bounds.hi80[row], bounds.lo95[row], bounds.hi95[row])
