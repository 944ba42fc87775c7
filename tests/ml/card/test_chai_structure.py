"""The exported card against the outline of CHAI's Applied Model Card v0.2: every element, its order and its number."""

import re
from xml.etree import ElementTree as ET

import pytest

from ml.card import ATTRIBUTES
from ml.card.chai import NAMESPACE, to_chai, to_xml

# What the published schema demands, read from it on 2026-11-28: children in their order, `?` may be left out, `+` one
# or more. Whatever has no line here holds text.
OUTLINE = {
    "AppliedModelCard": "BasicInfo ReleaseInfo ModelSummary UsesAndDirections Warnings TrustIngredients KeyMetrics"
    " Resources Bibliography Signature?",
    "BasicInfo": "ModelName ModelDeveloper DeveloperContact",
    "ReleaseInfo": "ReleaseStage ReleaseDate ReleaseVersion GlobalAvailability EHRCompatibility? RegulatoryApproval?",
    "ModelSummary": "Summary Keywords",
    "Keywords": "Keyword+",
    "UsesAndDirections": "IntendedUseAndWorkflow PrimaryIntendedUsers HowToUse TargetedPatientPopulation"
    " CautionedOutOfScopeSettings",
    "Warnings": "KnownRisksAndLimitations KnownBiasesOrEthicalConsiderations ClinicalRiskLevel",
    "TrustIngredients": "AISystemFacts TransparencyInformation",
    "AISystemFacts": "OutcomesAndOutputs ModelType FoundationModels? InputDataSource OutputAndInputDataTypes"
    " DevelopmentDataCharacterization BiasMitigationApproaches OngoingMaintenance Security? Transparency?",
    "TransparencyInformation": "FundingSource ThirdPartyInformation? StakeholdersConsulted",
    "KeyMetrics": "UsefulnessUsabilityEfficacy FairnessEquity SafetyReliability",
    **dict.fromkeys(
        ("UsefulnessUsabilityEfficacy", "FairnessEquity", "SafetyReliability"),
        "MetricGoal Results Interpretation TestType TestingDataDescription ValidationProcessAndJustification",
    ),
    "Results": "MetricResult+",
    "MetricResult": "Label ValueJson",
    "Resources": "EvaluationReferences? ClinicalTrial? PeerReviewedPublications ReimbursementStatus?"
    " PatientConsentOrDisclosure",
}
FILLED = {attribute: f"what is said of {attribute}" for attribute in ATTRIBUTES}
FIGURES = {"accuracy": 0.86, "auroc": 0.91, "ece": 0.01, "worst_group_recall_high": 0.7}


def _faults(element: ET.Element) -> list[str]:
    space, _, name = element.tag.removeprefix("{").rpartition("}")
    faults = [] if space == NAMESPACE else [f"{name} is of {space!r}"]
    order = OUTLINE.get(name)
    if order is None:
        return faults + ([f"{name} is empty"] if len(element) or not (element.text or "").strip() else [])
    pattern = "".join(re.sub(r"^(\w+)([?+]?)$", r"(?:\1 )\2", one) for one in order.split())
    children = "".join(f"{child.tag.rpartition('}')[2]} " for child in element)
    faults += [] if re.fullmatch(pattern, children) else [f"{name} holds {children}"]
    return faults + [fault for child in element for fault in _faults(child)]


def _exported(card: dict[str, str], metrics: dict[str, float]) -> ET.Element:
    content = to_chai(card, name="medisync_insights", version=3, released="2026-11-28", metrics=metrics)
    return ET.fromstring(to_xml(content))


@pytest.mark.parametrize(("card", "metrics"), [(FILLED, FIGURES), ({}, {}), (dict.fromkeys(ATTRIBUTES, " "), FIGURES)])
def test_a_card_whether_filled_or_empty_has_the_published_structure(card, metrics):
    assert _faults(_exported(card, metrics)) == []


@pytest.mark.parametrize(
    "name", [name for order in OUTLINE.values() for name in re.findall(r"(\w+)(?=\s|$|\+)", order)]
)
def test_a_card_that_lacks_what_is_demanded_is_told_apart(name):
    root = _exported(FILLED, FIGURES)
    parents = {child: parent for parent in root.iter() for child in parent}
    for one in [found for found in root.iter() if found.tag == f"{{{NAMESPACE}}}{name}"]:
        parents[one].remove(one)
    assert _faults(root)


def test_elements_out_of_order_or_of_another_namespace_are_told_apart():
    root = _exported(FILLED, FIGURES)
    root[0], root[1] = root[1], root[0]
    assert _faults(root)
    strange = _exported(FILLED, FIGURES)
    strange[0].tag = "BasicInfo"
    assert _faults(strange)
