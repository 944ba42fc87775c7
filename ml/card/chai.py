"""A model card as CHAI's Applied Model Card (schema v0.2, https://mc.chai.org/v0.2/schema.xsd), JSON and XML.

Belongs here: which attribute goes where, in the order that the schema demands. Does not belong here: the schema's own
text, which is not part of this project, and whether the card may be used: an export of an incomplete card says so.
The tests hold that JSON and XML agree and that a card, filled or empty, has the schema's elements in their order and
number, written down as an outline. Both were validated against the XSD itself by hand on 2026-11-27, with the imported
signature's type left open.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from xml.etree import ElementTree as ET

NAMESPACE: Final = "https://mc.chai.org/v0.2/schema.xsd"
#: What stands where nobody has stated anything yet.
UNSTATED: Final = "Not stated"
#: Results that belong to each of CHAI's three key metrics.
_USEFUL: Final = ("accuracy", "f1", "auroc", "auprc", "alerts_per_100", "positive_predictive_value")
_FAIR: Final = ("worst_group_recall_high", "group_recall_gap")
_SAFE: Final = ("ece", "brier", "recall_high", "disagreement_share")


def to_chai(
    card: Mapping[str, str], *, name: str, version: int, released: str, metrics: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the applied model card as nested values in the schema's order.

    Parameters
    ----------
    card : mapping
        Attribute -> text (`ml.card.ATTRIBUTES`).
    name : str
        Of the registered model.
    version : int
    released : str
        Date of release, ISO 8601.
    metrics : mapping
        Flat figures of the gate.
    """

    def said(*attributes: str) -> str:
        texts = [str(card.get(attribute) or "").strip() for attribute in attributes]
        return ". ".join(text for text in texts if text) or UNSTATED

    return {
        "BasicInfo": {
            "ModelName": name,
            "ModelDeveloper": said("developer"),
            "DeveloperContact": said("developer_contact"),
        },
        "ReleaseInfo": {
            "ReleaseStage": said("release_stage"),
            "ReleaseDate": released,
            "ReleaseVersion": str(version),
            "GlobalAvailability": "This hospital only",
            "RegulatoryApproval": "None",
        },
        "ModelSummary": {
            "Summary": said("intended_use", "value_produced"),
            "Keywords": {"Keyword": ["risk of admission", "triage", "consensus of two models"]},
        },
        "UsesAndDirections": {
            "IntendedUseAndWorkflow": said("intended_use", "decision_role"),
            "PrimaryIntendedUsers": said("intended_users"),
            "HowToUse": said("how_to_use"),
            "TargetedPatientPopulation": said("intended_population"),
            "CautionedOutOfScopeSettings": said("out_of_scope"),
        },
        "Warnings": {
            "KnownRisksAndLimitations": said("known_risks"),
            "KnownBiasesOrEthicalConsiderations": said("fairness_approach", "bias_management"),
            "ClinicalRiskLevel": said("clinical_risk_level"),
        },
        "TrustIngredients": {
            "AISystemFacts": {
                "OutcomesAndOutputs": said("value_produced"),
                "ModelType": said("output_type"),
                "InputDataSource": said("training_relevance"),
                "OutputAndInputDataTypes": said("output_type", "demographic_variables"),
                "DevelopmentDataCharacterization": said("inclusion_criteria", "demographic_representativeness"),
                "BiasMitigationApproaches": said("bias_management"),
                "OngoingMaintenance": said("validity_monitoring", "update_process", "performance_correction"),
                "Transparency": "Every served number has a receipt that leads to its version, run and rows",
            },
            "TransparencyInformation": {
                "FundingSource": said("funding_source"),
                "StakeholdersConsulted": said("stakeholders_consulted"),
            },
        },
        "KeyMetrics": {
            "UsefulnessUsabilityEfficacy": _key_metric(
                "Better than NEWS2, triage acuity and a bedside logistic regression", metrics, _USEFUL, said
            ),
            "FairnessEquity": _key_metric(
                "The worst subgroup's recall of high risk does not regress", metrics, _FAIR, said
            ),
            "SafetyReliability": _key_metric("Probabilities that can be taken literally", metrics, _SAFE, said),
        },
        "Resources": {
            "EvaluationReferences": said("evaluation_references"),
            "PeerReviewedPublications": said("publications"),
            "PatientConsentOrDisclosure": said("patient_consent"),
        },
        "Bibliography": said("evaluation_references"),
    }


def _key_metric(goal: str, metrics: Mapping[str, Any], names: Sequence[str], said: Any) -> dict[str, Any]:
    known = [
        {"Label": name.replace("_", " "), "ValueJson": json.dumps(metrics[name])} for name in names if name in metrics
    ]
    return {
        "MetricGoal": goal,
        "Results": {"MetricResult": known or [{"Label": UNSTATED, "ValueJson": "null"}]},
        "Interpretation": said("validity_measures", "fairness_measures"),
        "TestType": "Held-out patients of the same hospital, none of whom was trained on",
        "TestingDataDescription": said("inclusion_criteria"),
        "ValidationProcessAndJustification": said("external_validation_process", "local_validity_monitoring"),
    }


def to_xml(content: Mapping[str, Any]) -> bytes:
    """Return the same card as an XML document of the schema."""
    ET.register_namespace("", NAMESPACE)
    root = ET.Element(f"{{{NAMESPACE}}}AppliedModelCard")
    _fill(root, content)
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def _fill(parent: ET.Element, content: Mapping[str, Any]) -> None:
    for name, value in content.items():
        for item in value if isinstance(value, list) else [value]:
            child = ET.SubElement(parent, f"{{{NAMESPACE}}}{name}")
            if isinstance(item, Mapping):
                _fill(child, item)
            else:
                child.text = str(item)
