"""Our detector: the penalised baseline, the filter's memory, and a probability calibrated on quiet series.

Belongs here: how baseline and evidence become expected, upper, p_exceed and alarm. Does not belong here: either of the
two, or frames.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.surveillance import baseline, evidence
from ml.surveillance.judgement import Judgement
from ml.surveillance.timeline import Timeline

Floats = NDArray[np.float64]

#: Weeks in a year of the Gregorian calendar.
WEEKS_PER_YEAR: Final = 365.2425 / 7.0

#: Low-count guard: an alarm needs this many cases within the newest half year. One case alone is no surge.
LEAST_CASES: Final = 2
LEAST_SPAN: Final = {"week": 26, "month": 6}

#: Share of quiet periods (tail) whose log odds lie above a value, in the worst of the seven kinds of series of
#: `simulate.SCENARIOS`, so that p_exceed is too small for none of them; made by `python -m bench.surveillance
#: --calibrate`. Between the points log p is linear in the log odds; beyond the last it falls one for one, as Markov's
#: bound does for odds of likelihood ratios.
TAIL: Final = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005)
LOG_ODDS: Final = {
    "week": (-7.0, -4.99, -3.58, -2.36, -1.28, 0.06, 1.43, 3.15, 5.59, 7.26, 9.01),
    "month": (-6.0, -4.47, -2.71, -1.70, -0.82, 0.33, 1.15, 2.12, 3.59, 4.74, 5.73),
}


def judge_combined(counts: Floats, timeline: Timeline, *, alpha: float, since: int = 0) -> Judgement:
    """Judge every period of one series.

    Parameters
    ----------
    counts : ndarray, shape (T,)
        Cases in consecutive periods; NaN for a missing report.
    alpha : float
        Share of quiet periods that may raise an alarm.
    since : int
        Judge periods from this index on; the filter starts a year (weeks) before it with no memory.

    Notes
    -----
    p_exceed is the share of quiet periods with posterior odds of a surge at least as high; an alarm is p_exceed <=
    alpha and at least two cases in the newest half year, without which p_exceed is 1. `upper` is the
    largest count that would have raised no alarm in that period, 0 where a surge is so well established that even no
    case would not end it at once.
    """
    grain = timeline.grain
    per_year = float(timeline.period) if not timeline.mondays else WEEKS_PER_YEAR
    foreseen = baseline.foresee(
        counts, periods_per_year=per_year, settings=baseline.SETTINGS[grain], since=since - timeline.period
    )
    model = evidence.MODELS[grain]
    filtered = evidence.filter_odds(evidence.log_ratio(counts, foreseen.mean, foreseen.phi, model), model)
    before = cases_before(counts, LEAST_SPAN[grain])
    known = ~np.isnan(counts) & ~np.isnan(foreseen.mean) & (np.arange(counts.size) >= since)
    p_exceed = np.where(counts + before >= LEAST_CASES, tail_of(filtered.log_odds, grain), 1.0)
    p_exceed = np.where(known, p_exceed, np.nan)
    needed = log_odds_at(alpha, grain)
    quiet = evidence.largest_count(lambda r: filtered.odds_of(r) < needed, foreseen.mean, foreseen.phi, model)
    upper = np.maximum(quiet, LEAST_CASES - 1 - before)
    short = np.arange(counts.size) < timeline.period
    basis = np.where(known, np.where(short, "combined_short_history", "combined"), "none")
    return Judgement(
        np.where(known, foreseen.mean, np.nan),
        np.where(known, upper, np.nan),
        p_exceed,
        known & (np.nan_to_num(p_exceed, nan=1.0) <= alpha),
        basis,
    )


def tail_of(log_odds: Floats, grain: str) -> Floats:
    """Return the share of quiet periods with log odds at least this high."""
    points, logs = np.array(LOG_ODDS[grain]), np.log(TAIL)
    beyond = np.minimum(points[-1] - log_odds, 0.0)
    return np.exp(np.interp(log_odds, points, logs) + beyond)


def log_odds_at(alpha: float, grain: str) -> float:
    """Return the log odds that a share alpha of quiet periods reaches: the inverse of `tail_of`."""
    points, logs = np.array(LOG_ODDS[grain]), np.log(TAIL)
    inside = float(np.interp(-np.log(alpha), -logs, points))
    return inside + max(float(logs[-1] - np.log(alpha)), 0.0)


def cases_before(counts: Floats, span: int) -> Floats:
    """Sum the cases of the span - 1 periods before each (missing reports count as none: the guard errs to silence)."""
    known = np.nan_to_num(counts)
    total = np.convolve(known, np.ones(span))[: counts.size]
    return total - known
