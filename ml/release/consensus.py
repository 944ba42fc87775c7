"""How two votes become one level: the score map, equal weights, thresholds, and the clinical rule for critical.

Belongs here: the rule as configuration with an owner, and its arithmetic. Does not belong here: the members
themselves, or comparing this rule with others (`ml.risk.consensus`).
"""

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.vocabulary import RISK_CLASSES, RiskLevel

#: Levels in rising order; a decided level is an index into it.
LEVELS: Final = (*RISK_CLASSES, RiskLevel.CRITICAL)


@dataclass(frozen=True)
class ConsensusRule:
    """The consensus as the requirement states it; a change needs the owner.

    Attributes
    ----------
    owner : str
        Who answers for the thresholds.
    class_scores : tuple of float
        Score of a vote for low, moderate, high.
    network_weight, forest_weight : float
        Weights of the votes; equal as required, and they sum to 1.
    moderate_from, high_from : float
        Lowest score of each level. Half-way scores are split votes of neighbouring classes and go to the higher.
    critical_news2 : float
        NEWS2 from which a high risk is critical (RCP 2017: 7 or more is an emergency response).
    critical_single_points : float
        A red flag: one vital sign scoring this much alone (RCP 2017: a red score is 3).
    required_inputs : tuple of str
        Without one of these there is no score, only an abstention that names it.
    """

    owner: str = "clinical safety lead"
    class_scores: tuple[float, float, float] = (0.0, 1.0, 2.0)
    network_weight: float = 0.5
    forest_weight: float = 0.5
    moderate_from: float = 0.5
    high_from: float = 1.5
    critical_news2: float = 7.0
    critical_single_points: float = 3.0
    required_inputs: tuple[str, ...] = (
        "age_years",
        "condition",
        "systolic_bp",
        "heart_rate",
        "respiratory_rate",
        "temperature_c",
        "spo2_pct",
    )

    def __post_init__(self) -> None:
        if not self.owner:
            raise InputError("consensus thresholds need an owner; a name or role is allowed")
        if not 0 <= self.moderate_from <= self.high_from:
            raise InputError(f"thresholds must rise from 0; got {self.moderate_from} and {self.high_from}")
        if abs(self.network_weight + self.forest_weight - 1) > 1e-9:
            raise InputError(f"weights must sum to 1; got {self.network_weight} and {self.forest_weight}")

    def scores(self, network_votes: NDArray[np.intp], forest_votes: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the weighted mean of the votes' scores, 0 to 2, for class indices 0, 1, 2."""
        by_class = np.asarray(self.class_scores)
        return self.network_weight * by_class[network_votes] + self.forest_weight * by_class[forest_votes]

    def levels(self, scores: NDArray[np.float64]) -> NDArray[np.intp]:
        """Return the class index of each score: 0 low, 1 moderate, 2 high. Never critical."""
        return np.digitize(scores, [self.moderate_from, self.high_from])

    def escalate(
        self, levels: NDArray[np.intp], news2_scores: NDArray[np.float64], single_points: NDArray[np.float64]
    ) -> NDArray[np.intp]:
        """Raise high (2) to critical (3) where NEWS2 or a single vital sign demands an emergency response."""
        is_alarming = (news2_scores >= self.critical_news2) | (single_points >= self.critical_single_points)
        return np.where((levels == 2) & is_alarming, 3, levels)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for the release."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "ConsensusRule":
        """Read what `to_json` wrote."""
        low, moderate, high = document["class_scores"]
        fields: dict[str, Any] = {**document, "class_scores": (low, moderate, high)}
        fields["required_inputs"] = tuple(document["required_inputs"])
        return cls(**fields)
