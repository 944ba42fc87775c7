"""The arithmetic of capacity."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from core.errors import InputError
from ml.capacity import CapacityRule, capacity_need, poisson_interval


@given(st.floats(0, 500), st.integers(1, 400), st.floats(0.5, 20), st.floats(0, 1))
def test_more_registrations_never_need_fewer_beds(rate, beds, stay, share):
    rule = CapacityRule(beds=beds, stay_days=stay, admitted_share=share)
    less, more = capacity_need(rate, rule), capacity_need(rate * 1.2, rule)
    assert less.beds_needed <= more.beds_needed
    assert less.full_share <= more.full_share + 1e-9
    assert 0 <= more.full_share <= 1


def test_the_beds_suffice_on_the_promised_share_of_simulated_days():
    """M/G/∞ by simulation, with stays that are anything but exponential."""
    rng = np.random.default_rng(7)
    days, rate, stay = 4000, 12.0, 4.5
    arrivals = np.repeat(np.arange(days), rng.poisson(rate, days))
    leaves = arrivals + rng.choice([1.0, 8.0], size=len(arrivals))
    in_use = np.array([np.sum((arrivals <= day) & (leaves > day)) for day in range(50, days)])
    need = capacity_need(60.0, CapacityRule(beds=70, stay_days=stay, admitted_share=0.2))
    assert abs(in_use.mean() - need.beds_mean) < 1.5
    assert abs(np.mean(in_use <= need.beds_needed) - 0.95) < 0.03


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"beds": 0}, "beds is 0"),
        ({"stay_days": 0}, "stay_days is 0"),
        ({"admitted_share": 1.5}, "admitted_share is 1.5"),
        ({"visits_per_nurse_shift": 0.0}, "visits_per_nurse_shift is 0.0"),
        ({"visits_per_nurse_shift": math.nan}, "visits_per_nurse_shift is nan"),
        ({"shifts_per_day": -3.0}, "shifts_per_day is -3.0"),
    ],
)
def test_a_figure_that_cannot_be_is_named(change, named):
    with pytest.raises(InputError, match=named):
        capacity_need(10, CapacityRule(**change))


@pytest.mark.parametrize("mean", [0.0, 1e-3, 0.8, 3.0, 40.0, 700.0, 800.0, 12_345.6])
@pytest.mark.parametrize("assurance", [0.5, 0.95, 0.999999])
def test_beds_are_the_quantile_of_a_poisson_variable(mean, assurance):
    need = capacity_need(mean, CapacityRule(beds=100, stay_days=1, admitted_share=1, assurance=assurance))
    assert need.beds_needed == stats.poisson.ppf(assurance, mean)
    assert need.full_share == pytest.approx(stats.poisson.sf(100, mean), abs=1e-9)
    low, high = poisson_interval(mean, 0.8)
    assert stats.poisson.cdf(high, mean) - stats.poisson.cdf(low - 1, mean) >= 0.8


@pytest.mark.parametrize("mean", [0.1, 7.0, 333.0, 5000.0])
def test_the_search_for_beds_ends_although_sums_of_doubles_never_reach_the_assurance(mean):
    need = capacity_need(mean, CapacityRule(stay_days=1, admitted_share=1, assurance=math.nextafter(1, 0)))
    assert mean < need.beds_needed < mean + 15 * math.sqrt(mean) + 100


def test_the_largest_hospital_that_is_allowed_is_counted_around_its_mean_and_not_from_zero():
    need = capacity_need(100_000, CapacityRule(stay_days=365, admitted_share=1))
    assert need.beds_needed == stats.poisson.ppf(0.95, 36_500_000)
    assert need.full_share == 1
