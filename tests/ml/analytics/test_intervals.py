"""Intervals and Holm against reference implementations, and what must hold for any input."""

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from ml import small_cells
from ml.analytics import intervals
from ml.analytics.intervals import holm, poisson_ratio, wilson

COUNTS = st.integers(0, 10**7)


@pytest.mark.parametrize("module", [intervals, small_cells])
def test_examples_in_docstrings_run(module: object) -> None:
    found = doctest.testmod(module)
    assert found.attempted > 0
    assert found.failed == 0


@given(COUNTS, COUNTS)
def test_wilson_agrees_with_statsmodels_and_contains_the_share(count: int, rest: int) -> None:
    total = count + rest
    low, high = (float(bound) for bound in wilson(count, total))
    if total == 0:
        assert (low, high) == (0, 1)
        return
    assert 0 <= low <= count / total <= high <= 1
    expected_low, expected_high = proportion_confint(count, total, method="wilson")
    assert (low, high) == pytest.approx((max(expected_low, 0), min(expected_high, 1)), abs=1e-9)


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_the_ratio_interval_is_the_exact_binomial_one(recent: int, previous: int) -> None:
    low, high = (float(bound) for bound in poisson_ratio(recent, previous))
    if recent + previous == 0:
        assert low == 0
        assert np.isinf(high)
        return
    share = stats.binomtest(recent, recent + previous).proportion_ci(method="exact")
    assert low == pytest.approx(share.low / (1 - share.low), rel=1e-6)
    assert high == pytest.approx(share.high / (1 - share.high) if previous else np.inf, rel=1e-6)
    if previous:
        assert low <= recent / previous <= high


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_holm_never_lowers_a_p_value_and_keeps_the_order(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert (adjusted >= np.array(p_values)).all()
    assert (adjusted <= np.minimum(1, len(p_values) * np.array(p_values)) + 1e-12).sum() >= 1
    order = np.argsort(p_values)
    assert (np.diff(adjusted[order]) >= 0).all()


def test_holm_agrees_with_statsmodels() -> None:
    p_values = np.random.default_rng(1).random(60) ** 6
    np.testing.assert_allclose(holm(p_values), multipletests(p_values, method="holm")[1], atol=1e-12)


def test_tests_that_were_not_made_do_not_count_in_holm() -> None:
    np.testing.assert_allclose(holm([0.01, np.nan, 0.04]), [0.02, np.nan, 0.04])
