"""Predictions of the risk models, before they are shown to anyone.

Belongs here: rules on levels, scores and probabilities. Does not belong here: how they are made (`ml/`).
"""

import pandas as pd

from core.vocabulary import RISK_CLASSES, RiskLevel
from expectations.rules import Rule
from expectations.suites.builders import between, one_of, present

NAME = "predictions"
VERSION = "2.0.0"

_PROBABILITIES = tuple(f"probability_{level}" for level in RISK_CLASSES)

_RULES = (
    present("registration_id", "A prediction without its visit can be shown to nobody."),
    present("level", "A prediction must say something; abstentions are not predictions."),
    one_of("level", tuple(RiskLevel), "Staff act on four levels; a fifth has no protocol."),
    between("score", 0, 2, "The consensus runs from 0, both members say low, to 2, both say high."),
    *(present(column, "A missing probability cannot be calibrated.") for column in _PROBABILITIES),
    *(between(column, 0, 1, "A probability lies between 0 and 1.") for column in _PROBABILITIES),
    between(
        "probability_total",
        1 - 1e-6,
        1 + 1e-6,
        "Probabilities of exclusive levels add up to one.",
        code="probabilities_do_not_add_up",
    ),
)


def rules(frame: pd.DataFrame) -> tuple[Rule, ...]:
    """Return the rules of the suite; the same for every frame.

    Columns: registration_id, level, score, probability_low, probability_moderate, probability_high, probability_total
    (their sum).
    """
    return _RULES
