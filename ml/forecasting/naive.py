"""The forecasts that every other must beat: last season again, and the last level where there is no season yet.

Belongs here: seasonal naive and its spread. Does not belong here: anything that estimates parameters.
"""

import numpy as np

from ml.forecasting.results import Path, Vector, normal_bounds


def seasonal_naive(values: Vector, *, season: int, horizon: int) -> Path:
    """Repeat the last season; the spread grows with the root of the seasons ahead.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
        Counts, oldest first.
    season, horizon : int

    Notes
    -----
    sd(h) = s·√(k+1), k = ⌊(h-1)/season⌋, s the root mean square of seasonal differences (Hyndman & Athanasopoulos,
    Forecasting: principles and practice, 3rd ed., 5.5).
    A history no longer than a season is repeated at its last value instead, with lag-1 differences and sd(h) = s·√h.
    """
    lag = season if len(values) > season else 1
    steps = np.arange(horizon)
    mean = values[-lag:][steps % lag].astype(np.float64)
    spread = float(np.sqrt(np.mean((values[lag:] - values[:-lag]) ** 2)))
    sd = spread * np.sqrt(steps // lag + 1.0)
    return Path(mean, normal_bounds(mean, sd), "seasonal_naive" if lag > 1 else "naive")
