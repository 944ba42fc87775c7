"""The model card: the 31 source attributes of 45 CFR 170.315(b)(11)(iv)(B), filled by the run itself.

Belongs here: what each attribute says of this version. Does not belong here: the verdict on it (`gate`), its display.

Attributes that only people can state are in `STATEMENTS`, with their owner; the rest come from the training run.
"""

from collections.abc import Mapping
from typing import Any, Final

from core.vocabulary import RISK_HORIZON_DAYS
from ml.risk.ensemble import Ensemble
from ml.risk.report import EnsembleReport

#: What people say of the model, not the run. Owner: clinical safety lead.
STATEMENTS: Final[dict[str, str]] = {
    "developer": "The MediSync team of this hospital",
    "funding_source": "The hospital's own means",
    "intended_use": "Help clinicians see at registration who may need a bed or intensive care within "
    f"{RISK_HORIZON_DAYS} days",
    "intended_population": "All people who register at this hospital",
    "intended_users": "Doctors and nurses at triage and on the wards",
    "decision_role": "Informs a clinician's judgement; never orders, refuses or delays care by itself",
    "out_of_scope": "Billing, staffing of single persons, any use without a clinician, any other hospital without "
    "a local validation",
    "known_risks": "Learns past practice with its faults; unknown conditions count for nothing; missing vital signs "
    "make it abstain",
    "external_validation_source": "None yet: no data of another hospital were used",
    "external_validation_party": "None yet",
    "external_validation_representativeness": "Not known before an external validation",
    "external_validation_process": "None yet; `medisync risk evaluate` measures the same models on any table",
    "external_validity_measures": "Not measured",
    "external_fairness_measures": "Not measured",
    "evaluation_references": "Decision records of this installation; RCP NEWS2 (2017) for the baseline",
    "validity_monitoring": "Each Sunday a new candidate is trained and both are measured on the newest outcomes",
    "local_validity_monitoring": "The same run is local: it uses this hospital's own outcomes only",
    "fairness_monitoring": "Each candidate is measured by sex and age band; the gate holds the worst group",
    "local_fairness_monitoring": "The same run is local",
    "update_process": "A person promotes a candidate that passed the gate, with a reason; rollback is one call",
    "performance_correction": "A candidate that regresses is rejected; the champion before can be restored at once",
    "bias_management": "Sex is an input, no other group attribute is; worst-group recall may not regress",
}


def fill_card(ensemble: Ensemble, report: EnsembleReport, *, origin: Mapping[str, Any]) -> dict[str, str]:
    """Return attribute -> text; an empty text means that the attribute is not known, and the gate holds.

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
    worst, gap = report.fairness.worst_recall_high, report.fairness.recall_gap
    measured = {
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
        f"{found.auroc.value:.3f}, ECE {found.ece.value:.3f}, Brier {found.brier.value:.3f}",
        "fairness_measures": f"Worst subgroup's recall of high risk {worst:.3f}; gap between subgroups {gap:.3f}",
    }
    return STATEMENTS | measured
