"""Variants that may be better than what the requirement states; measured beside it, never served by themselves.

Belongs here: fitted weights, isotonic calibration, class weights, gradient boosting, early stopping. Does not belong
here: the served ensemble (`ensemble`) or a decision to replace it (people, by a decision record).
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from ml.risk.calibration import isotonic
from ml.risk.config import TrainingConfig
from ml.risk.consensus import fitted_weight
from ml.risk.ensemble import Ensemble
from ml.risk.forest import build_forest
from ml.risk.member import train_network_member

#: Epochs without a better validation loss after which the early stopping challenger stops.
PATIENCE = 5


def challenger_probabilities(ensemble: Ensemble, config: TrainingConfig) -> dict[str, NDArray[np.float64]]:
    """Return the (n, 3) test probabilities of each challenger.

    Parameters
    ----------
    ensemble : Ensemble
    config : TrainingConfig
        Of the ensemble.

    Returns
    -------
    dict
        `fitted_weights` (weight of least log loss on the validation part), `isotonic` (instead of the temperature),
        `forest_class_weights`, `gradient_boosting` and `network_early_stopping` (trained on the same rows as the
        members; the network stops when its held-out loss no longer falls).
    """
    prepared, rule = ensemble.prepared, ensemble.rule
    fit, held_out, test = prepared.parts.fit, prepared.parts.validation, prepared.parts.test
    matrix, labels = prepared.matrix, prepared.labels
    network = [ensemble.network.probabilities(matrix[rows]) for rows in (held_out, test)]
    forest = [ensemble.forest.probabilities(matrix[rows]) for rows in (held_out, test)]
    mean = [rule.network_weight * a + rule.forest_weight * b for a, b in zip(network, forest, strict=True)]
    weight = fitted_weight(network[0], forest[0], labels[held_out])
    balanced = build_forest(config).set_params(class_weight="balanced_subsample").fit(matrix[fit], labels[fit])
    boosting = HistGradientBoostingClassifier(max_iter=60, learning_rate=0.1, random_state=config.seed)
    stopped = train_network_member(prepared, replace(config, patience=PATIENCE))
    return {
        "fitted_weights": np.asarray(weight * network[1] + (1 - weight) * forest[1], dtype=float),
        "isotonic": isotonic(mean[0], labels[held_out], mean[1]),
        "forest_class_weights": np.asarray(balanced.predict_proba(matrix[test])),
        "gradient_boosting": np.asarray(boosting.fit(matrix[fit], labels[fit]).predict_proba(matrix[test])),
        "network_early_stopping": np.asarray(stopped.probabilities(matrix[test]), dtype=float),
    }
