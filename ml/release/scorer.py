"""The served ensemble: two ONNX Runtime sessions, the consensus rule and the explanation.

Belongs here: scoring. Does not belong here: the answer's sentences (`answers`, `explain`), training, fetching a
release, HTTP.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from core.errors import IntegrityError
from ml.features.clinical import derive_features
from ml.features.news2 import highest_single_points
from ml.release.answers import Decided, abstention, answer
from ml.release.assessment import Assessment
from ml.release.bundle import Bundle
from ml.release.explain import ROWS_EACH, occlude
from ml.release.inputs import find_problems, read_inputs

#: Largest difference to the original members that still counts as the same model.
GOLDEN_TOLERANCE: Final = 1e-5
_OUTPUTS: Final = ["probabilities"]


class Scorer:
    """Scores patients with one release; safe to share among threads, holds no mutable state.

    Parameters
    ----------
    bundle : Bundle
        A verified release.

    Raises
    ------
    IntegrityError
        If the sessions cannot be made or the golden set does not come out as it was.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self._network = _session(bundle.network_onnx, "network")
        self._forest = _session(bundle.forest_onnx, "forest")
        self.golden_difference = self.replay()

    def replay(self) -> float:
        """Run the golden set and return the largest difference to the original members' probabilities.

        Raises
        ------
        IntegrityError
            If a probability differs by 1e-5 or more, or a class flips.
        """
        golden = self.bundle.golden
        try:
            network, forest = self.member_probabilities(golden.matrix)
        except Exception as error:  # onnxruntime raises its own family, which has no common root but Exception
            raise IntegrityError(f"the release cannot score its golden set ({type(error).__name__})") from error
        difference = 0.0
        for name, now, then in (("network", network, golden.network), ("forest", forest, golden.forest)):
            apart = float(np.max(np.abs(now - then), initial=0.0))
            flips = int((now.argmax(axis=1) != then.argmax(axis=1)).sum())
            if not apart < GOLDEN_TOLERANCE or flips:
                raise IntegrityError(
                    f"the {name} does not reproduce its golden set: {apart:.1e} apart (allowed < 1e-5), {flips} flips",
                    code="golden_mismatch",
                )
            difference = max(difference, apart)
        return difference

    def member_probabilities(self, matrix: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the (n, 3) probabilities of network and forest for encoded rows."""
        feed = {"x": matrix}
        return np.asarray(self._network.run(_OUTPUTS, feed)[0]), np.asarray(self._forest.run(_OUTPUTS, feed)[0])

    def assess(self, features: Mapping[str, Any], *, has_explanation: bool = True) -> Assessment:
        """Assess one patient.

        Parameters
        ----------
        features : mapping
            `ml.features.CLINICAL_INPUTS` (`age_years`, `sex`, `condition`, `acuity`, `comorbidity_count`, the vitals,
            `registered_at`) and, where known, the history inputs of `ml.features.HISTORY_DEFAULTS`; absent or None
            means unknown. Absent history means: no earlier visit or admission, the condition as frequent as usual,
            the facility as busy as the median.
        has_explanation : bool
            Whether to run the occlusion that fills `reasons` and `counter_evidence`, in the same batch.

        Raises
        ------
        InputError
            If an input is of the wrong type. Missing or impossible values abstain instead.
        """
        return self.assess_many([features], has_explanation=has_explanation)[0]

    def assess_many(self, patients: Sequence[Mapping[str, Any]], *, has_explanation: bool = False) -> list[Assessment]:
        """Assess many patients in one pass through each member; see `assess`."""
        if not patients:
            return []
        rule, encoder = self.bundle.rule, self.bundle.encoder
        inputs = read_inputs(patients)
        problems = find_problems(inputs, rule)
        each = ROWS_EACH if has_explanation else 1
        rows = occlude(inputs, encoder) if has_explanation else inputs
        features = derive_features(rows)
        network, forest = self.member_probabilities(encoder.transform(features))
        blended = self.bundle.calibration.apply(rule.network_weight * network + rule.forest_weight * forest)
        votes = (network[::each].argmax(axis=1), forest[::each].argmax(axis=1))
        scores = rule.scores(*votes)
        news2_scores = features["news2_score"][::each]
        levels = rule.escalate(rule.levels(scores), news2_scores, highest_single_points(inputs))
        answers: list[Assessment] = []
        for row, wrong in enumerate(problems):
            if wrong:
                answers.append(abstention(wrong, float(news2_scores[row]), rule))
                continue
            decided = Decided(
                patient={name: values[row] for name, values in inputs.items()},
                level=int(levels[row]),
                score=float(scores[row]),
                votes=(int(votes[0][row]), int(votes[1][row])),
                probabilities=blended[row * each : (row + 1) * each],
                news2_score=float(news2_scores[row]),
            )
            answers.append(answer(decided, encoder, rule))
        return answers

    def encode(self, patients: Sequence[Mapping[str, Any]]) -> NDArray[np.float32]:
        """Return the matrix that the members get for these inputs."""
        return self.bundle.encoder.transform(derive_features(read_inputs(patients)))


def _session(model: bytes, name: str) -> ort.InferenceSession:
    """Return a session of one thread: at one row, waking a second costs more than the work."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    try:
        return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # as in replay
        raise IntegrityError(f"the {name} of the release is not a model ({type(error).__name__})") from error
