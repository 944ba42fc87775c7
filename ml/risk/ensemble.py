"""Both members put together: calibrated, ready to be judged and released.

Belongs here: the combination. Does not belong here: training a member (`member`), judging (`report`, `gate`).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.vocabulary import RISK_CLASSES
from ml.features.news2 import highest_single_points
from ml.release.bundle import Bundle, Golden
from ml.release.calibration import Calibration
from ml.release.consensus import LEVELS, ConsensusRule
from ml.risk.calibration import fit_temperature
from ml.risk.consensus import Consensus, decide
from ml.risk.member import Member
from ml.risk.preprocessing import Prepared, feature_arrays


@dataclass(frozen=True)
class Ensemble:
    """Both members, the rule, and the calibration of their mean."""

    prepared: Prepared
    network: Member
    forest: Member
    rule: ConsensusRule
    calibration: Calibration

    def consensus(self, matrix: NDArray[np.float32]) -> Consensus:
        """Return votes, scores, levels and calibrated probabilities of encoded rows."""
        members = (self.network.probabilities(matrix), self.forest.probabilities(matrix))
        return decide(*members, rule=self.rule, calibration=self.calibration)

    def consensus_frame(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return one row per feature row: level (critical included), score, votes, disagreement, probabilities."""
        arrays = feature_arrays(features)
        found = self.consensus(self.prepared.encoder.transform(arrays))
        levels = self.rule.escalate(found.levels, arrays["news2_score"], highest_single_points(arrays))
        names = np.array([level.value for level in LEVELS], dtype=object)
        columns: dict[str, Any] = {
            "level": names[levels],
            "score": found.scores,
            "network_vote": names[found.network_votes],
            "forest_vote": names[found.forest_votes],
            "is_disagreement": found.is_disagreement,
        }
        for code, level in enumerate(RISK_CLASSES):
            columns[f"probability_{level.value}"] = found.probabilities[:, code]
        return pd.DataFrame(columns, index=features.index)

    def to_bundle(self, metadata: dict[str, Any]) -> Bundle:
        """Return the release's contents; `metadata` holds version, data hash, run ids (JSON values)."""
        return Bundle(
            network_onnx=self.network.onnx,
            forest_onnx=self.forest.onnx,
            encoder=self.prepared.encoder,
            rule=self.rule,
            calibration=self.calibration,
            golden=Golden(self.prepared.golden_matrix, self.network.golden, self.forest.golden),
            metadata=metadata,
        )


def combine(prepared: Prepared, network: Member, forest: Member, *, rule: ConsensusRule | None = None) -> Ensemble:
    """Put two trained members together; the calibration is fitted on the validation part, which neither has seen."""
    rule = rule or ConsensusRule()
    held_out = prepared.parts.validation
    matrix, labels = prepared.matrix[held_out], prepared.labels[held_out]
    mean = rule.network_weight * network.probabilities(matrix) + rule.forest_weight * forest.probabilities(matrix)
    return Ensemble(prepared, network, forest, rule, fit_temperature(mean, labels))
