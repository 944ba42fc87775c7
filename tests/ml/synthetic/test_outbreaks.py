"""Daily counts: their expectation, their overdispersion, and outbreaks that can be seen."""

import itertools
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from ml.synthetic import Hospital
from ml.synthetic.conditions import CONDITIONS
from ml.synthetic.counts import OUTBREAK_GAP_DAYS, OUTBREAK_SIZES, draw_counts

FIRST = date(2015, 1, 5)
DAYS = 7 * 520


def _draw(seed: int, total: float = 400_000):
    return draw_counts(CONDITIONS, total=total, first_day=FIRST, n_days=DAYS, rng=np.random.default_rng(seed))


def test_every_outbreak_size_occurs_and_none_overlaps_its_neighbour() -> None:
    outbreaks = _draw(1).outbreaks
    assert {o.size for o in outbreaks} == set(OUTBREAK_SIZES)
    for condition in {o.condition for o in outbreaks}:
        starts = sorted(o.start for o in outbreaks if o.condition == condition)
        assert all(b - a >= timedelta(days=OUTBREAK_GAP_DAYS - 14) for a, b in itertools.pairwise(starts))
    assert all(o.start >= FIRST + timedelta(days=365) for o in outbreaks)


def test_one_outbreak_is_going_on_when_the_data_stop() -> None:
    daily = _draw(2)
    last = daily.outbreaks[-1]
    assert FIRST + timedelta(days=DAYS) - last.start < timedelta(days=21)
    assert last.size == max(OUTBREAK_SIZES)


def test_outbreak_cases_are_as_many_as_size_and_spread_say() -> None:
    outbreaks = [o for seed in range(6) for o in _draw(seed).outbreaks[:-1]]
    expected = np.array([o.size * o.weekly_sd for o in outbreaks])
    cases = np.array([o.cases for o in outbreaks])
    # The sum of Poisson counts: within four of its standard deviations.
    assert abs(cases.sum() - expected.sum()) < 4 * np.sqrt(expected.sum())


def test_large_outbreaks_stand_out_of_the_weekly_counts(hospital: Hospital) -> None:
    frame = hospital.registrations
    expected = hospital.truth["rate_per_month"]
    large = [o for o in hospital.truth["outbreaks"] if o["size"] == 10]
    assert large
    for outbreak in large:
        start = pd.Timestamp(outbreak["start"], tz="UTC")
        mine = frame["condition"] == outbreak["condition"]
        seen = (mine & frame["registered_at"].between(start, start + pd.Timedelta(days=14))).sum()
        usual = expected[outbreak["condition"]][outbreak["start"][:7]] * 14 / 31
        assert seen > usual + 2.5 * outbreak["weekly_sd"], outbreak


def test_counts_are_overdispersed_as_stated_but_right_on_average() -> None:
    totals, expected = [], []
    for seed in range(8):
        daily = _draw(seed)
        row = [c.name for c in CONDITIONS].index("Stroke")  # no outbreaks there
        totals.append(daily.counts[row].reshape(-1, 7).sum(axis=1))
        expected.append(daily.expected[row].reshape(-1, 7).sum(axis=1))
    x, mu = np.concatenate(totals), np.concatenate(expected)
    cv = next(c.weekly_cv for c in CONDITIONS if c.name == "Stroke")
    assert x.mean() == pytest.approx(mu.mean(), rel=0.02)
    assert ((x - mu) ** 2).mean() == pytest.approx((mu + (cv * mu) ** 2).mean(), rel=0.1)


def test_a_short_period_has_no_outbreaks() -> None:
    daily = draw_counts(CONDITIONS, total=500, first_day=FIRST, n_days=300, rng=np.random.default_rng(1))
    assert daily.outbreaks == ()


def test_truth_lists_rates_of_every_month_and_condition(hospital: Hospital) -> None:
    rates = hospital.truth["rate_per_month"]
    assert set(rates) == {c.name for c in CONDITIONS}
    months = pd.period_range("2022-11", "2026-10", freq="M").astype(str).tolist()
    assert all(list(per_month)[-48:] == months for per_month in rates.values())
