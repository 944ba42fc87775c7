"""Which features the ensemble leans on: what shuffling one, or a whole group, or training without a group, costs.

Belongs here: permutation importance and ablation, with intervals. Does not belong here: one patient's reasons
(`ml.release.explain`).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.features.columns import FEATURE_GROUPS
from ml.release.encoder import Encoder
from ml.risk.config import TrainingConfig
from ml.risk.ensemble import Ensemble
from ml.risk.forest import train_forest
from ml.risk.metrics import estimate, macro_aurocs, resamples

#: More rows sharpen the figure little and cost in proportion.
_MOST_ROWS: Final = 2000
#: Resamples of whole patients that an interval is taken from.
_RESAMPLES: Final = 50


@dataclass(frozen=True)
class Importance:
    """What a loss costs in macro AUROC, with its 95 % interval over patients, and over shuffles where there are any."""

    name: str
    is_group: bool
    auroc_drop: float
    low: float
    high: float


def permutation_importance(ensemble: Ensemble, *, seed: int, repeats: int = 3) -> tuple[Importance, ...]:
    """Return every feature and feature group of the test part, the costliest to lose first.

    Shuffled values go with wrong patients, so a feature's information is lost while its distribution stays; features
    that carry the same information cover for each other, which is why groups are shuffled too.
    """
    prepared = ensemble.prepared
    rng = np.random.default_rng(seed)
    rows = prepared.parts.test
    rows = rng.choice(rows, min(len(rows), _MOST_ROWS), replace=False)
    matrix, labels = prepared.matrix[rows], prepared.labels[rows]
    weights = _weights(prepared.patients[rows], seed)

    def aurocs(encoded: NDArray[np.float32]) -> NDArray[np.floating]:
        return macro_aurocs(labels, ensemble.consensus(encoded).probabilities, weights)

    base = aurocs(matrix)
    singles = {name: (name,) for names in FEATURE_GROUPS.values() for name in names}
    # A group of one feature would be told twice.
    groups = {name: names for name, names in FEATURE_GROUPS.items() if len(names) > 1}
    found: list[Importance] = []
    for is_group, sets in ((False, singles), (True, groups)):
        for name, names in sets.items():
            columns = _columns(prepared.encoder, names)
            drops = [base - aurocs(_shuffled(matrix, columns, rng)) for _ in range(repeats)]
            found.append(_importance(name, np.stack(drops), is_group=is_group))
    return tuple(sorted(found, key=lambda item: -item.auroc_drop))


def group_ablation(ensemble: Ensemble, *, config: TrainingConfig) -> tuple[Importance, ...]:
    """Return what each feature group adds to the forest: its AUROC less that of a forest trained without the group.

    Other than after a shuffle, the forest may learn from the remaining features what the group told it. The forest
    stands for the ensemble: training the network for each group anew would take as long as all the rest of a run.
    """
    prepared = ensemble.prepared
    fit, test = prepared.parts.fit, prepared.parts.test
    weights = _weights(prepared.patients[test], config.seed)

    def aurocs(probabilities: NDArray[np.floating]) -> NDArray[np.floating]:
        return macro_aurocs(prepared.labels[test], probabilities, weights)

    whole = aurocs(ensemble.forest.probabilities(prepared.matrix[test]))
    found: list[Importance] = []
    for name, names in FEATURE_GROUPS.items():
        rest = np.delete(prepared.matrix, _columns(prepared.encoder, names), axis=1)
        forest = train_forest(rest[fit], prepared.labels[fit], config=config)
        drops = whole - aurocs(np.asarray(forest.predict_proba(rest[test])))
        found.append(_importance(name, drops[np.newaxis], is_group=True))
    return tuple(sorted(found, key=lambda item: -item.auroc_drop))


def _weights(patients: NDArray[np.intp], seed: int) -> NDArray[np.float32]:
    """Return (1 + resamples, n) counts: everyone once, then whole patients drawn with replacement."""
    everyone = np.ones((1, len(patients)), dtype=np.float32)
    return np.concatenate([everyone, *resamples(len(patients), patients, _RESAMPLES, seed)])


def _importance(name: str, drops: NDArray[np.floating], *, is_group: bool) -> Importance:
    """Sum up (repeats, 1 + resamples) drops: the mean over all rows, the interval over the resamples."""
    found = estimate(float(drops[:, 0].mean()), drops[:, 1:].ravel())
    return Importance(name, is_group, found.value, found.low, found.high)


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
