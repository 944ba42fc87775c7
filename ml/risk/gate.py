"""Whether a candidate may be promoted: a pure verdict with its reasons.

Belongs here: the rules. Does not belong here: moving an alias (`ml.registry`), who may promote (`serving`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from core.vocabulary import Verdict

#: What a candidate is set beside -> its name in sentences.
BASELINES: Final[Mapping[str, str]] = {
    "news2": "NEWS2",
    "acuity": "triage acuity",
    "logistic_regression": "a logistic regression on bedside values",
    "logistic_regression_full": "a logistic regression on all its inputs",
}


@dataclass(frozen=True)
class GateRule:
    """What counts as a regression; a change needs the owner.

    Attributes
    ----------
    owner : str
    tolerance : float
        How much worse than the champion a figure may be and still count as not regressed: noise of the test part.
    group_tolerance : float
        The same for the worst subgroup, of which there are a hundred cases, not a thousand.
    inferiority : float
        How much worse than a logistic regression on the same matrix the candidate may be: where the truth is linear
        nothing beats that one, so it is not to be beaten but matched.
    highest_ece : float
        A candidate above this is rejected whatever the champion is.
    """

    owner: str = "clinical safety lead"
    tolerance: float = 0.01
    group_tolerance: float = 0.03
    inferiority: float = 0.02
    highest_ece: float = 0.05


@dataclass(frozen=True)
class Judgement:
    """The verdict and every reason for it, in words."""

    verdict: Verdict
    reasons: tuple[str, ...]


#: figure -> (words, whether more is better): what must not regress against the champion.
_GUARDED: Final[dict[str, tuple[str, bool]]] = {
    "recall_high": ("recall of high risk", True),
    "ece": ("calibration error", False),
    "worst_group_recall_high": ("recall of high risk in the worst subgroup", True),
}
#: What a candidate must be better at than the baselines: ranking, and probabilities.
_BEATEN: Final[dict[str, tuple[str, bool]]] = {
    "auroc": ("AUROC", True),
    "brier": ("Brier score", False),
}


def judge(
    candidate: Mapping[str, float],
    champion: Mapping[str, float] | None,
    baselines: Mapping[str, Mapping[str, float]],
    *,
    rule: GateRule | None = None,
) -> Judgement:
    """Judge a candidate's figures; what an incomplete card makes of it, `ml.card.judge_card` says.

    Parameters
    ----------
    candidate : mapping
        Flat figures (`EnsembleReport.flat`).
    champion : mapping or None
        The same of the champion on the same rows (`ml.risk.report.score_release`); None if there is none yet.
    baselines : mapping
        Name -> the same figures (`EnsembleReport.baselines`).
    rule : GateRule, optional

    Returns
    -------
    Judgement
        REJECT if a guarded figure regressed or a baseline is not beaten; else HOLD if something is not known (a
        figure, a baseline); else PROMOTE.
    """
    rule = rule or GateRule()
    rejecting: list[str] = []
    holding: list[str] = []
    passing: list[str] = []
    _against_champion(candidate, champion, rule, rejecting, holding, passing)
    _against_baselines(candidate, baselines, rule, rejecting, holding, passing)
    if candidate.get("ece", 0.0) > rule.highest_ece:
        rejecting.append(f"calibration error {candidate['ece']:.3f} is above {rule.highest_ece:g}")
    if rejecting:
        return Judgement(Verdict.REJECT, (*rejecting, *holding))
    if holding:
        return Judgement(Verdict.HOLD, tuple(holding))
    return Judgement(Verdict.PROMOTE, tuple(passing))


def _against_champion(
    candidate: Mapping[str, float],
    champion: Mapping[str, float] | None,
    rule: GateRule,
    rejecting: list[str],
    holding: list[str],
    passing: list[str],
) -> None:
    for name, (words, is_more_better) in _GUARDED.items():
        if name not in candidate:
            holding.append(f"{words} of the candidate is not known")
            continue
        if champion is None:
            continue
        if name not in champion:
            holding.append(f"{words} of the champion is not known")
            continue
        tolerance = rule.group_tolerance if name == "worst_group_recall_high" else rule.tolerance
        worse_by = (champion[name] - candidate[name]) * (1 if is_more_better else -1)
        text = f"{words}: {candidate[name]:.3f}, champion {champion[name]:.3f}"
        has_regressed = worse_by > tolerance
        (rejecting if has_regressed else passing).append(
            f"{text}, regressed by more than {tolerance:g}" if has_regressed else text
        )
    if champion is None:
        passing.append("there is no champion yet")


def _against_baselines(
    candidate: Mapping[str, float],
    baselines: Mapping[str, Mapping[str, float]],
    rule: GateRule,
    rejecting: list[str],
    holding: list[str],
    passing: list[str],
) -> None:
    for baseline, title in BASELINES.items():
        margin = rule.inferiority if baseline == "logistic_regression_full" else 0.0
        figures = baselines.get(baseline, {})
        for name, (words, is_more_better) in _BEATEN.items():
            if name not in figures or name not in candidate:
                holding.append(f"{words} of the candidate or of its baseline, {title}, is not known")
                continue
            better_by = (candidate[name] - figures[name]) * (1 if is_more_better else -1)
            text = f"{words} {candidate[name]:.3f}, {title} {figures[name]:.3f}"
            is_passed = better_by > -margin if margin else better_by > 0
            demanded = f"worse by more than {margin:g}" if margin else "not beaten"
            (passing if is_passed else rejecting).append(text if is_passed else f"{text}: {demanded}")
