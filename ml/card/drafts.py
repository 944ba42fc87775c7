"""Proposals for what people state of the risk model: the form begins with them.

Belongs here: drafts. Does not belong here: anything that counts: a draft is no statement until somebody who answers
for it signs it, and the gate takes it for empty until then.
"""

from typing import Final

from core.vocabulary import RISK_HORIZON_DAYS

DRAFTS: Final[dict[str, str]] = {
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
    "developer_contact": "The clinical safety lead of this hospital",
    "release_stage": "Pilot: used beside the clinicians' own judgement",
    "how_to_use": "Enter the registration and the vital signs; read the level with both votes, the reasons and what "
    "speaks against; decide yourself",
    "clinical_risk_level": "Moderate: a wrong level may delay attention, a clinician decides in any case",
    "stakeholders_consulted": "Emergency physicians and triage nurses of this hospital",
    "patient_consent": "Patients are told in the privacy notice; no separate consent is asked for",
    "publications": "None",
}
