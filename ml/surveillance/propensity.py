"""Which conditions surge at all: weights for this week's evidence, learnt from what earlier weeks brought.

Belongs here: the weights. Does not belong here: evidence (`exceedance`), budgets (`budget`).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: An earlier week counts as a surge when chance alone brings one in two hundred such weeks.
SURGE_P: Final = 0.005
#: Surges that a condition is credited with before any is seen, in what chance would bring: draws the weight to 1.
PRIOR: Final = 1.0
#: Weeks that teach, and the newest that do not: a surge must not make room for itself.
SPAN: Final = 260
HELD_BACK: Final = 8
#: A series teaches from its third year on: before, its season may pass for surges.
UNTAUGHT: Final = 104


def weights(p: Floats, age: NDArray[np.int64]) -> Floats:
    """Weigh each condition's evidence in each week by how often it surged before, against chance.

    Parameters
    ----------
    p : ndarray, shape (conditions, weeks)
        Exceedance probabilities of consecutive weeks; NaN where there is none.
    age : ndarray, shape (conditions, weeks)
        Weeks since the first report of each condition.

    Returns
    -------
    ndarray, shape (conditions, weeks)
        Positive; their mean over the conditions judged in a week is 1; 1 in a week that judges none.

    Notes
    -----
    Before standardising, weight = (surges + PRIOR) / (SURGE_P x weeks + PRIOR), the posterior mean of how many times as
    often as by chance a condition surges, its prior a gamma distribution with mean 1. The weight of a week rests on
    weeks that ended HELD_BACK before, so p / weight keeps the mean false-alarm rate over conditions, and Benjamini &
    Hochberg on it keeps its budget (p-value weighting: Genovese, Roeder & Wasserman 2006, Biometrika 93(3):509-524).

    Examples
    --------
    >>> p = np.full((2, 100), 0.5)
    >>> p[0, 10:13] = 0.001
    >>> weights(p, age=np.tile(np.arange(200, 300), (2, 1)))[:, [11, 99]].round(2).tolist()
    [[1.0, 1.6], [1.0, 0.4]]
    """
    known = ~np.isnan(p)
    teaches = known & (age >= UNTAUGHT)
    seen = _in_span(teaches.astype(np.float64))
    surges = _in_span((teaches & (np.nan_to_num(p, nan=1.0) < SURGE_P)).astype(np.float64))
    raw = (surges + PRIOR) / (SURGE_P * seen + PRIOR)
    judged = known.sum(axis=0)
    mean = (raw * known).sum(axis=0) / np.maximum(judged, 1)
    return np.where(judged > 0, raw / np.where(judged > 0, mean, 1.0), 1.0)


def _in_span(values: Floats) -> Floats:
    """Sum, for each week, the SPAN weeks that ended HELD_BACK weeks before."""
    total = np.concatenate([np.zeros((values.shape[0], 1)), np.cumsum(values, axis=1)], axis=1)
    now = np.arange(values.shape[1])
    stop = np.maximum(now - HELD_BACK + 1, 0)
    return total[:, stop] - total[:, np.maximum(stop - SPAN, 0)]
