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
from functools import lru_cache

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
#: Operators are made for a multiple of so many periods, so that histories of different lengths share them.
BLOCK = 32


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
#: Weeks: waves of influenza stand far out of the noise of large counts, hence the wide seasons (decision 0011).
GRIDS = {
    "M": Grid((0.01, 0.03, 0.1, 0.3, 1.0), (1.0, 1.0, 1.0, 1e-2, 1e-4), (0.0, 0.2, 0.7, 2.5), 0.02, 12.0, 12, 0.0),
    "W": Grid(
        (0.003, 0.03, 0.3, 3.0, 30.0), (1.0, 1.0, 1.0, 1.0, 1.0), (0.0, 2.0, 20.0, 200.0, 2000.0), 0.02, 52.1775, 0, 0.0
    ),
    "D": Grid((0.0003, 0.003, 0.03, 0.3, 3.0), (1.0, 1.0, 1.0, 1.0, 1.0), (0.0, 0.3, 2.0), 0.02, 365.25, 7, 0.3),
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
        centre, sd = _average(_clipped(z - level - share * profile[:seen], freq), horizon, freq)
    return Predictive(level + share * profile[seen:] + centre, sd)


def _average(x: Matrix, horizon: int, freq: str) -> tuple[Matrix, Matrix]:
    """Mean and standard deviation ahead, averaged over the grid; x has shape (n, t)."""
    seen = x.shape[1]
    size = seen + horizon
    operator = _operator(-(-size // BLOCK) * BLOCK, freq)
    white = operator.inverse[:, :seen, :seen] @ x.T
    ahead = operator.factor[:, seen:size, :seen]
    mean = ahead @ white
    square = np.maximum((white**2).sum(axis=1), 1e-12)
    spread = (operator.factor[:, seen:size, seen:size] ** 2).sum(axis=2)
    score = operator.prior - operator.logdet[:, seen - 1, None] - 0.5 * (seen - 1) * np.log(square)
    weight = np.exp(score - score.max(axis=0))
    weight /= weight.sum(axis=0)
    centre = np.einsum("gn,ghn->nh", weight, mean)
    noise = np.einsum("gn,gh->nh", weight * square / max(seen - 1, 1), spread)
    between = np.einsum("gn,ghn->nh", weight, mean**2) - centre**2
    return centre, np.sqrt(noise + np.maximum(between, 0.0))


@dataclass(frozen=True)
class _Operator:
    """Cholesky factors L of all grid points, their inverses, and the running log determinant.

    The first t rows and columns of L are the factor of the first t periods, and K[:t, t:] = L[:t, :t] L[t:, :t]', so
    one factor serves every origin and horizon inside it.
    """

    factor: Matrix
    inverse: Matrix
    logdet: Matrix
    prior: Matrix


@lru_cache(maxsize=8)
def _operator(size: int, freq: str) -> _Operator:
    """Factors for up to `size` periods, seen and ahead."""
    grid = GRIDS[freq]
    parts = _parts(size, grid)
    factors, priors = [], []
    for q, prior in zip(grid.levels, grid.level_prior, strict=True):
        for s in grid.seasons:
            kernel = parts["fixed"] + q * parts["level"] + s * parts["season"]
            factors.append(cholesky(kernel, lower=True, check_finite=False))
            priors.append(np.log(prior))
    factor = np.array(factors)
    identity = np.eye(size)
    inverse = np.array([solve_triangular(one, identity, lower=True, check_finite=False) for one in factors])
    diagonal = np.diagonal(factor, axis1=1, axis2=2)
    return _Operator(factor, inverse, np.cumsum(np.log(diagonal), axis=1), np.array(priors)[:, None])


def _parts(size: int, grid: Grid) -> dict[str, Matrix]:
    """Kernels over the first `size` periods, each of shape (size, size)."""
    time = np.arange(size, dtype=np.float64)
    lag = np.abs(time[:, None] - time[None, :])
    wave = np.exp(-2.0 * np.sin(np.pi * lag / grid.year) ** 2 / 0.25)
    fixed = DIFFUSE + grid.slope * np.outer(time, time) / grid.year**2 + np.eye(size)
    season = ((lag % grid.season) == 0) - 1.0 / grid.season if grid.season else wave
    return {
        "fixed": fixed + grid.annual * wave,
        "level": np.minimum.outer(time, time),
        "season": season,
    }


@lru_cache(maxsize=128)
def _smoother(seen: int, freq: str) -> Matrix:
    """The matrix that smooths `seen` periods, to be multiplied from the right; shape (seen, seen)."""
    parts = _parts(seen, GRIDS[freq])
    signal = parts["fixed"] - np.eye(seen) + 0.1 * parts["level"] + 0.3 * parts["season"]
    factor = cholesky(signal + np.eye(seen), lower=True, check_finite=False)
    return cho_solve((factor, True), signal, check_finite=False)


def _clipped(x: Matrix, freq: str) -> Matrix:
    """Pull single outliers back to CLIP robust standard deviations around the smooth path."""
    smooth = x @ _smoother(x.shape[1], freq)
    rest = x - smooth
    # The median alone would call every visit of a mostly empty series an outlier.
    robust = np.maximum(1.4826 * np.median(np.abs(rest), axis=1), rest.std(axis=1) / CLIP)[:, None]
    return smooth + np.clip(rest, -CLIP * robust, CLIP * robust)
