"""The served ensemble: two ONNX Runtime sessions, the consensus rule and the explanation.

Belongs here: scoring. Does not belong here: training, fetching a release, HTTP.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from core.errors import IntegrityError
from core.vocabulary import RISK_CLASSES
from ml.features.clinical import derive_features
from ml.features.columns import INPUT_WORDS
from ml.features.news2 import highest_single_points
from ml.release.assessment import Assessment
from ml.release.bundle import Bundle
from ml.release.consensus import LEVELS
from ml.release.explain import contributions, occlude, sentences
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
            Whether to run the occlusion that fills `reasons` and `counter_evidence`.

        Raises
        ------
        InputError
            If an input is of the wrong type. Missing or impossible values abstain instead.
        """
        return self._assess([features], has_explanation=has_explanation)[0]

    def assess_many(self, patients: Sequence[Mapping[str, Any]], *, has_explanation: bool = False) -> list[Assessment]:
        """Assess many patients in one pass through each member; see `assess`."""
        return self._assess(patients, has_explanation=has_explanation)

    def encode(self, patients: Sequence[Mapping[str, Any]]) -> NDArray[np.float32]:
        """Return the matrix that the members get for these inputs."""
        return self.bundle.encoder.transform(derive_features(read_inputs(patients)))

    def _probabilities(self, features: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        network, forest = self.member_probabilities(self.bundle.encoder.transform(features))
        return self._blend(network, forest)

    def _blend(self, network: NDArray[np.float32], forest: NDArray[np.float32]) -> NDArray[np.float64]:
        rule = self.bundle.rule
        return self.bundle.calibration.apply(rule.network_weight * network + rule.forest_weight * forest)

    def _assess(self, patients: Sequence[Mapping[str, Any]], *, has_explanation: bool) -> list[Assessment]:
        if not patients:
            return []
        rule = self.bundle.rule
        inputs = read_inputs(patients)
        problems = find_problems(inputs, rule)
        features = derive_features(inputs)
        network, forest = self.member_probabilities(self.bundle.encoder.transform(features))
        votes = (network.argmax(axis=1), forest.argmax(axis=1))
        scores = rule.scores(*votes)
        levels = rule.escalate(rule.levels(scores), features["news2_score"], highest_single_points(inputs))
        blended = self._blend(network, forest)
        answers: list[Assessment] = []
        for row, wrong in enumerate(problems):
            news2_score = float(features["news2_score"][row])
            if wrong:
                answers.append(self._abstention(wrong, news2_score))
                continue
            one = {name: values[row : row + 1] for name, values in inputs.items()}
            reasons, against = self._statements(one, int(levels[row]), has_explanation=has_explanation)
            members = [RISK_CLASSES[int(vote[row])].value for vote in votes]
            if members[0] != members[1]:
                against.insert(0, f"the members disagree: network says {members[0]}, forest says {members[1]}")
            if levels[row] == 3:
                reasons.insert(0, self._critical_sentence(news2_score))
            answers.append(
                Assessment(
                    level=LEVELS[int(levels[row])].value,
                    score=float(scores[row]),
                    votes={"network": members[0], "forest": members[1]},
                    probabilities={
                        level.value: float(share) for level, share in zip(RISK_CLASSES, blended[row], strict=True)
                    },
                    abstained=False,
                    reasons=reasons,
                    counter_evidence=against,
                    is_disagreement=members[0] != members[1],
                    news2_score=news2_score,
                )
            )
        return answers

    def _statements(
        self, one: Mapping[str, NDArray[Any]], level: int, *, has_explanation: bool
    ) -> tuple[list[str], list[str]]:
        """Return (reasons, counter-evidence) for one patient's level."""
        encoder = self.bundle.encoder
        reasons: list[str] = []
        against: list[str] = []
        if has_explanation:
            from_class = 2 if level >= 2 else 1
            moved = self._probabilities(derive_features(occlude(one, encoder)))
            raising, lowering = sentences(
                contributions(one, moved, encoder, from_class=from_class), from_class=from_class
            )
            reasons, against = (raising, lowering) if level >= 1 else (lowering, raising)
        for name in ("acuity", "comorbidity_count", "diastolic_bp"):
            if np.isnan(one[name][0]):
                against.append(f"{INPUT_WORDS[name][0]} was not given: the training median was put in")
        if one["condition"][0] not in encoder.conditions:
            against.append("the condition was not among those of the training: it counts for nothing")
        return reasons, against

    def _critical_sentence(self, news2_score: float) -> str:
        rule = self.bundle.rule
        if news2_score >= rule.critical_news2:
            return f"high risk and NEWS2 is {news2_score:g} ({rule.critical_news2:g} or more is an emergency): critical"
        return "high risk and one vital sign alone has a red NEWS2 score: critical"

    def _abstention(self, problems: list[str], news2_score: float) -> Assessment:
        reasons = [f"no score: {problem}" for problem in problems]
        if news2_score >= self.bundle.rule.critical_news2:
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
