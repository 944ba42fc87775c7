"""What the calendar alone does to monthly counts: which weekdays a month holds, and which month it is.

Belongs here: known features of periods, past and to come, and the effect that all series of a panel share of them.
Does not belong here: anything about one series only (ml/forecasting/structural.py).
"""

import numpy as np
import pandas as pd

from ml.forecasting.results import Matrix, Vector

#: Prior standard deviations of the shared effects, as shares of the level: of a month, and of one weekday more.
MONTH_SD = 0.03
WEEKDAY_SD = 0.01
#: Rounds of the fixed point between effects and noise variance; it settles in three.
ROUNDS = 5


def month_features(periods: pd.PeriodIndex) -> Matrix:
    """Indicator of the month (12, centred) and weekdays held beyond the Sundays (6), shape (n, 18)."""
    first = periods.start_time.day_of_week.to_numpy()
    extra = periods.days_in_month.to_numpy() - 28
    held = 4.0 + ((np.arange(7)[None, :] - first[:, None]) % 7 < extra[:, None])
    months = np.eye(12)[periods.month.to_numpy() - 1] - 1.0 / 12.0
    return np.hstack([months, held[:, :6] - held[:, 6:]])


def shared_profile(relative: Matrix, features: Matrix) -> Vector:
    """The calendar effect that the series of a panel share, for the periods seen and those to come.

    Parameters
    ----------
    relative : numpy.ndarray, shape (n, t)
        Deviations from each series' own level, as shares of that level; monthly, t ≥ 24.
    features : numpy.ndarray, shape (t + horizon, k)
        From `month_features`.

    Returns
    -------
    numpy.ndarray, shape (t + horizon,)
        Share of the level by which a period lies above or below, the same for all series.

    Notes
    -----
    Each series is freed of its level by a centred 2×12 moving average; the mean over series, weighted with the inverse
    of their variance, is regressed on the features with normal priors (MONTH_SD, WEEKDAY_SD). With few or noisy series
    the priors pull the effect to zero: a panel of one hardly has a shared effect.
    """
    seen = relative.shape[1]
    weights = np.r_[0.5, np.ones(11), 0.5] / 12.0
    level = np.lib.stride_tricks.sliding_window_view(relative, 13, axis=1) @ weights
    rest = relative[:, 6:-6] - level
    variance = rest.var(axis=1)
    precision = np.where(variance > 1e-12, 1.0 / np.maximum(variance, 1e-12), 0.0)
    if precision.sum() == 0.0:
        return np.zeros(len(features))
    mean = (precision @ rest) / precision.sum()
    design = features[6 : seen - 6]
    prior = np.diag(np.r_[np.full(12, MONTH_SD**-2), np.full(features.shape[1] - 12, WEEKDAY_SD**-2)])
    noise = max(float(mean.var()), 1e-12)
    effect = np.zeros(features.shape[1])
    for _ in range(ROUNDS):
        effect = np.linalg.solve(design.T @ design / noise + prior, design.T @ mean / noise)
        noise = max(float(np.mean((mean - design @ effect) ** 2)), 1e-12)
    return features @ effect
