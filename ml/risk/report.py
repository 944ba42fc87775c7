"""The truth about an ensemble on rows it has not seen, beside its members, its baselines and the ceiling.

Belongs here: putting the figures together, and as flat numbers for the registry and the gate. Does not belong here:
any figure's arithmetic, the verdict (`gate`).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.vocabulary import RISK_CLASSES
from ml.release.bundle import Bundle
from ml.release.scorer import Scorer
from ml.risk.baselines import baseline_probabilities
from ml.risk.challengers import challenger_probabilities
from ml.risk.config import TrainingConfig
from ml.risk.consensus import Consensus, decide
from ml.risk.ensemble import Ensemble
from ml.risk.fairness import Fairness, compare_groups
from ml.risk.gate import BASELINES
from ml.risk.importance import Importance, group_ablation, permutation_importance
from ml.risk.metrics import ModelMetrics, measure, resamples
from ml.risk.preprocessing import Prepared, feature_arrays
from ml.risk.utility import AlertBurden, DecisionPoint, alert_burden, decision_curve

CLASS_NAMES = tuple(level.value for level in RISK_CLASSES)


@dataclass(frozen=True)
class EnsembleReport:
    """Figures on the test part.

    Attributes
    ----------
    models : dict of str to ModelMetrics
        `ensemble` (decisions: the consensus; probabilities: calibrated), `ensemble_uncalibrated`, `network`,
        `forest`, and the baselines (`ml.risk.baselines`).
    fairness : Fairness
    decision_curves : dict of str to tuple
        `high` (a high-risk outcome) and `admission` (moderate or high).
    alerts : AlertBurden
        Of alerting on high.
    challengers : dict of str to dict
        Flat figures of the variants of `ml.risk.challengers`, the likeliest class decided on; empty when not asked for.
    importance : tuple of Importance
        What shuffling each feature and group costs; empty when not asked for.
    ablation : tuple of Importance
        What the forest loses when it is trained without a group; empty when not asked for.
    disagreement_share : float
        Rows on which the members vote differently.
    accuracy_agreed, accuracy_disagreed : float
        A split vote should be wrong more often: the right to doubt it.
    n_fit, n_validation, n_test, n_identical, n_unlabelled : int
    """

    models: dict[str, ModelMetrics]
    fairness: Fairness
    decision_curves: dict[str, tuple[DecisionPoint, ...]]
    alerts: AlertBurden
    challengers: dict[str, dict[str, float]]
    importance: tuple[Importance, ...]
    ablation: tuple[Importance, ...]
    disagreement_share: float
    accuracy_agreed: float
    accuracy_disagreed: float
    n_fit: int
    n_validation: int
    n_test: int
    n_identical: int
    n_unlabelled: int

    def flat(self) -> dict[str, float]:
        """Return the numbers that the registry shows and the gate judges; figures that do not exist are left out."""
        numbers = flat_metrics(self.models["ensemble"])
        numbers |= {
            "worst_group_recall_high": self.fairness.worst_recall_high,
            "group_recall_gap": self.fairness.recall_gap.value,
            "alerts_per_100": self.alerts.alerts_per_100.value,
            "positive_predictive_value": self.alerts.positive_predictive_value.value,
            "disagreement_share": self.disagreement_share,
        }
        for member in ("network", "forest"):
            numbers[f"{member}_accuracy"] = self.models[member].accuracy.value
            numbers[f"{member}_auroc"] = self.models[member].auroc.value
        return {name: value for name, value in numbers.items() if np.isfinite(value)}

    def baselines(self) -> dict[str, dict[str, float]]:
        """Return the same numbers of each baseline, for the gate."""
        return {name: flat_metrics(self.models[name]) for name in BASELINES}


def flat_metrics(metrics: ModelMetrics) -> dict[str, float]:
    """Return a model's figures without their intervals; recall of each class as `recall_low` and so on."""
    names = ("accuracy", "precision", "recall", "f1", "f1_macro", "auroc", "auprc", "ece", "ece_classwise", "brier")
    numbers = {name: float(getattr(metrics, name).value) for name in names}
    return numbers | {f"recall_{name}": found.value for name, found in metrics.class_recall.items()}


def evaluate_ensemble(
    ensemble: Ensemble, *, config: TrainingConfig, n_bootstrap: int = 200, has_challengers: bool = True
) -> EnsembleReport:
    """Measure the ensemble, its members and the baselines on the test part, resampling whole patients.

    Parameters
    ----------
    ensemble : Ensemble
    config : TrainingConfig
        Its own.
    n_bootstrap : int
    has_challengers : bool
        Whether to train challengers and ablations and measure the importance of the features too (seconds more).
    """
    prepared = ensemble.prepared
    test = prepared.parts.test
    labels, matrix = prepared.labels[test], prepared.matrix[test]
    network, forest = ensemble.network.probabilities(matrix), ensemble.forest.probabilities(matrix)
    found = decide(network, forest, rule=ensemble.rule, calibration=ensemble.calibration)
    mean = ensemble.rule.network_weight * network + ensemble.rule.forest_weight * forest
    contestants: dict[str, tuple[NDArray[np.floating], NDArray[np.intp] | None]] = {
        "ensemble": (found.probabilities, found.levels),
        "ensemble_uncalibrated": (mean, found.levels),
        "network": (network, None),
        "forest": (forest, None),
    }
    contestants |= {name: (values, None) for name, values in baseline_probabilities(prepared, test).items()}
    models = {
        name: measure(
            labels,
            probabilities,
            decisions=decisions,
            classes=CLASS_NAMES,
            clusters=prepared.patients[test],
            n_bootstrap=n_bootstrap,
            seed=config.seed,
        )
        for name, (probabilities, decisions) in contestants.items()
    }
    hits = found.levels == labels
    challengers = challenger_probabilities(ensemble, config) if has_challengers else {}
    return EnsembleReport(
        models=models,
        challengers={
            name: flat_metrics(measure(labels, probabilities, classes=CLASS_NAMES, n_bootstrap=0))
            for name, probabilities in challengers.items()
        },
        importance=permutation_importance(ensemble, seed=config.seed) if has_challengers else (),
        ablation=group_ablation(ensemble, config=config) if has_challengers else (),
        disagreement_share=float(found.is_disagreement.mean()),
        accuracy_agreed=_mean(hits[~found.is_disagreement]),
        accuracy_disagreed=_mean(hits[found.is_disagreement]),
        n_fit=len(prepared.parts.fit),
        n_validation=len(prepared.parts.validation),
        n_test=len(test),
        n_identical=prepared.n_identical,
        n_unlabelled=prepared.n_unlabelled,
        **_consequences(prepared, found, n_bootstrap=n_bootstrap, seed=config.seed),
    )


def score_release(bundle: Bundle, prepared: Prepared, *, n_bootstrap: int = 0, seed: int = 0) -> dict[str, float]:
    """Score an earlier release on this test part, so that champion and candidate are compared on the same rows.

    The champion may have been trained on some of these patients: the comparison favours it, never the candidate.
    """
    test = prepared.parts.test
    rows, labels = prepared.rows.iloc[test], prepared.labels[test]
    members = Scorer(bundle).member_probabilities(bundle.encoder.transform(feature_arrays(rows)))
    found = decide(*members, rule=bundle.rule, calibration=bundle.calibration)
    numbers = flat_metrics(
        measure(labels, found.probabilities, decisions=found.levels, classes=CLASS_NAMES, n_bootstrap=n_bootstrap)
    )
    fairness: Fairness = _consequences(prepared, found, n_bootstrap=n_bootstrap, seed=seed)["fairness"]
    numbers |= {"worst_group_recall_high": fairness.worst_recall_high, "group_recall_gap": fairness.recall_gap.value}
    return {name: value for name, value in numbers.items() if np.isfinite(value)}


def _consequences(prepared: Prepared, found: Consensus, *, n_bootstrap: int, seed: int) -> dict[str, Any]:
    """Fairness, decision curves and alerts of a consensus on the test part."""
    test = prepared.parts.test
    labels, rows = prepared.labels[test], prepared.rows.iloc[test]
    high = found.probabilities[:, 2]
    draws = list(resamples(len(test), prepared.patients[test], n_bootstrap, seed))
    return {
        "fairness": compare_groups(rows, labels, found.levels, high, draws=draws),
        "decision_curves": {
            "high": decision_curve(labels == 2, high, draws=draws),
            "admission": decision_curve(labels >= 1, 1 - found.probabilities[:, 0], draws=draws),
        },
        "alerts": alert_burden(labels == 2, found.levels == 2, draws=draws),
    }


def _mean(values: NDArray[np.bool_]) -> float:
    return float(values.mean()) if len(values) else float("nan")
