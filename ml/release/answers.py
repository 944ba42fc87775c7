"""From a decided level to the answer with its sentences.

Belongs here: the wording of reasons, counter-evidence and abstentions. Does not belong here: deciding (`scorer`,
`consensus`), the effect of single inputs (`explain`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.vocabulary import RISK_CLASSES
from ml.features.columns import INPUT_WORDS
from ml.release.assessment import Assessment
from ml.release.consensus import LEVELS, ConsensusRule
from ml.release.encoder import Encoder
from ml.release.explain import contributions, sentences

_CLASS_NAMES: Final = tuple(level.value for level in RISK_CLASSES)
_LEVEL_NAMES: Final = tuple(level.value for level in LEVELS)
_HIGH: Final = 2
_CRITICAL: Final = 3
_OPTIONAL_INPUTS: Final = ("acuity", "comorbidity_count", "diastolic_bp")


@dataclass(frozen=True)
class Decided:
    """One patient's decision: class indices, and the probabilities of the patient (first row) and the occluded rows."""

    patient: Mapping[str, Any]
    level: int
    score: float
    votes: tuple[int, int]
    probabilities: NDArray[np.float64]
    news2_score: float


def answer(decided: Decided, encoder: Encoder, rule: ConsensusRule) -> Assessment:
    """Put a decision into words; without occluded rows there are no contributions to tell of."""
    reasons: list[str] = []
    against: list[str] = []
    if len(decided.probabilities) > 1:
        from_class = _HIGH if decided.level >= _HIGH else 1
        found = contributions(decided.patient, decided.probabilities, encoder, from_class=from_class)
        raising, lowering = sentences(found, from_class=from_class)
        reasons, against = (raising, lowering) if decided.level >= 1 else (lowering, raising)
    if decided.level == _CRITICAL:
        reasons.insert(0, _critical_sentence(decided.news2_score, rule))
    network, forest = (_CLASS_NAMES[vote] for vote in decided.votes)
    if network != forest:
        against.insert(0, f"the members disagree: network says {network}, forest says {forest}")
    against += _doubts(decided.patient, encoder)
    shares: list[float] = decided.probabilities[0].tolist()
    return Assessment(
        level=_LEVEL_NAMES[decided.level],
        score=decided.score,
        votes={"network": network, "forest": forest},
        probabilities=dict(zip(_CLASS_NAMES, shares, strict=True)),
        abstained=False,
        reasons=reasons,
        counter_evidence=against,
        is_disagreement=network != forest,
        news2_score=decided.news2_score,
    )


def abstention(problems: list[str], news2_score: float, rule: ConsensusRule) -> Assessment:
    """Say why there is no score; and that NEWS2 alone already calls for a response, where it does."""
    reasons = [f"no score: {problem}" for problem in problems]
    if news2_score >= rule.critical_news2:
        reasons.append(f"NEWS2 of the vitals given is already {news2_score:g}: emergency response")
    return Assessment(
        level=None,
        score=None,
        votes={},
        probabilities={},
        abstained=True,
        reasons=reasons,
        counter_evidence=[],
        is_disagreement=False,
        news2_score=news2_score,
    )


def _critical_sentence(news2_score: float, rule: ConsensusRule) -> str:
    if news2_score >= rule.critical_news2:
        return f"high risk and NEWS2 is {news2_score:g} ({rule.critical_news2:g} or more is an emergency): critical"
    return "high risk and one vital sign alone has a red NEWS2 score: critical"


def _doubts(patient: Mapping[str, Any], encoder: Encoder) -> list[str]:
    """What was assumed, and what lies outside of what the training has seen."""
    found = [
        f"{INPUT_WORDS[name][0]} was not given: the training median was put in"
        for name in _OPTIONAL_INPUTS
        if np.isnan(patient[name])
    ]
    if patient["condition"] not in encoder.conditions:
        found.append("the condition was not among those of the training: it counts for nothing")
    for name, (words, _) in INPUT_WORDS.items():
        low, high = encoder.typical.get(name, (-np.inf, np.inf))
        if name in encoder.typical and not (np.isnan(patient[name]) or low <= patient[name] <= high):
            found.append(f"{words} is rarer than 1 in 100 in the training: the models have seen little like it")
    return found
