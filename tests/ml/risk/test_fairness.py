"""Subgroup figures: what each group gets, how sure that is, and which group is judged the worst."""

import numpy as np
import pandas as pd
import pytest

from ml.risk.fairness import LEAST_CASES, compare_groups
from ml.risk.metrics import resamples


@pytest.fixture
def people() -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """100 women and 100 men at high risk, of whom 90 and 60 are found; ten others, too few to be judged, none found."""
    is_female = np.r_[np.ones(100), np.zeros(110)]
    is_male = np.r_[np.zeros(100), np.ones(100), np.zeros(10)]
    rows = pd.DataFrame({"is_female": is_female, "is_male": is_male, "age_years": np.full(210, 50.0)})
    labels = np.full(210, 2)
    decisions = np.r_[np.full(90, 2), np.full(10, 1), np.full(60, 2), np.full(40, 1), np.zeros(10, int)]
    return rows, labels, decisions


def test_each_group_has_its_recall_with_an_interval_and_the_worst_that_is_judged_is_named(people) -> None:
    rows, labels, decisions = people
    found = compare_groups(rows, labels, decisions, np.full(210, 0.7), draws=list(resamples(210, None, 500, 1)))
    groups = {group.group: group for group in found.subgroups if group.attribute == "sex"}
    assert groups["female"].recall_high.value == pytest.approx(0.9)
    assert groups["male"].recall_high.value == pytest.approx(0.6)
    # The normal approximation of a share: .6 ± 1.96 √(.6 · .4 / 100).
    assert groups["male"].recall_high.low == pytest.approx(0.504, abs=0.03)
    assert groups["male"].recall_high.high == pytest.approx(0.696, abs=0.03)
    assert groups["male"].calibration_gap.value == pytest.approx(-0.3)
    assert found.worst_group == "sex male"
    assert found.recall_gap.value == pytest.approx(150 / 210 - 0.6)
    assert 0 < found.recall_gap.low < found.recall_gap.value < found.recall_gap.high


def test_a_group_with_too_few_cases_is_shown_and_not_judged(people) -> None:
    found = compare_groups(*people, np.full(210, 0.7))
    (other,) = [group for group in found.subgroups if group.group == "other"]
    assert other.high_count < LEAST_CASES
    assert not other.is_judged
    assert found.worst_recall_high > other.recall_high.value
