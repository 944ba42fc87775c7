"""Two members' probabilities to one decision, for many rows, and the weights that would fit better.

Belongs here: applying the rule in training and evaluation. Does not belong here: the rule itself
(`ml.release.consensus`, which serving shares).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.release.calibration import PROBABILITY_FLOOR, Calibration
from ml.release.consensus import ConsensusRule


@dataclass(frozen=True)
class Consensus:
    """The rule applied to n rows.

    Attributes
    ----------
    network_votes, forest_votes, levels : numpy.ndarray of int
        Class indices; levels before the clinical rule for critical.
    scores : numpy.ndarray
        0 to 2.
    probabilities : numpy.ndarray
        (n, 3), the calibrated weighted mean.
    is_disagreement : numpy.ndarray of bool
    """

    network_votes: NDArray[np.intp]
    forest_votes: NDArray[np.intp]
    levels: NDArray[np.intp]
    scores: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    is_disagreement: NDArray[np.bool_]


def decide(
    network: NDArray[np.floating],
    forest: NDArray[np.floating],
    *,
    rule: ConsensusRule,
    calibration: Calibration,
) -> Consensus:
    """Apply the rule to (n, 3) probabilities of both members."""
    network_votes, forest_votes = network.argmax(axis=1), forest.argmax(axis=1)
    scores = rule.scores(network_votes, forest_votes)
    return Consensus(
        network_votes=network_votes,
        forest_votes=forest_votes,
        levels=rule.levels(scores),
        scores=scores,
        probabilities=calibration.apply(rule.network_weight * network + rule.forest_weight * forest),
        is_disagreement=network_votes != forest_votes,
    )


def fitted_weight(network: NDArray[np.floating], forest: NDArray[np.floating], labels: NDArray[np.intp]) -> float:
    """Return the network's weight, in steps of 0.05, with the least log loss on held-out rows: a challenger."""
    rows = np.arange(len(labels))
    steps = np.linspace(0, 1, 21)
    losses = [
        -np.log(np.maximum((weight * network + (1 - weight) * forest)[rows, labels], PROBABILITY_FLOOR)).mean()
        for weight in steps
    ]
    return float(steps[int(np.argmin(losses))])
