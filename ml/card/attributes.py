"""The attributes of a model card: the 31 of 45 CFR 170.315(b)(11)(iv)(B), and what CHAI asks for besides.

Belongs here: names, titles, groups, and who fills each. Does not belong here: any text of a card.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Attribute:
    """One attribute.

    Attributes
    ----------
    name, title, group : str
    is_stated : bool
        A person states it and signs; otherwise the training run fills it.
    is_source_attribute : bool
        One of the 31 source attributes; the rest is what CHAI's schema demands besides.
    """

    name: str
    title: str
    group: str
    is_stated: bool
    is_source_attribute: bool = True


def _group(title: str, *rows: tuple[str, str, bool]) -> tuple[Attribute, ...]:
    return tuple(Attribute(name, words, title, is_stated) for name, words, is_stated in rows)


_PERSON, _RUN = True, False

ATTRIBUTES: Final[tuple[Attribute, ...]] = (
    *_group(
        "Details and output",
        ("developer", "Developer", _PERSON),
        ("funding_source", "Funding source", _PERSON),
        ("value_produced", "Value that it produces", _RUN),
        ("output_type", "Type of output", _RUN),
    ),
    *_group(
        "Purpose",
        ("intended_use", "Intended use", _PERSON),
        ("intended_population", "Intended population", _PERSON),
        ("intended_users", "Intended users", _PERSON),
        ("decision_role", "Role in the decision", _PERSON),
    ),
    *_group(
        "Cautions",
        ("out_of_scope", "Out of scope", _PERSON),
        ("known_risks", "Known risks and limits", _PERSON),
    ),
    *_group(
        "Development",
        ("inclusion_criteria", "Who was included in training", _RUN),
        ("demographic_variables", "Demographic variables used", _RUN),
        ("demographic_representativeness", "Demographic representativeness", _RUN),
        ("training_relevance", "Relevance of the training data", _RUN),
    ),
    *_group(
        "Fairness",
        ("fairness_approach", "Approach to fairness", _RUN),
        ("bias_management", "Management of bias", _PERSON),
    ),
    *_group(
        "External validation",
        ("external_validation_source", "Source of data", _PERSON),
        ("external_validation_party", "Party", _PERSON),
        ("external_validation_representativeness", "Representativeness", _PERSON),
        ("external_validation_process", "Process", _PERSON),
    ),
    *_group(
        "Quantitative measures",
        ("validity_measures", "Validity on held-out data", _RUN),
        ("fairness_measures", "Fairness on held-out data", _RUN),
        ("external_validity_measures", "Validity on external data", _PERSON),
        ("external_fairness_measures", "Fairness on external data", _PERSON),
        ("evaluation_references", "References of the evaluation", _PERSON),
    ),
    *_group(
        "Maintenance",
        ("validity_monitoring", "Monitoring of validity", _PERSON),
        ("local_validity_monitoring", "Local monitoring of validity", _PERSON),
        ("fairness_monitoring", "Monitoring of fairness", _PERSON),
        ("local_fairness_monitoring", "Local monitoring of fairness", _PERSON),
    ),
    *_group(
        "Updates",
        ("update_process", "How it is updated", _PERSON),
        ("performance_correction", "How a fall in performance is corrected", _PERSON),
    ),
    *(
        Attribute(name, title, "Asked for by CHAI", is_stated=True, is_source_attribute=False)
        for name, title in (
            ("developer_contact", "Contact of the developer"),
            ("release_stage", "Stage of release"),
            ("how_to_use", "How to use it"),
            ("clinical_risk_level", "Clinical risk level"),
            ("stakeholders_consulted", "Who was consulted"),
            ("patient_consent", "Patients' consent or disclosure"),
            ("publications", "Peer-reviewed publications"),
        )
    ),
)
STATED: Final = frozenset(attribute.name for attribute in ATTRIBUTES if attribute.is_stated)
MEASURED: Final = frozenset(attribute.name for attribute in ATTRIBUTES if not attribute.is_stated)


def missing_attributes(card: Mapping[str, object]) -> tuple[str, ...]:
    """Return the attributes that are absent or blank, in the card's order."""
    return tuple(attribute.name for attribute in ATTRIBUTES if not str(card.get(attribute.name) or "").strip())
