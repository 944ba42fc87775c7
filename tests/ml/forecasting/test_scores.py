"""Scores agree with their definitions on numbers small enough to check by hand."""

import numpy as np
import pytest

from ml.forecasting import scores

ACTUAL = np.array([10.0, 0.0, 4.0])
FORECAST = np.array([8.0, 1.0, 4.0])


def test_errors_are_those_worked_out_by_hand():
    assert scores.mae(ACTUAL, FORECAST) == pytest.approx(1.0)
    assert scores.mse(ACTUAL, FORECAST) == pytest.approx(5 / 3)


def test_percentage_error_leaves_out_periods_without_a_count():
    assert scores.mape(ACTUAL, FORECAST) == pytest.approx((0.2 + 0.0) / 2)
    assert scores.mape(np.zeros(3), FORECAST) is None


def test_the_scale_is_last_seasons_error_and_a_constant_history_has_none():
    assert scores.seasonal_scale(np.array([1.0, 2.0, 3.0, 6.0]), 2) == pytest.approx(3.0)
    assert scores.seasonal_scale(np.full(24, 5.0), 12) == 0.0
    assert scores.mase(ACTUAL, FORECAST, 0.0) is None


def test_skill_is_the_share_of_the_naive_error_saved():
    assert scores.skill(3.0, 4.0) == pytest.approx(0.25)
    assert scores.skill(3.0, 0.0) is None


def test_coverage_counts_the_bounds_as_inside():
    assert scores.coverage(ACTUAL, np.array([10.0, 1.0, 0.0]), np.array([11.0, 2.0, 4.0])) == pytest.approx(2 / 3)


def test_pinball_of_the_median_is_half_the_absolute_error():
    assert scores.pinball(ACTUAL, FORECAST, 0.5) == pytest.approx(scores.mae(ACTUAL, FORECAST) / 2)


def test_wis_of_a_median_alone_is_the_absolute_error():
    assert scores.wis(ACTUAL, FORECAST, {}) == pytest.approx(scores.mae(ACTUAL, FORECAST))


def test_wis_equals_the_mean_of_twice_the_pinball_losses():
    """Bracher et al. 2021: WIS is twice the pinball loss averaged over the median and all interval ends."""
    rng = np.random.default_rng(1)
    actual, median = rng.poisson(20, 50).astype(float), np.full(50, 20.0)
    intervals = {0.2: (median - 6, median + 6), 0.05: (median - 9, median + 9)}
    losses = [scores.pinball(actual, median, 0.5)]
    for alpha, (low, high) in intervals.items():
        losses += [scores.pinball(actual, low, alpha / 2), scores.pinball(actual, high, 1 - alpha / 2)]
    assert scores.wis(actual, median, intervals) == pytest.approx(2 * np.mean(losses))
