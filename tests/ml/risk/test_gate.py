"""The gate: each rule alone turns the verdict, and says so."""

import pytest

from core.vocabulary import Verdict
from ml.risk import gate
from ml.risk.gate import GateRule, judge

GOOD = {"recall_high": 0.75, "ece": 0.02, "worst_group_recall_high": 0.6, "auroc": 0.95, "brier": 0.2}
BASELINES = {
    "news2": {"auroc": 0.72, "brier": 0.47},
    "acuity": {"auroc": 0.86, "brier": 0.34},
    "logistic_regression": {"auroc": 0.93, "brier": 0.25},
    "logistic_regression_full": {"auroc": 0.955, "brier": 0.195},
}


def test_a_better_candidate_is_promoted() -> None:
    found = judge(GOOD, {**GOOD, "recall_high": 0.74}, BASELINES)
    assert found.verdict is Verdict.PROMOTE
    assert found.reasons


def test_the_first_candidate_needs_no_champion_to_beat() -> None:
    assert judge(GOOD, None, BASELINES).verdict is Verdict.PROMOTE


@pytest.mark.parametrize(
    ("name", "worse", "words"),
    [
        ("recall_high", 0.73, "recall of high risk"),
        ("ece", 0.035, "calibration"),
        ("worst_group_recall_high", 0.56, "worst subgroup"),
    ],
)
def test_a_guarded_figure_that_regresses_is_rejected_by_name(name: str, worse: float, words: str) -> None:
    found = judge({**GOOD, name: worse}, GOOD, BASELINES)
    assert found.verdict is Verdict.REJECT
    assert words in found.reasons[0]


def test_a_difference_within_the_tolerance_is_no_regression() -> None:
    assert judge({**GOOD, "recall_high": 0.745}, GOOD, BASELINES).verdict is Verdict.PROMOTE
    strict = GateRule(tolerance=0)
    assert judge({**GOOD, "recall_high": 0.745}, GOOD, BASELINES, rule=strict).verdict is Verdict.REJECT


@pytest.mark.parametrize("baseline", ["news2", "acuity", "logistic_regression"])
@pytest.mark.parametrize(("figure", "value"), [("auroc", 0.96), ("brier", 0.19)])
def test_a_baseline_that_is_as_good_rejects(baseline: str, figure: str, value: float) -> None:
    strong = BASELINES | {baseline: BASELINES[baseline] | {figure: value}}
    found = judge(GOOD, None, strong)
    assert found.verdict is Verdict.REJECT
    assert gate.BASELINES[baseline] in found.reasons[0]


def test_the_full_regression_must_be_matched_not_beaten() -> None:
    assert judge(GOOD, None, BASELINES).verdict is Verdict.PROMOTE
    far = BASELINES | {"logistic_regression_full": {"auroc": 0.98, "brier": 0.15}}
    assert judge(GOOD, None, far).verdict is Verdict.REJECT


def test_an_unknown_figure_or_baseline_holds() -> None:
    no_group = {name: value for name, value in GOOD.items() if name != "worst_group_recall_high"}
    assert judge(no_group, GOOD, BASELINES).verdict is Verdict.HOLD
    assert judge(GOOD, no_group, BASELINES).verdict is Verdict.HOLD
    assert judge(GOOD, None, {}).verdict is Verdict.HOLD


def test_bad_calibration_is_rejected_even_without_a_champion() -> None:
    assert judge({**GOOD, "ece": 0.06}, None, BASELINES).verdict is Verdict.REJECT
