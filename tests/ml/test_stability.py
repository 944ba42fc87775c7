"""The population stability index, its bins, and what chance alone gives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.stability import bin_shares, decile_edges, index_beyond_chance, population_stability_index


def test_the_index_of_equal_distributions_is_zero_and_symmetric_otherwise():
    one, other = np.array([0.5, 0.5]), np.array([0.9, 0.1])
    assert population_stability_index(one, one) == 0
    assert population_stability_index(one, other) == pytest.approx(population_stability_index(other, one))
    assert population_stability_index(one, other) == pytest.approx(0.4 * np.log(1.8) - 0.4 * np.log(0.2))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0.0, 1.0), min_size=2, max_size=12), st.lists(st.floats(0.0, 1.0), min_size=12, max_size=12))
def test_the_index_is_zero_for_equal_shares_symmetric_and_never_negative(one, other):
    first = np.array(one) + 1e-9
    second = np.array(other[: len(one)]) + 1e-9
    first, second = first / first.sum(), second / second.sum()
    assert population_stability_index(first, first) == pytest.approx(0.0)
    assert population_stability_index(first, second) == pytest.approx(population_stability_index(second, first))
    assert population_stability_index(first, second) >= 0.0


def test_deciles_hold_a_tenth_each_and_the_missing_have_a_share_of_their_own():
    values = np.arange(1.0, 1001.0)
    edges = decile_edges(values)
    assert bin_shares(values, edges) == pytest.approx([0.1] * 10 + [0.0])
    half_gone = np.where(np.arange(1000) % 2 == 0, np.nan, values)
    assert bin_shares(half_gone, edges)[-1] == 0.5
    assert bin_shares(np.array([np.inf, 1.0]), edges)[-1] == 0.5, "what is infinite is no value"
    assert len(decile_edges(np.empty(0))) == 0


def test_a_weight_is_as_many_rows():
    values, weights = np.array([1.0, 2.0, 3.0]), np.array([5.0, 1.0, 4.0])
    spread = np.repeat(values, weights.astype(int))
    edges = np.array([1.5, 2.5])
    assert bin_shares(values, edges, weights) == pytest.approx(bin_shares(spread, edges))
    assert set(decile_edges(values, weights)) <= set(values)


def test_two_samples_of_one_distribution_are_on_average_no_further_apart_than_chance_gives():
    rng = np.random.default_rng(3)
    shares = np.full(10, 0.1)
    raw, left = [], []
    for _ in range(400):
        one, other = rng.multinomial(500, shares) / 500, rng.multinomial(300, shares) / 300
        raw.append(population_stability_index(one, other))
        left.append(index_beyond_chance(one, other, n_expected=500, n_actual=300))
    assert np.mean(raw) == pytest.approx(9 * (1 / 500 + 1 / 300), rel=0.1)
    assert np.mean(left) < np.mean(raw) / 3
    assert min(left) == 0.0
