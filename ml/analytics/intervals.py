"""Intervals and adjustments that more than one analysis uses.

Belongs here: Wilson, the exact ratio of two Poisson counts, Holm. Does not belong here: counting, or wording.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

Floats = NDArray[np.float64]

CONFIDENCE: Final = 0.95


def wilson(count: ArrayLike, total: ArrayLike, *, confidence: float = CONFIDENCE) -> tuple[Floats, Floats]:
    """Return the Wilson score interval of a share.

    Parameters
    ----------
    count, total : array_like
        Broadcast together; 0 ≤ count ≤ total.
    confidence : float

    Returns
    -------
    low, high : ndarray
        0 and 1 where the total is 0: nothing is known.

    Notes
    -----
    (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n); Wilson 1927, doi:10.1080/01621459.1927.10502953.

    Examples
    --------
    >>> [round(float(bound), 4) for bound in wilson(10, 50)]
    [0.1124, 0.3304]
    """
    x, n = np.broadcast_arrays(np.asarray(count, dtype=np.float64), np.asarray(total, dtype=np.float64))
    z = float(stats.norm.ppf(0.5 + confidence / 2))
    safe = np.maximum(n, 1.0)
    p = x / safe
    middle = p + z * z / (2 * safe)
    half = z * np.sqrt(p * (1 - p) / safe + z * z / (4 * safe * safe))
    scale = 1 + z * z / safe
    low, high = (middle - half) / scale, (middle + half) / scale
    # At the ends the formula gives the share itself, but for rounding.
    low = np.where(n > 0, np.where(x == 0, 0.0, np.clip(low, 0, p)), 0.0)
    high = np.where(n > 0, np.where(x == n, 1.0, np.clip(high, p, 1)), 1.0)
    return low, high


def poisson_ratio(recent: ArrayLike, previous: ArrayLike, *, confidence: float = CONFIDENCE) -> tuple[Floats, Floats]:
    """Return the exact interval of the ratio of two Poisson rates over equal exposures.

    Parameters
    ----------
    recent, previous : array_like
        Counts.
    confidence : float

    Returns
    -------
    low, high : ndarray
        0 and infinity where both counts are 0.

    Notes
    -----
    Given the sum, `recent` is binomial with p = ratio / (1 + ratio): Clopper-Pearson for p, turned into a ratio
    (Przyborowski and Wilenski 1940). It is conservative: it covers at least as often as stated.
    """
    x, y = (np.asarray(a, dtype=np.float64) for a in np.broadcast_arrays(recent, previous))
    tail = (1 - confidence) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        p_low = np.where(x > 0, special.betaincinv(np.maximum(x, 1), y + 1, tail), 0.0)
        p_high = np.where(y > 0, special.betaincinv(x + 1, np.maximum(y, 1), 1 - tail), 1.0)
        return p_low / (1 - p_low), np.where(p_high < 1, p_high / (1 - p_high), np.inf)


def holm(p_values: ArrayLike) -> Floats:
    """Return p-values adjusted for all tests together (Holm 1979): the family-wise error stays below alpha.

    Parameters
    ----------
    p_values : array_like, shape (n,)
        NaN stands for a test that was not made; it stays NaN and does not count.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    p: Any = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(p.shape, np.nan)
    made = np.flatnonzero(~np.isnan(p))
    order = made[np.argsort(p[made], kind="stable")]
    factors = np.arange(order.size, 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * factors), 1.0)
    return adjusted
