"""EARS C1, C2 and C3: each period against the few just before it.

Belongs here: the three rules as the CDC and R surveillance's `earsC` define them. Does not belong here: seasons,
levels.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ml.surveillance.judgement import Judgement, judgement

Floats = NDArray[np.float64]
Rule = Literal["ears_c1", "ears_c2", "ears_c3"]

#: Periods in the baseline, and how many of them must have a report.
BASELINE: Final = 7
LEAST_REPORTS: Final = 5
#: The lag between the baseline and the period judged.
LAG: Final[dict[Rule, int]] = {"ears_c1": 0, "ears_c2": 2, "ears_c3": 2}


@dataclass(frozen=True)
class _Moving:
    mean: Floats
    sd: Floats


def judge_ears(counts: Floats, *, alpha: float, rule: Rule, least_sigma: float = 0.5) -> Judgement:
    """Judge every period by one of the EARS rules.

    Parameters
    ----------
    counts : ndarray, shape (T,)
        NaN for a missing report.
    alpha : float
        One-sided tail of the normal distribution.
    least_sigma : float
        Floor of the standard deviation, in cases: the guard for low counts (Burkom suggests .5 to 1; 0 is `earsC`).

    Notes
    -----
    C1 = (y - mean) / sd over the seven periods before; C2 leaves the newest two out; C3 adds to C2 what C2 of the two
    periods before exceeded 1. Alarm where the statistic exceeds the normal quantile z(1 - alpha).
    """
    moving = _moving(counts, LAG[rule], least_sigma)
    statistic = (counts - moving.mean) / moving.sd
    carried = np.zeros_like(statistic)
    if rule == "ears_c3":
        beyond = np.maximum(statistic - 1.0, 0.0)
        carried[2:] = np.nan_to_num(beyond[1:-1]) + np.nan_to_num(beyond[:-2])
    quantile = float(stats.norm.isf(alpha))
    upper = np.maximum(moving.mean + moving.sd * (quantile - carried), 0.0)
    p_exceed = np.asarray(stats.norm.sf(statistic + carried), dtype=np.float64)
    return judgement(expected=moving.mean, upper=upper, p_exceed=p_exceed, alarm=counts > upper, name=rule)


def _moving(counts: Floats, lag: int, least_sigma: float) -> _Moving:
    padded = np.concatenate([np.full(BASELINE + lag, np.nan), counts])
    windows = np.lib.stride_tricks.sliding_window_view(padded, BASELINE)[: counts.size]
    known = ~np.isnan(windows)
    reports = known.sum(axis=1)
    enough = reports >= LEAST_REPORTS
    mean = np.where(known, windows, 0.0).sum(axis=1) / np.maximum(reports, 1)
    squares = np.where(known, (windows - mean[:, None]) ** 2, 0.0).sum(axis=1)
    sd = np.sqrt(squares / np.maximum(reports - 1, 1))
    floor = np.maximum(sd, max(least_sigma, 1e-9))
    return _Moving(np.where(enough, mean, np.nan), np.where(enough, floor, np.nan))
