"""How far one distribution lies from a fixed one: the population stability index beyond what chance alone gives.

Belongs here: bins, shares, the index and its usual reading. Does not belong here: of what it is taken and what else a
verdict asks: columns of a table, month by month, with the size of the effect (`ml.shift`); a model's inputs and its
predictions, week by week (`ml.risk.drift`).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

#: The usual reading of the index: below .1 nothing, above .25 a lot.
MOVED_PSI: Final = 0.2
#: Fewer rows say nothing.
LEAST_ROWS: Final = 100
#: What an empty bin or an absent category counts as.
EMPTY_SHARE: Final = 1e-4
_BINS: Final = 10


def decile_edges(values: NDArray[np.floating], weights: NDArray[np.floating] | None = None) -> NDArray[np.floating]:
    """Return the inner edges of ten bins that hold as much each; fewer where values repeat, none without a value.

    Parameters
    ----------
    values : numpy.ndarray
        (n,) all finite.
    weights : numpy.ndarray, optional
        (n,) how many registrations each value stands for; left out, each stands for one.
    """
    if not len(values):
        return np.empty(0)
    wanted = np.linspace(0, 1, _BINS + 1)[1:-1]
    if weights is None or bool((weights == weights[0]).all()):
        return np.unique(np.quantile(values, wanted))
    return np.unique(np.quantile(values, wanted, weights=weights, method="inverted_cdf"))


def bin_shares(
    values: NDArray[np.floating], edges: NDArray[np.floating], weights: NDArray[np.floating] | None = None
) -> NDArray[np.floating]:
    """Return the share of each bin, and at the end that of the values that are missing or infinite.

    Examples
    --------
    >>> bin_shares(np.array([1.0, 2.0, 5.0, np.nan]), np.array([3.0])).tolist()
    [0.5, 0.25, 0.25]
    """
    is_missing = ~np.isfinite(values)
    bins = np.where(is_missing, len(edges) + 1, np.searchsorted(edges, np.where(is_missing, 0, values), side="left"))
    total = float(len(values) if weights is None else weights.sum())
    return np.bincount(bins, weights=weights, minlength=len(edges) + 2) / max(total, 1.0)


def population_stability_index(expected: NDArray[np.floating], actual: NDArray[np.floating]) -> float:
    """Return the sum of (actual - expected) ln(actual / expected) over bins; an empty bin counts as .0001."""
    one, other = np.maximum(expected, EMPTY_SHARE), np.maximum(actual, EMPTY_SHARE)
    one, other = one / one.sum(), other / other.sum()
    return float(((other - one) * np.log(other / one)).sum())


def index_beyond_chance(
    expected: NDArray[np.floating], actual: NDArray[np.floating], *, n_expected: float, n_actual: float
) -> float:
    """Return the index less what two samples of one distribution give by chance; never below 0.

    Parameters
    ----------
    expected, actual : numpy.ndarray
        (bins,) shares.
    n_expected, n_actual : float
        How many rows the shares were counted from.

    Notes
    -----
    The index of two samples of one distribution over B bins has the mean (B - 1)(1/n + 1/m) (Yurdakul 2018).
    """
    by_chance = (int((expected > 0).sum()) - 1) * (1 / n_actual + 1 / max(n_expected, 1))
    return max(population_stability_index(expected, actual) - by_chance, 0.0)
