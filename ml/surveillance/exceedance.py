"""One period against our baseline: the probability of a count at least as high.

Belongs here: the exceedance of single periods and what an alarm of it needs. Does not belong here: memory of earlier
periods (`combined`), what the other conditions of a hospital say (`together`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.surveillance import baseline
from ml.surveillance.combined import LEAST_CASES, LEAST_SPAN, WEEKS_PER_YEAR, cases_before
from ml.surveillance.counts import tail_probability, upper_quantile
from ml.surveillance.judgement import Judgement, judgement
from ml.surveillance.timeline import Timeline

Floats = NDArray[np.float64]

NAME = "exceedance"
#: A period of which less than this is usually reported by now is judged as if this much were.
_LEAST_SHARE = 0.02


@dataclass(frozen=True)
class Exceedance:
    """Every period of one series; NaN where nothing can be said.

    Attributes
    ----------
    counts, mean, phi : ndarray, shape (T,)
        Cases reported; mean of all cases and overdispersion of the reported ones as foreseen from earlier periods, the
        uncertainty of the mean in phi.
    share : ndarray
        Part of a period's cases that is usually reported by now; 1 where it is complete.
    before : ndarray
        Cases of the half year before each period.
    p : ndarray
        P(Y >= count), 1 where the half year holds fewer cases than an alarm needs.
    """

    counts: Floats
    mean: Floats
    phi: Floats
    share: Floats
    before: Floats
    p: Floats

    def judge(self, *, alpha: float, weight: Floats | float = 1.0, name: str = NAME) -> Judgement:
        """Judge by p / weight: a weight over 1 lets a smaller excess raise an alarm, one under 1 asks for more.

        `upper` is in cases of the complete period.
        """
        p_exceed = np.minimum(self.p / weight, 1.0)
        level = np.clip(alpha * weight, 0.0, 0.999)
        quantile = upper_quantile(level, self.mean * self.share, self.phi)
        upper = np.maximum(quantile, LEAST_CASES - 1 - self.before) / self.share
        alarm = np.nan_to_num(p_exceed, nan=1.0) <= alpha
        return judgement(expected=self.mean, upper=upper, p_exceed=p_exceed, alarm=alarm, name=name)


def exceedance(
    counts: Floats, timeline: Timeline, *, since: int = 0, share: Floats | None = None, spread: Floats | float = 1.0
) -> Exceedance:
    """Compare every period from index `since` on with what the earlier ones foresee.

    Parameters
    ----------
    counts : ndarray, shape (T,)
        Cases reported in consecutive periods; NaN for a missing report.
    share : ndarray, shape (T,), optional
        Part of a period's cases that is usually reported by now, over 0 up to 1; without it all periods are complete.
    spread : ndarray, shape (T,), or float
        Overdispersion of that part (`delays.Nowcast`).

    Notes
    -----
    A complete Y is negative binomial with the mean of `baseline.foresee` and variance phi x mean. Of an incomplete one,
    the reported part has mean share x mean and variance (share x phi + (1 - share) x spread) x its mean: it is judged
    against what should be reported by now, not by an estimate of what is still to come.
    """
    per_year = float(timeline.period) if not timeline.mondays else WEEKS_PER_YEAR
    settings = baseline.SETTINGS[timeline.grain]
    foreseen = baseline.foresee(counts, periods_per_year=per_year, settings=settings, since=since)
    part = np.ones(counts.shape) if share is None else np.clip(share, _LEAST_SHARE, 1.0)
    phi = np.maximum(part * foreseen.phi + (1.0 - part) * spread, 1.0)
    before = cases_before(counts, LEAST_SPAN[timeline.grain])
    tail = tail_probability(counts, part * foreseen.mean, phi)
    p = np.where(np.isnan(tail) | (counts + before >= LEAST_CASES), tail, 1.0)
    return Exceedance(counts, foreseen.mean, phi, part, before, p)


def judge_exceedance(counts: Floats, timeline: Timeline, *, alpha: float, since: int = 0) -> Judgement:
    """Judge every period of one series by its own exceedance alone."""
    return exceedance(counts, timeline, since=since).judge(alpha=alpha)
