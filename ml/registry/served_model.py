"""The code that MLflow loads a registered version with: `mlflow.pyfunc.load_model("models:/medisync-risk@champion")`.

Belongs here: the pyfunc around `ml.release.Scorer`. Does not belong here: anything that our own serving uses: it takes
the signed release from the database and never lets MLflow load code.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from ml.release import Scorer, unpack


class RiskEnsemble(PythonModel):
    """Both members, the consensus rule and the calibration, scored by ONNX Runtime."""

    _scorer: Scorer

    def load_context(self, context: PythonModelContext) -> None:
        """Read the release that was logged with the version; its golden set is replayed."""
        files: Mapping[str, str] = context.artifacts
        payload, signature, public = (
            Path(files[name]).read_bytes() for name in ("release_bin", "release_sig", "release_pub")
        )
        self._scorer = Scorer(unpack(payload, signature=signature, public=public))

    # MLflow asks for exactly these parameter names, and warns about types it can't turn into a schema.
    def predict(self, context: PythonModelContext, model_input, params: dict[str, Any] | None = None):  # type: ignore[no-untyped-def]
        """Assess each row of a frame of `ml.features.CLINICAL_INPUTS`; NaN and None mean unknown.

        Returns
        -------
        pandas.DataFrame
            level, score, network_vote, forest_vote, probability_low, probability_moderate, probability_high, reasons.
        """
        rows: list[dict[str, Any]] = [
            {name: value for name, value in row.items() if pd.notna(value)} for row in model_input.to_dict("records")
        ]
        answers = self._scorer.assess_many(rows)
        return pd.DataFrame(
            {
                "level": [answer.level or "abstained" for answer in answers],
                "score": [answer.score for answer in answers],
                "network_vote": [answer.votes.get("network", "") for answer in answers],
                "forest_vote": [answer.votes.get("forest", "") for answer in answers],
                "probability_low": [answer.probabilities.get("low") for answer in answers],
                "probability_moderate": [answer.probabilities.get("moderate") for answer in answers],
                "probability_high": [answer.probabilities.get("high") for answer in answers],
                "reasons": ["; ".join(answer.reasons) for answer in answers],
            }
        )


set_model(RiskEnsemble())
