"""Chi-square, its rule of expected counts, Cramér's V and its interval, Holm over all."""

from dataclasses import asdict

import numpy as np
import orjson
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from core.errors import InputError
from core.vocabulary import AGE_BANDS
from ml.analytics import analyze_illness_prediction_chi_square
from ml.analytics.associations import chi_square, cramers_v
from ml.synthetic import Hospital


def _table(make_frame, table: dict[str, dict[float, int]], sex: str = "female") -> pd.DataFrame:
    rows = [(condition, age) for condition, ages in table.items() for age, n in ages.items() for _ in range(n)]
    return make_frame(["2026-03-01"] * len(rows), condition=[c for c, _ in rows], age=[a for _, a in rows], sex=sex)


def test_statistics_agree_with_scipy(hospital: Hospital) -> None:
    frame = hospital.registrations
    found = analyze_illness_prediction_chi_square(frame)
    band = pd.cut(frame["age_years"], [first for _, first, _ in AGE_BANDS] + [200], right=False)
    groups = {"age_band": band, "sex": frame["sex"].where(frame["sex"].isin(["female", "male"]))}
    assert len(found.tests) == 32
    for test in found.tests:
        table = pd.crosstab(frame["condition"] == test.condition, groups[test.factor])
        reference = stats.chi2_contingency(table, correction=False)
        assert test.chi2 == pytest.approx(reference.statistic, rel=1e-9)
        assert test.p_value == pytest.approx(reference.pvalue, rel=1e-6, abs=1e-300)
        assert test.dof == reference.dof
        assert test.n == table.to_numpy().sum()
        assert test.is_valid
        plain = stats.contingency.association(table, method="cramer")
        assert test.v_low <= test.cramers_v <= test.v_high
        assert test.cramers_v <= plain
        assert test.cramers_v == pytest.approx(plain, abs=0.01)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(0, 400), min_size=2, max_size=5), min_size=2, max_size=2))
def test_chi_square_of_any_table_agrees_with_scipy(rows: list[list[int]]) -> None:
    width = min(map(len, rows))
    table = np.array([row[:width] for row in rows])
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2 or (table.sum(axis=1) == 0).any():
        return
    expected = stats.chi2_contingency(table, correction=False).statistic
    assert chi_square(table[None].astype(float))[0] == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_a_perfect_association_is_strong_and_none_is_none(make_frame) -> None:
    strong = analyze_illness_prediction_chi_square(_table(make_frame, {"a": {10: 60}, "b": {70: 60}}))
    assert {t.strength for t in strong.tests if t.factor == "age_band"} == {"strong"}
    assert strong.tests[0].cramers_v == pytest.approx(1, abs=0.01)
    same = analyze_illness_prediction_chi_square(_table(make_frame, {"a": {10: 60, 70: 60}, "b": {10: 60, 70: 60}}))
    assert {t.strength for t in same.tests} == {"none found"}
    assert max(t.cramers_v for t in same.tests if t.factor == "age_band") == 0


def test_small_expected_counts_make_chi_square_invalid_and_the_p_value_exact(make_frame) -> None:
    found = analyze_illness_prediction_chi_square(_table(make_frame, {"rare": {10: 4}, "b": {10: 10, 70: 90}}))
    rare = next(t for t in found.tests if t.factor == "age_band" and t.condition == "rare")
    assert not rare.is_valid
    assert "below 5" in rare.note
    assert "Fisher" in rare.note
    assert rare.p_value == pytest.approx(stats.fisher_exact([[4, 0], [10, 90]]).pvalue)
    assert rare.p_adjusted >= rare.p_value


def test_the_monte_carlo_p_value_is_near_the_chi_square_one_where_that_nearly_holds(make_frame) -> None:
    table = {"few": {10: 9, 30: 5, 50: 3, 70: 3, 90: 2}, "b": {10: 90, 30: 90, 50: 90, 70: 90, 90: 90}}
    found = analyze_illness_prediction_chi_square(_table(make_frame, table))
    few = next(t for t in found.tests if t.factor == "age_band" and t.condition == "few")
    assert not few.is_valid
    assert "Monte Carlo" in few.note
    assert few.p_value == pytest.approx(stats.chi2.sf(few.chi2, 4), abs=0.02)


def test_small_expected_counts_are_allowed_in_a_fifth_of_the_cells(make_frame) -> None:
    many = {10: 200, 30: 200, 50: 200, 70: 200, 90: 20}
    found = analyze_illness_prediction_chi_square(_table(make_frame, {"a": many, "b": dict(many)}))
    assert all(t.is_valid for t in found.tests if t.factor == "age_band")
    # one tenth of 20 is 2: one cell of ten below 5, none below 1
    found = analyze_illness_prediction_chi_square(
        _table(make_frame, {"a": {a: n // 10 for a, n in many.items()}, "b": many})
    )
    assert all(t.is_valid for t in found.tests if t.factor == "age_band")


def test_what_cannot_be_compared_says_why(make_frame) -> None:
    one_condition = analyze_illness_prediction_chi_square(_table(make_frame, {"a": {10: 30, 70: 30}}))
    for test in one_condition.tests:
        assert not test.is_valid
        assert test.p_value is None
        assert test.strength == "none found"
        assert "nothing to compare" in test.note
    no_ages = analyze_illness_prediction_chi_square(
        make_frame(["2026-03-01"] * 4, condition=list("abab"), age=[np.nan] * 4)
    )
    assert all(test.n == 0 for test in no_ages.tests if test.factor == "age_band")


@pytest.mark.parametrize("n", [0, 1])
def test_no_row_and_one_row_give_no_p_value(make_frame, n: int) -> None:
    found = analyze_illness_prediction_chi_square(make_frame(["2026-03-01"] * n))
    assert found.n == n
    assert all(test.p_value is None for test in found.tests)


def test_holm_counts_every_test_made(hospital: Hospital) -> None:
    found = analyze_illness_prediction_chi_square(hospital.registrations)
    by_p = sorted(found.tests, key=lambda t: t.p_value)
    adjusted = [t.p_adjusted for t in by_p]
    assert adjusted == sorted(adjusted)
    assert by_p[0].p_adjusted == pytest.approx(min(1, 32 * by_p[0].p_value))
    assert all(t.strength == "none found" for t in found.tests if t.p_adjusted > found.alpha)


def test_the_interval_covers_the_true_strength_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    shares = np.array([[0.06, 0.05, 0.03, 0.02, 0.01], [0.14, 0.15, 0.17, 0.18, 0.19]])
    expected = shares.sum(axis=1, keepdims=True) * shares.sum(axis=0)
    truth = np.sqrt(((shares - expected) ** 2 / expected).sum())
    n, inside = 800, 0
    for table in rng.multinomial(n, shares.ravel(), size=300).reshape(-1, 2, 5):
        drawn = rng.multinomial(n, table.ravel() / n, size=400).reshape(-1, 2, 5).astype(float)
        low, high = np.quantile(cramers_v(chi_square(drawn), n, 4, chances=2), [0.025, 0.975])
        inside += low <= truth <= high
    assert 0.91 <= inside / 300 <= 0.985


def test_bias_correction_takes_chance_off_the_strength() -> None:
    rng = np.random.default_rng(4)
    chi2 = rng.chisquare(4, 4000)  # what independence gives
    assert np.mean(cramers_v(chi2, 200, 4) ** 2) < 0.5 * np.mean(chi2 / 200)


def test_the_same_rows_give_the_same_answer_and_parameters_are_checked(hospital: Hospital, make_frame) -> None:
    frame = hospital.registrations.iloc[:5000]
    assert analyze_illness_prediction_chi_square(frame) == analyze_illness_prediction_chi_square(frame)
    with pytest.raises(InputError, match="alpha is 0"):
        analyze_illness_prediction_chi_square(make_frame([]), alpha=0)
    with pytest.raises(InputError, match="bootstrap_tables is 5"):
        analyze_illness_prediction_chi_square(make_frame([]), bootstrap_tables=5)


def test_the_result_becomes_json(hospital: Hospital) -> None:
    data = orjson.loads(orjson.dumps(asdict(analyze_illness_prediction_chi_square(hospital.registrations))))
    assert list(data) == ["alpha", "adjustment", "n", "tests"]
