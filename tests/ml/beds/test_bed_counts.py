"""Distributions of counts against brute force and against their moments."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from ml.beds.counting import mean_of, mixed_poisson, poisson_binomial, quantile, summed

CHANCES = st.lists(st.floats(0, 1), max_size=9)
PMFS = st.lists(st.floats(0, 1), min_size=1, max_size=6).map(poisson_binomial)


@given(CHANCES)
def test_unlike_coins_are_counted_as_by_trying_every_outcome(chances):
    by_hand = [0.0] * (len(chances) + 1)
    for faces in product((0, 1), repeat=len(chances)):
        weight = 1.0
        for face, chance in zip(faces, chances, strict=True):
            weight *= chance if face else 1 - chance
        by_hand[sum(faces)] += weight
    assert poisson_binomial(chances) == pytest.approx(by_hand, abs=1e-12)


@given(st.floats(0, 200), st.floats(0, 2))
def test_a_mixed_count_has_the_mean_and_the_variance_that_were_asked_for(mean, spread):
    pmf = mixed_poisson(mean, spread)
    assert sum(pmf) == pytest.approx(1, abs=1e-6)
    assert all(value >= 0 for value in pmf)
    assert mean_of(pmf) == pytest.approx(mean, rel=1e-4, abs=1e-6)
    variance = sum((count - mean) ** 2 * value for count, value in enumerate(pmf))
    assert variance == pytest.approx(mean + spread * mean**2, rel=2e-3, abs=1e-6)


@given(PMFS, PMFS)
def test_the_mean_of_a_sum_is_the_sum_of_the_means(left, right):
    found = summed(left, right)
    assert sum(found) == pytest.approx(1)
    assert mean_of(found) == pytest.approx(mean_of(left) + mean_of(right))


@given(PMFS, st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_a_quantile_is_the_smallest_count_that_suffices_and_never_falls(pmf, level, other):
    found = quantile(pmf, level)
    assert sum(pmf[: found + 1]) >= level - 1e-9
    assert sum(pmf[:found]) < level
    assert (quantile(pmf, other) >= found) or other <= level


@pytest.mark.parametrize("chance", [-0.1, 1.1, float("nan")])
def test_a_chance_outside_of_0_to_1_is_refused_by_name(chance):
    with pytest.raises(InputError, match=r"0 to 1 is allowed"):
        poisson_binomial([0.5, chance])


@pytest.mark.parametrize(("mean", "spread"), [(-1, 0), (1, -1), (float("inf"), 0), (float("nan"), 0)])
def test_a_mean_below_0_is_refused_by_name(mean, spread):
    with pytest.raises(InputError, match=r"0 or more is allowed"):
        mixed_poisson(mean, spread)
