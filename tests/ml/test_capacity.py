"""The arithmetic of capacity."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from ml.capacity import CapacityRule, capacity_need


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
    ("change", "named"), [({"beds": 0}, "beds"), ({"stay_days": 0}, "stay_days"), ({"admitted_share": 1.5}, "admitted")]
)
def test_a_figure_that_cannot_be_is_named(change, named):
    with pytest.raises(InputError, match=named):
        capacity_need(10, CapacityRule(**change))
