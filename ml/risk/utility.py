"""What acting on a prediction is worth, and what it costs the people who are alarmed.

Belongs here: decision curves and alert burden. Does not belong here: discrimination and calibration (`metrics`).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: Threshold probabilities of the curve: from "act on 1 in 50" to "act on 1 in 2".
THRESHOLDS: Final = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)


@dataclass(frozen=True)
class DecisionPoint:
    """Net benefit per patient at one threshold probability, beside acting on all and on none (0)."""

    threshold: float
    model: float
    all: float


@dataclass(frozen=True)
class AlertBurden:
    """What alerts on high or critical would mean (Wong et al. 2021).

    `number_to_evaluate` is how many alerts a clinician reads for one true one; NaN without any.
    """

    alerts_per_100: float
    positive_predictive_value: float
    number_to_evaluate: float
    sensitivity: float


def decision_curve(event: NDArray[np.bool_], probability: NDArray[np.floating]) -> tuple[DecisionPoint, ...]:
    """Return the net benefit of acting above each threshold.

    Notes
    -----
    Net benefit = TP/n - FP/n · t/(1 - t) (Vickers & Elkin 2006).
    """
    n = max(1, len(event))
    share = float(event.mean()) if len(event) else 0.0
    points: list[DecisionPoint] = []
    for threshold in THRESHOLDS:
        odds = threshold / (1 - threshold)
        acted = probability >= threshold
        benefit = float((acted & event).sum() - (acted & ~event).sum() * odds) / n
        points.append(DecisionPoint(threshold, benefit, share - (1 - share) * odds))
    return tuple(points)


def alert_burden(event: NDArray[np.bool_], is_alert: NDArray[np.bool_]) -> AlertBurden:
    """Count the alerts: `event` is the high-risk outcome, `is_alert` a level of high or critical."""
    alerts, true_alerts, events = int(is_alert.sum()), int((is_alert & event).sum()), int(event.sum())
    nan = float("nan")
    return AlertBurden(
        alerts_per_100=100 * alerts / max(1, len(event)),
        positive_predictive_value=true_alerts / alerts if alerts else nan,
        number_to_evaluate=alerts / true_alerts if true_alerts else nan,
        sensitivity=true_alerts / events if events else nan,
    )
