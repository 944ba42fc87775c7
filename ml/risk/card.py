"""What a training run knows of a model card's attributes (`ml.card.MEASURED`).

Belongs here: what each measured attribute says of this version. Does not belong here: what only people can state (they
sign it, see `ml.card`), the verdict (`gate`), the card's display.
"""

from collections.abc import Mapping
from typing import Any

from ml.risk.ensemble import Ensemble
from ml.risk.gate import BASELINES
from ml.risk.report import EnsembleReport


def fill_card(ensemble: Ensemble, report: EnsembleReport, *, origin: Mapping[str, Any]) -> dict[str, str]:
    """Return measured attribute -> text; an empty text means that it is not known, and the gate holds.

    Parameters
    ----------
    ensemble : Ensemble
    report : EnsembleReport
    origin : mapping
        Dagster run, data hash, code commit.
    """
    found = report.models["ensemble"]
    rows = ensemble.prepared.rows.iloc[ensemble.prepared.parts.fit]
    span = f"{rows['registered_at'].min():%Y-%m-%d} to {rows['registered_at'].max():%Y-%m-%d}"
    women = float(rows["is_female"].mean())
    ages = rows["age_years"].quantile([0.25, 0.5, 0.75])
    worst, gap = report.fairness.worst_recall_high, report.fairness.recall_gap.value
    return {
        "value_produced": "A level (low, moderate, high; critical by a clinical rule), a score from 0 to 2, both "
        "members' votes and calibrated probabilities",
        "output_type": "Classification with probabilities; TensorFlow network and random forest in consensus",
        "inclusion_criteria": f"{report.n_fit} registrations with a known outcome, {span}; {report.n_unlabelled} "
        f"without one left out; data {origin['data_sha256'][:12]}, run {origin['dagster_run_id']}",
        "demographic_variables": "Age and sex are inputs; race, ethnicity, language and place are not",
        "demographic_representativeness": f"{women:.0%} female; age quartiles {ages.iloc[0]:.0f}, {ages.iloc[1]:.0f}, "
        f"{ages.iloc[2]:.0f} years",
        "training_relevance": "Trained on this hospital's own registrations, where it is used",
        "fairness_approach": f"Recall of high risk by sex and age band: worst {worst:.3f}, gap {gap:.3f}",
        "validity_measures": f"{report.n_test} held-out registrations of other patients: accuracy "
        f"{found.accuracy.value:.3f} ({found.accuracy.low:.3f}-{found.accuracy.high:.3f}), AUROC "
        f"{found.auroc.value:.3f}, ECE {found.ece.value:.3f}, Brier {found.brier.value:.3f}; {_beside(report)}",
        "fairness_measures": f"Worst subgroup's recall of high risk {worst:.3f}; gap between subgroups {gap:.3f}",
    }


def _beside(report: EnsembleReport) -> str:
    """Say how far the ensemble is from the baselines, the one that it only matches included."""
    found = report.models["ensemble"].auroc.value
    told = [
        f"{text} {report.models[name].auroc.value:.3f} ({found - report.models[name].auroc.value:+.3f})"
        for name, text in BASELINES.items()
    ]
    return f"AUROC beside it: {', '.join(told)}"
