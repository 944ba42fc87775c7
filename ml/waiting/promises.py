"""How often a wait that was told to somebody came true, counted with those who still wait.

Belongs here: the share of told waits that turned out longer than said, in plain arithmetic. Does not belong here: the
held-out evaluation before a model is published (`evaluation`), storage.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ml.share_interval import share_interval

#: What is promised: one wait in ten, at most, is longer than the upper bound.
PAST_P90_AT_MOST: Final = 0.10


@dataclass(frozen=True)
class ToldWait:
    """One wait as it was told, and what is known of it by now.

    Parameters
    ----------
    stay_id : str
        Whose stay in line it was told about; one stay may be told many waits.
    p50_minutes, p90_minutes : float
        As told; never changed afterwards.
    waited_minutes : float
        From the telling to the call, or to when the patient left or was last seen waiting.
    is_observed : bool
        Whether the patient was called.
    """

    stay_id: str
    p50_minutes: float
    p90_minutes: float
    waited_minutes: float
    is_observed: bool


@dataclass(frozen=True)
class Coverage:
    """How told waits came true; shares are None while nothing is known.

    Parameters
    ----------
    told_count, stays_count : int
        Waits told, and stays in line that they were told about.
    settled_count : int
        Stays of which it is known whether the last wait told came true.
    past_p50, past_p90 : float or None
        Share of waits longer than said.
    past_p90_low, past_p90_high : float or None
        95 % interval; a stay counts once, however often it was asked about.
    """

    told_count: int
    stays_count: int
    settled_count: int
    past_p50: float | None
    past_p90: float | None
    past_p90_low: float | None
    past_p90_high: float | None


def coverage(told: Sequence[ToldWait]) -> Coverage:
    """Return how the told waits came true.

    Notes
    -----
    Kaplan and Meier's estimate (1958) of P(wait > bound) over wait / bound, at 1: one who left, or who still waits
    within the bound, counts as long as they were seen; one who still waits past it counts as late at once. Each stay
    weighs 1, split over the waits told about it. The interval is Wilson's with the settled stays as sample size.

    Examples
    --------
    >>> done = [ToldWait(str(n), 10.0, 30.0, minutes, True) for n, minutes in enumerate((5, 12, 20, 31))]
    >>> coverage(done).past_p50, coverage(done).past_p90
    (0.75, 0.25)
    >>> coverage([*done, ToldWait("4", 10.0, 30.0, 45.0, False)]).past_p90
    0.4
    """
    times = Counter(one.stay_id for one in told)
    weights = [1 / times[one.stay_id] for one in told]
    past_p50 = _past([_ratio(one.waited_minutes, one.p50_minutes) for one in told], told, weights)
    past_p90 = _past([_ratio(one.waited_minutes, one.p90_minutes) for one in told], told, weights)
    settled = {one.stay_id for one in told if one.is_observed or one.waited_minutes > one.p90_minutes}
    low, high = (None, None)
    if past_p90 is not None and settled:
        low, high = (round(bound, 6) for bound in share_interval(past_p90, len(settled)))
    return Coverage(len(told), len(times), len(settled), past_p50, past_p90, low, high)


def _ratio(waited: float, bound: float) -> float:
    if bound > 0:
        return waited / bound
    return math.inf if waited > 0 else 0.0


def _past(ratios: Sequence[float], told: Sequence[ToldWait], weights: Sequence[float]) -> float | None:
    """Return Kaplan and Meier's survival past 1; None if nothing is known yet, 0 while nobody was seen past it."""
    if not any(ratio > 1 for ratio in ratios):
        # The curve is not known up to 1: it would take all who may still be called in time for late.
        return 0.0 if any(one.is_observed for one in told) else None
    # At one ratio those who were called count before those who were lost from sight.
    order = sorted(range(len(told)), key=lambda at: (ratios[at], not told[at].is_observed))
    at_risk, survival = math.fsum(weights), 1.0
    for at in order:
        if ratios[at] > 1:
            break
        if told[at].is_observed:
            survival *= 1 - weights[at] / at_risk
        at_risk -= weights[at]
    return round(max(survival, 0.0), 6)
