"""Which features the ensemble leans on: what shuffling one, or a whole group, costs.

Belongs here: permutation importance with intervals. Does not belong here: one patient's reasons
(`ml.release.explain`).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.features.columns import FEATURE_GROUPS
from ml.release.encoder import Encoder
from ml.risk.ensemble import Ensemble
from ml.risk.metrics import macro_auroc

#: More rows sharpen the figure little and cost in proportion.
_MOST_ROWS: Final = 2000


@dataclass(frozen=True)
class Importance:
    """What shuffling costs in AUROC (macro): mean, lowest and highest of the repeats."""

    name: str
    is_group: bool
    auroc_drop: float
    low: float
    high: float


def permutation_importance(ensemble: Ensemble, *, seed: int, repeats: int = 5) -> tuple[Importance, ...]:
    """Return every feature and feature group of the test part, the costliest to lose first.

    Shuffled values go with wrong patients, so a feature's information is lost while its distribution stays; features
    that carry the same information cover for each other, which is why groups are shuffled too.
    """
    prepared = ensemble.prepared
    rng = np.random.default_rng(seed)
    rows = prepared.parts.test
    rows = rng.choice(rows, min(len(rows), _MOST_ROWS), replace=False)
    matrix, labels = prepared.matrix[rows], prepared.labels[rows]
    base = _auroc(ensemble, matrix, labels)
    singles = {name: (name,) for names in FEATURE_GROUPS.values() for name in names}
    # A group of one feature would be told twice.
    groups = {name: names for name, names in FEATURE_GROUPS.items() if len(names) > 1}
    found: list[Importance] = []
    for is_group, sets in ((False, singles), (True, groups)):
        for name, names in sets.items():
            columns = _columns(prepared.encoder, names)
            drops = [base - _auroc(ensemble, _shuffled(matrix, columns, rng), labels) for _ in range(repeats)]
            found.append(Importance(name, is_group, float(np.mean(drops)), min(drops), max(drops)))
    return tuple(sorted(found, key=lambda item: -item.auroc_drop))


def _columns(encoder: Encoder, names: tuple[str, ...]) -> list[int]:
    """Matrix columns of these features; the condition owns all its codes and its share."""
    return [
        at
        for at, column in enumerate(encoder.columns)
        if column in names or ("condition" in names and column.startswith(("condition=", "condition_share")))
    ]


def _shuffled(matrix: NDArray[np.float32], columns: list[int], rng: np.random.Generator) -> NDArray[np.float32]:
    changed = matrix.copy()
    changed[:, columns] = matrix[rng.permutation(len(matrix))][:, columns]
    return changed


def _auroc(ensemble: Ensemble, matrix: NDArray[np.float32], labels: NDArray[np.intp]) -> float:
    return macro_auroc(labels, ensemble.consensus(matrix).probabilities)
