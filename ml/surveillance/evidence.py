"""How much a run of counts speaks for a surge: likelihood ratios, and three ways to remember them.

Belongs here: log-likelihood ratios of surge against baseline, the filter (posterior odds of an ongoing surge), CUSUM
and GLR. Does not belong here: baselines, thresholds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ml.surveillance.timeline import Grain

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SurgeModel:
    """What a surge looks like, before looking.

    Attributes
    ----------
    sizes : tuple of float
        Candidate sizes: a surge adds size x (standard deviation of the baseline + `least_cases`) cases a period.
    least_cases : float
        Cases by which a surge of size 1 stands out where the baseline is next to nothing.
    onset : float
        Probability that a surge begins in a period.
    lengths : tuple of float
        Candidate mean lengths of a surge, in periods: it ends with a period with probability 1 / length.
    """

    sizes: tuple[float, ...] = (2.0, 4.0, 8.0)
    least_cases: float = 0.1
    onset: float = 1.0 / 52.0
    lengths: tuple[float, ...] = (3.0,)


MODELS: Final[dict[Grain, SurgeModel]] = {
    "week": SurgeModel(),
    "month": SurgeModel(onset=1.0 / 12.0, lengths=(4.0 / 3.0,)),
}


def log_ratio(counts: Floats, mean: Floats, phi: Floats, model: SurgeModel) -> Floats:
    """Return log P(count | surge of each size) - log P(count | baseline).

    Parameters
    ----------
    counts, mean, phi : ndarray, shape (...,)
        Negative binomial with variance phi x mean; the surge has the same phi.

    Returns
    -------
    ndarray, shape (sizes, ...)
        Increases with the count; 0 where anything is unknown: no report is no evidence.
    """
    extra = np.maximum(phi, 1.0001) - 1.0
    sizes = np.asarray(model.sizes).reshape((-1,) + (1,) * np.ndim(mean))
    raised = (mean + sizes * (np.sqrt(mean * phi) + model.least_cases)) / extra
    quiet = mean / extra
    ratio = special.gammaln(counts + raised) - special.gammaln(raised) - raised * np.log1p(extra)
    ratio = ratio - (special.gammaln(counts + quiet) - special.gammaln(quiet) - quiet * np.log1p(extra))
    return np.nan_to_num(ratio, nan=0.0)


@dataclass(frozen=True)
class Filtered:
    """Log prior odds of each kind of surge against none before each count, shape (lengths, sizes, T); log posterior
    odds, shape (T,)."""

    log_prior: Floats
    log_odds: Floats

    def odds_of(self, ratios: Floats) -> Floats:
        """Return the log posterior odds had the counts given these log ratios instead, shape (sizes, T)."""
        return np.asarray(special.logsumexp(self.log_prior + ratios, axis=(0, 1)))


#: The posterior probability of no surge never sinks below this, so that a long surge can end.
_FLOOR: Final = 1e-4


def filter_odds(ratios: Floats, model: SurgeModel) -> Filtered:
    """Filter the state {no surge, a surge of each size and length} through time (a hidden Markov chain).

    Notes
    -----
    A surge keeps its size until it ends, so that many small excesses in a row add up (as in a CUSUM), while the
    probability of ending forgets what is long past. Summed over kinds this is a Shiryaev statistic with forgetting,
    averaged over how fast it forgets.
    """
    sizes, periods = ratios.shape
    staying = 1.0 - 1.0 / np.asarray(model.lengths)[:, None]
    kinds = sizes * staying.size
    begin = model.onset / kinds
    surge = np.broadcast_to(begin / (model.onset + 1.0 - staying), (staying.size, sizes))
    log_prior, log_odds = np.empty((staying.size, sizes, periods)), np.empty(periods)
    for now in range(periods):
        ahead = staying * surge + begin * (1.0 - surge.sum())
        log_prior[:, :, now] = np.log(ahead) - np.log1p(-ahead.sum())
        scores = log_prior[:, :, now] + ratios[:, now]
        top = max(scores.max(), 0.0)
        log_odds[now] = top + np.log(np.exp(scores - top).sum())
        probability = min(special.expit(log_odds[now]), 1.0 - _FLOOR)
        surge = probability * np.exp(scores - log_odds[now])
    return Filtered(log_prior, log_odds)


def cusum(ratios: Floats) -> Floats:
    """Return the CUSUM of each size's log ratios, shape (sizes, T): how strongly some run up to now speaks for it.

    Notes
    -----
    S(t) = max(0, S(t-1) + ratio(t)), never reset. Without a surge P(S >= h) <= exp(-h) at any time, since the ratio's
    exponential has mean one (Kingman's bound for a reflected walk).
    """
    out = np.zeros_like(ratios)
    level = np.zeros(ratios.shape[0])
    for now in range(ratios.shape[1]):
        level = np.maximum(0.0, level + ratios[:, now])
        out[:, now] = level
    return out


def largest_count(
    is_quiet: Callable[[Floats], NDArray[np.bool_]], mean: Floats, phi: Floats, model: SurgeModel
) -> Floats:
    """Return, per period, the largest count whose log ratios `is_quiet` accepts; 0 where it accepts none.

    Parameters
    ----------
    is_quiet : callable
        From log ratios, shape (sizes, T), to one flag a period; once false it stays false as counts grow.
    mean, phi : ndarray, shape (T,)
    """
    low = np.zeros_like(mean)
    high = np.ceil(np.nan_to_num(4.0 * mean + 60.0 * np.sqrt(mean * phi), nan=0.0)) + 200.0
    while np.any(high - low > 1.0):
        middle = np.floor((low + high) / 2.0)
        quiet = is_quiet(log_ratio(middle, mean, phi, model))
        low, high = np.where(quiet, middle, low), np.where(quiet, high, middle)
    return low
