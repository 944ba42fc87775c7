"""The model that is served: level, slope and season of every series by Bayes, averaged over a grid of their pace.

Belongs here: the Gaussian structural model of a panel of equally long series. Does not belong here: intervals that are
calibrated on past errors (calibration.py), or the choice whether to serve (serve.py).

Counts y are worked on as z = √(y + 3/8) (Anscombe 1948), whose noise hardly depends on the level. Given the ratios of
the variances of level steps (q), season (s) and slope to the noise, z is Gaussian with kernel

    K = big·1 + q·min(t, t') + s·season(t, t') + slope·(t - T)(t' - T) + I,

so forecasts and likelihood of all series need one Cholesky factor per grid point, whatever the number of series. The
noise variance of a series is profiled out, and the grid points are averaged with their likelihood × prior: no
optimiser, no start values, no failure to converge. (Harvey 1989, Forecasting, structural time series models; Rasmussen
& Williams 2006, algorithm 2.1; Hoeting et al. 1999 for the averaging.)
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular

from ml.forecasting.blas import one_thread
from ml.forecasting.calendar import shared_profile
from ml.forecasting.results import Matrix, Vector

#: Variance of the unknown constant, in noise variances: as good as unknown.
DIFFUSE = 1e4
#: Observations further than this many robust standard deviations from the smooth path are pulled back to it.
CLIP = 3.0
OFFSET = 0.375


@dataclass(frozen=True)
class Grid:
    """The paces that are averaged, in noise variances.

    Parameters
    ----------
    levels, level_prior : tuple of float
        Variance of a level step per period, and its prior weight.
    seasons : tuple of float
        Variance of the seasonal deviations.
    slope : float
        Variance of the slope per year.
    year : float
        Periods per year.
    season : int
        Periods per season; the season repeats exactly.
    annual : float
        Variance of a smooth yearly wave besides; 0 where the season itself is the year.
    """

    levels: tuple[float, ...]
    level_prior: tuple[float, ...]
    seasons: tuple[float, ...]
    slope: float
    year: float
    season: int
    annual: float


#: Months: fixed in decision 0010 on windows before the test year. A level that wanders fast needs strong evidence.
GRIDS = {
    "M": Grid((0.01, 0.03, 0.1, 0.3, 1.0), (1.0, 1.0, 1.0, 1e-2, 1e-4), (0.0, 0.2, 0.7, 2.5), 0.02, 12.0, 12, 0.0),
    "W": Grid((0.003, 0.01, 0.03, 0.1, 0.4), (1.0, 1.0, 1.0, 1.0, 1.0), (0.0, 0.5, 2.0), 0.02, 52.1775, 0, 0.0),
    "D": Grid((0.0003, 0.002, 0.01, 0.05, 0.2), (1.0, 1.0, 1.0, 1.0, 1.0), (0.0, 0.3, 2.0), 0.02, 365.25, 7, 0.3),
}


@dataclass(frozen=True)
class Predictive:
    """What the model says of the periods ahead, on the root scale z.

    Parameters
    ----------
    centre, sd : numpy.ndarray, shape (n, horizon)
    """

    centre: Matrix
    sd: Matrix

    def mean(self) -> Matrix:
        """Mean in counts: E[z²] - 3/8 = centre² + sd² - 3/8."""
        return np.maximum(np.maximum(self.centre, 0.0) ** 2 + self.sd**2 - OFFSET, 0.0)

    def bound(self, distance: Matrix | Vector | float) -> Matrix:
        """Counts at `distance` standard deviations from the centre, never below zero."""
        return np.maximum(np.maximum(self.centre + distance * self.sd, 0.0) ** 2 - OFFSET, 0.0)


def root(counts: Matrix) -> Matrix:
    """z = √(y + 3/8)."""
    return np.sqrt(counts + OFFSET)


def structural(counts: Matrix, *, horizon: int, freq: str, features: Matrix | None = None) -> Predictive:
    """Forecast a panel of series that cover the same periods.

    Parameters
    ----------
    counts : numpy.ndarray, shape (n, t)
        Counts ≥ 0, t ≥ 3, oldest first.
    horizon : int
        Periods ahead.
    freq : str
        "M", "W" or "D".
    features : numpy.ndarray, shape (t + horizon, k), optional
        Calendar features of all periods; a shared profile is estimated from 24 periods on.

    Returns
    -------
    Predictive
    """
    seen = counts.shape[1]
    z = root(counts)
    level = z.mean(axis=1, keepdims=True)
    share = 0.5 * np.sqrt(counts.mean(axis=1, keepdims=True) + OFFSET)
    profile = np.zeros(seen + horizon)
    if features is not None and seen >= 24:
        profile = shared_profile((z - level) / share, features)
    with one_thread():
        centre, sd = _average(_clipped(z - level - share * profile[:seen], GRIDS[freq]), horizon, GRIDS[freq])
    return Predictive(level + share * profile[seen:] + centre, sd)


def _average(x: Matrix, horizon: int, grid: Grid) -> tuple[Matrix, Matrix]:
    """Mean and standard deviation ahead, averaged over the grid; x has shape (n, t)."""
    seen = x.shape[1]
    parts = _parts(seen, horizon, grid)
    means, variances, scores = [], [], []
    for q, prior in zip(grid.levels, grid.level_prior, strict=True):
        for s in grid.seasons:
            kernel = parts["fixed"] + q * parts["level"] + s * parts["season"]
            factor = cholesky(kernel[:seen, :seen], lower=True, check_finite=False)
            white = solve_triangular(factor, x.T, lower=True, check_finite=False)
            ahead = solve_triangular(factor, kernel[:seen, seen:], lower=True, check_finite=False)
            square = np.maximum((white**2).sum(axis=0), 1e-12)
            means.append(white.T @ ahead)
            spread = np.diag(kernel)[seen:] - (ahead**2).sum(axis=0)
            variances.append(np.outer(square / max(seen - 1, 1), spread))
            scores.append(np.log(prior) - np.log(np.diag(factor)).sum() - 0.5 * (seen - 1) * np.log(square))
    score = np.array(scores)
    weight = np.exp(score - score.max(axis=0))
    weight /= weight.sum(axis=0)
    mean = np.einsum("gn,gnh->nh", weight, np.array(means))
    second = np.einsum("gn,gnh->nh", weight, np.array(variances) + np.array(means) ** 2)
    return mean, np.sqrt(np.maximum(second - mean**2, 0.0))


def _parts(seen: int, horizon: int, grid: Grid) -> dict[str, Matrix]:
    """Kernels over seen and coming periods, each of shape (t + horizon, t + horizon)."""
    time = np.arange(seen + horizon, dtype=np.float64)
    slope = (time - (seen - 1)) / grid.year
    lag = np.abs(time[:, None] - time[None, :])
    wave = np.exp(-2.0 * np.sin(np.pi * lag / grid.year) ** 2 / 0.25)
    fixed = DIFFUSE + grid.slope * np.outer(slope, slope) + np.eye(len(time))
    if grid.annual and seen > 1.25 * grid.year:
        fixed = fixed + grid.annual * wave
    season = ((lag % grid.season) == 0) - 1.0 / grid.season if grid.season else wave
    return {"fixed": fixed, "level": np.minimum.outer(time, time), "season": season}


def _clipped(x: Matrix, grid: Grid) -> Matrix:
    """Pull single outliers back to CLIP robust standard deviations around the smooth path."""
    seen = x.shape[1]
    parts = _parts(seen, 0, grid)
    signal = parts["fixed"] - np.eye(seen) + 0.1 * parts["level"] + 0.3 * parts["season"]
    factor = cholesky(signal + np.eye(seen), lower=True, check_finite=False)
    smooth = x @ cho_solve((factor, True), signal, check_finite=False)
    rest = x - smooth
    # The median alone would call every visit of a mostly empty series an outlier.
    robust = np.maximum(1.4826 * np.median(np.abs(rest), axis=1), rest.std(axis=1) / CLIP)[:, None]
    return smooth + np.clip(rest, -CLIP * robust, CLIP * robust)
