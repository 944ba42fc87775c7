"""What the newest weeks will come to once all reports are in.

Belongs here: the chain ladder on a reporting triangle, with its uncertainty. Does not belong here: building the
triangle from registrations, detection.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from core.errors import InputError

Floats = NDArray[np.float64]

#: The prior of a week's total counts for this many cases' worth of evidence.
_PRIOR_SHAPE = 1.0
#: What `others` say of the growth counts like so many cases.
_OTHERS_CASES = 20.0


@dataclass(frozen=True)
class Nowcast:
    """Per week, oldest first: cases reported so far and foreseen in all.

    Attributes
    ----------
    reported : ndarray
    completeness : ndarray
        Share of a week's cases that is usually in by now, 0 to 1.
    mean, low, high : ndarray
        Final total and its prediction interval; equal to `reported` where the week is complete.
    spread : float
        Overdispersion of the share that is in by a delay, around the usual one; 1 where cases come independently.
    """

    reported: Floats
    completeness: Floats
    mean: Floats
    low: Floats
    high: Floats
    spread: float


def nowcast(triangle: ArrayLike, *, level: float = 0.8, others: ArrayLike | None = None) -> Nowcast:
    """Foresee each week's final total from what is reported so far.

    Parameters
    ----------
    triangle : array_like, shape (weeks, delays)
        Cases of a week (row, oldest first) that became known with a delay of 0, 1, … weeks; NaN where that time has not
        come yet. Cases later than the last delay do not exist for it.
    level : float
        Coverage of the interval, 0 to 1.
    others : array_like, optional
        A triangle like it of many conditions together: draws the growth of rare ones, whose own is chance, to itself.

    Raises
    ------
    InputError
        If the triangle is not a table of counts, holds a known value after an unknown one in a row, or no complete
        week.

    Notes
    -----
    Chain ladder: the growth from delay d to d + 1 is the ratio of column sums over the weeks that have both, and
    completeness the inverse of all growth still to come. A week's rate has a gamma prior around the mean total of the
    complete weeks; given y reported at completeness c the rest is negative binomial with size a + y and probability
    (b + c) / (b + 1), b = a / mean total. The interval widens by the overdispersion of past weeks around the ladder.
    """
    cells = np.asarray(triangle, dtype=np.float64)
    _check(cells, level)
    known = ~np.isnan(cells)
    reach = known.sum(axis=1)
    cumulative = np.cumsum(np.where(known, cells, 0.0), axis=1)
    growth = _growth(cumulative, known, None if others is None else np.asarray(others, dtype=np.float64))
    share = 1.0 / np.concatenate([np.cumprod(growth[::-1])[::-1], [1.0]])
    reported = cumulative[:, -1]
    completeness = np.where(reach > 0, share[np.maximum(reach - 1, 0)], 0.0)
    complete = reach == cells.shape[1]
    typical = max(float(reported[complete].mean()), 0.1)
    b = _PRIOR_SHAPE / typical
    size, probability = _PRIOR_SHAPE + reported, (b + completeness) / (b + 1.0)
    rest = np.where(complete, 0.0, size * (1.0 - probability) / probability)
    spread = _overdispersion(cumulative, complete, share)
    widened = size / spread
    tail = (1.0 - level) / 2.0
    chance = np.where(complete, 0.5, widened / (widened + np.maximum(rest, 1e-9)))
    low, high = (np.asarray(stats.nbinom.ppf(q, widened, chance)) for q in (tail, 1.0 - tail))
    return Nowcast(
        reported,
        completeness,
        reported + rest,
        reported + np.where(complete, 0.0, low),
        reported + np.where(complete, 0.0, high),
        spread,
    )


def _check(cells: Floats, level: float) -> None:
    if cells.ndim != 2 or cells.size == 0:
        raise InputError(f"a reporting triangle has weeks and delays; this has shape {cells.shape}")
    if not 0.0 < level < 1.0:
        raise InputError(f"level {level} is not allowed; it lies between 0 and 1")
    if np.any(cells < 0):
        raise InputError("the reporting triangle holds a negative count; 0 and more are allowed")
    known = ~np.isnan(cells)
    if np.any(known[:, 1:] & ~known[:, :-1]):
        raise InputError("the reporting triangle holds a count after one that is not yet known")
    if not known.all(axis=1).any():
        raise InputError("the reporting triangle holds no complete week; at least one is needed")


def _growth(cumulative: Floats, known: NDArray[np.bool_], others: Floats | None) -> Floats:
    later, earlier = _column_sums(cumulative, known)
    if others is not None:
        among = ~np.isnan(others)
        theirs_later, theirs_earlier = _column_sums(np.cumsum(np.where(among, others, 0.0), axis=1), among)
        usual = np.where(theirs_earlier > 0, theirs_later / np.maximum(theirs_earlier, 1e-9), 1.0)
        later, earlier = later + _OTHERS_CASES * usual, earlier + _OTHERS_CASES
    return np.where(earlier > 0, np.maximum(later, 1e-9) / np.maximum(earlier, 1e-9), 1.0).clip(1.0, None)


def _column_sums(cumulative: Floats, known: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Cases in by each delay but the first, and by the one before, over the weeks that have both."""
    both = known[:, 1:]
    return (cumulative[:, 1:] * both).sum(axis=0), (cumulative[:, :-1] * both).sum(axis=0)


def _overdispersion(cumulative: Floats, complete: NDArray[np.bool_], share: Floats) -> float:
    """Pearson dispersion of the counts at each delay around their share of the final total; at least 1."""
    whole = cumulative[complete]
    total = whole[:, -1:]
    mean = total * share[:-1]
    variance = np.maximum(mean * (1.0 - share[:-1]), 1e-9)
    terms = np.where(mean * (1.0 - share[:-1]) > 0.05, (whole[:, :-1] - mean) ** 2 / variance, np.nan)
    number = int(np.count_nonzero(~np.isnan(terms)))
    if number < 5:
        return 1.0
    return max(float(np.nansum(terms)) / number, 1.0)
