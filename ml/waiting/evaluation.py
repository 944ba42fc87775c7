"""Judging waiting-time estimates on days that were not seen, beside what hospitals usually show.

Belongs here: the held-out evaluation, pinball loss under censoring, the two baselines. Does not belong here: fitting.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from ml.waiting.estimate import WaitModel
from ml.waiting.fit import fit
from ml.waiting.history import Moment

LAST_K = 10
ROLLING_HOURS = 4
#: Standard normal 90th percentile, for the rolling mean's upper bound.
_Z90 = 1.2816
#: An estimator: median and 90th percentile of a wait, asked at arrival.
Estimator = Callable[[Moment], tuple[float, float]]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Score:
    """How well one way of estimating did: mean pinball losses in minutes, and the share that waited past p90."""

    pinball_50: float
    pinball_90: float
    past_90: float

    @property
    def pinball(self) -> float:
        return (self.pinball_50 + self.pinball_90) / 2


@dataclass(frozen=True)
class Evaluation:
    """The three scores on the held-out days."""

    model: Score
    last_k: Score
    rolling_mean: Score
    arrivals_count: int
    days_count: int
    censored_share: float

    @property
    def is_better(self) -> bool:
        """Whether the model may be shown: it beats both averages and at most one in ten waits past its p90."""
        beats = self.model.pinball < min(self.last_k.pinball, self.rolling_mean.pinball)
        return beats and self.model.past_90 <= 0.10


def evaluate(moments: Sequence[Moment], *, test_share: float = 0.25) -> Evaluation:
    """Fit on the earlier days and judge the arrivals of the later ones.

    Parameters
    ----------
    moments : sequence of Moment
        In time order.
    test_share : float
        Share of the days, the latest, that are judged.

    Raises
    ------
    InputError
        `too_few_waits`: if there is too little to fit on, or none of the judged days' arrivals was called.
    """
    days = sorted({moment.day for moment in moments})
    first_test = days[int(len(days) * (1 - test_share))] if days else None
    model = fit([moment for moment in moments if first_test is not None and moment.day < first_test])
    tested = [moment for moment in moments if first_test is not None and moment.day >= first_test and moment.is_arrival]
    waits = np.array([moment.remaining_minutes for moment in tested])
    observed = np.array([moment.is_observed for moment in tested], dtype=bool)
    if not observed.any():
        raise InputError(
            f"0 of {len(tested)} arrivals on the days that judge were called; at least 1 is needed",
            code="too_few_waits",
        )
    weights = censoring_weights(waits, observed)
    return Evaluation(
        model=_score(tested, of_model(model), waits, weights),
        last_k=_score(tested, last_k, waits, weights),
        rolling_mean=_score(tested, rolling_mean, waits, weights),
        arrivals_count=len(tested),
        days_count=len({moment.day for moment in tested}),
        censored_share=float(1 - observed.mean()),
    )


def of_model(model: WaitModel) -> Estimator:
    return lambda moment: model.interval(moment.state)


def last_k(moment: Moment) -> tuple[float, float]:
    """Return the quantiles of the last ten finished waits of the patient's level (of all levels if fewer than 3)."""
    waits = _same_level(moment.recent_waits, moment.state.acuity)[-LAST_K:]
    if not waits:
        return 0.0, 0.0
    p50, p90 = np.quantile(waits, (0.5, 0.9))
    return float(p50), float(p90)


def rolling_mean(moment: Moment) -> tuple[float, float]:
    """Return the mean of the finished waits of the last four hours, and the mean plus 1.28 standard deviations."""
    since = moment.asked_at - timedelta(hours=ROLLING_HOURS)
    waits = _same_level(tuple(wait for wait in moment.recent_waits if wait[0] > since), moment.state.acuity)
    if not waits:
        return 0.0, 0.0
    mean = float(np.mean(waits))
    return mean, mean + _Z90 * float(np.std(waits))


def _same_level(waits: Sequence[tuple[object, int, float]], acuity: int) -> list[float]:
    same = [minutes for _, level, minutes in waits if level == acuity]
    return same if len(same) >= 3 else [minutes for _, _, minutes in waits]


def censoring_weights(waits: Floats, observed: NDArray[np.bool_]) -> Floats:
    """Return the weight of each wait: 0 if censored, else one over the chance that a wait so long is seen whole.

    Inverse probability of censoring (Robins and Rotnitzky 1992): those who left would have waited long, so the long
    waits that were seen stand for them too.
    """
    # Of equal waits those seen whole come first: whoever was lost from sight then was still there.
    order = np.lexsort((~observed, waits))
    at_risk = np.arange(len(waits), 0, -1)
    unseen = np.cumprod(np.where(observed[order], 1.0, 1 - 1 / at_risk))
    before = np.concatenate([[1.0], unseen[:-1]])
    weights = np.zeros(len(waits))
    weights[order] = np.where(observed[order], 1 / np.maximum(before, 0.05), 0.0)
    return weights / weights.sum()


def _score(tested: Sequence[Moment], estimate: Estimator, waits: Floats, weights: Floats) -> Score:
    bounds = np.array([estimate(moment) for moment in tested])
    return Score(
        pinball_50=float(weights @ pinball(waits, bounds[:, 0], 0.5)),
        pinball_90=float(weights @ pinball(waits, bounds[:, 1], 0.9)),
        past_90=float(weights @ (waits > bounds[:, 1])),
    )


def pinball(actual: Floats, quantile: Floats, level: float) -> Floats:
    """Return the pinball loss of each estimate.

    Examples
    --------
    >>> pinball(np.array([10.0, 10.0]), np.array([4.0, 20.0]), 0.9).round(3).tolist()
    [5.4, 1.0]
    """
    over = actual - quantile
    loss: Floats = np.maximum(level * over, (level - 1) * over)
    return loss
