"""The second member: a random forest.

Belongs here: building and training it. Does not belong here: its export (`export`) or its vote (`ml.release`).
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier

from ml.risk.config import TrainingConfig


def build_forest(config: TrainingConfig) -> RandomForestClassifier:
    """Return the unfitted forest of the requirement: 100 trees of depth 10, fixed seed."""
    return RandomForestClassifier(
        n_estimators=config.trees,
        max_depth=config.depth,
        min_samples_leaf=config.min_leaf_rows,
        random_state=config.seed,
        n_jobs=2,
    )


def train_forest(
    matrix: NDArray[np.float32], labels: NDArray[np.intp], *, config: TrainingConfig
) -> RandomForestClassifier:
    """Fit the forest; the same inputs and seed give the same trees, whatever the number of threads.

    Afterwards it predicts on one thread: the threads' sum would come in another order each time.
    """
    forest = build_forest(config).fit(matrix, labels)
    forest.set_params(n_jobs=1)
    return forest
