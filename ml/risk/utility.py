"""What acting on a prediction is worth, and what it costs the people who are alarmed.

Belongs here: decision curves and alert burden, with intervals. Does not belong here: discrimination and calibration
(`metrics`).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.risk.metrics import Draws, Estimate, ratio_estimate

#: Threshold probabilities of the curve: from "act on 1 in 50" to "act on 1 in 2".
THRESHOLDS: Final = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)


@dataclass(frozen=True)
class DecisionPoint:
    """Net benefit per patient at one threshold probability, beside acting on all and on none (0)."""

    threshold: float
    model: Estimate
    all: Estimate


@dataclass(frozen=True)
class AlertBurden:
    """What alerts on high or critical would mean (Wong et al. 2021).

    `number_to_evaluate` is how many alerts a clinician reads for one true one; NaN without any.
    """

    alerts_per_100: Estimate
    positive_predictive_value: Estimate
    number_to_evaluate: Estimate
    sensitivity: Estimate


def decision_curve(
    event: NDArray[np.bool_], probability: NDArray[np.floating], *, draws: Draws = ()
) -> tuple[DecisionPoint, ...]:
    """Return the net benefit of acting above each threshold.

    Parameters
    ----------
    event : numpy.ndarray of bool
        (n,) whether it happened.
    probability : numpy.ndarray
        (n,) of the event.
    draws : sequence of numpy.ndarray
        Blocks of (b, n) resampling counts (`ml.risk.metrics.resamples`); without them intervals are NaN.

    Notes
    -----
    Net benefit = TP/n - FP/n · t/(1 - t) (Vickers & Elkin 2006).
    """
    everyone = np.ones(len(event))
    points: list[DecisionPoint] = []
    for threshold in THRESHOLDS:
        worth = np.where(event, 1.0, -threshold / (1 - threshold))
        acted = worth * (probability >= threshold)
        points.append(
            DecisionPoint(threshold, ratio_estimate(acted, everyone, draws), ratio_estimate(worth, everyone, draws))
        )
    return tuple(points)


def alert_burden(event: NDArray[np.bool_], is_alert: NDArray[np.bool_], *, draws: Draws = ()) -> AlertBurden:
    """Count the alerts: `event` is the high-risk outcome, `is_alert` a level of high or critical."""
    is_true = is_alert & event
    return AlertBurden(
        alerts_per_100=ratio_estimate(100.0 * is_alert, np.ones(len(event)), draws),
        positive_predictive_value=ratio_estimate(is_true, is_alert, draws),
        number_to_evaluate=ratio_estimate(is_alert, is_true, draws),
        sensitivity=ratio_estimate(is_true, event, draws),
    )
