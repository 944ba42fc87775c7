"""Weeks are served with a share of seasonal naive, and refused where that does not beat it.

Belongs here: decision 0011. Does not belong here: months and days (test_structural.py).
"""

import numpy as np
import pandas as pd

from ml.forecasting import forecast_series
from ml.forecasting.replay import Replay, left_out, records, stretches
from ml.forecasting.results import Bounds
from ml.forecasting.seasons import grain_of

WEEKS = 261


def weeks(values):
    return pd.Series(
        np.asarray(values, dtype=float), index=pd.period_range("2019-01-07", periods=len(values), freq="W-SUN")
    )


def waves(seed=1, late=4):
    """Winter waves of one shape, each some weeks early or late, on tens of thousands of visits."""
    rng = np.random.default_rng(seed)
    time = np.arange(WEEKS)
    shift = np.repeat(rng.integers(-late, late + 1, WEEKS // 52 + 1), 52)[:WEEKS]
    return rng.poisson(8_000 + 30_000 * np.exp(-(((time + shift) % 52 - 26) ** 2) / 40.0)).astype(float)


def test_waves_are_served_with_a_share_of_last_year_and_beat_it_on_their_record():
    answer = forecast_series(weeks(waves()), horizon=8)
    assert answer.model == "structural+seasonal_naive"
    assert answer.refused is None
    assert answer.record.origins == 8
    assert answer.record.mae < answer.record.naive_mae


def test_weeks_that_repeat_last_year_exactly_are_refused_and_served_by_it():
    year = np.random.default_rng(3).poisson(200, 52)
    answer = forecast_series(weeks(np.tile(year, 6)[:WEEKS]), horizon=8)
    assert answer.model == "seasonal_naive"
    assert "did not beat seasonal naive from 8 origins" in answer.refused
    assert [step.mean for step in answer.steps] == [float(year[(WEEKS + step) % 52]) for step in range(8)]


def test_the_structural_model_asked_for_by_name_is_served_without_a_mix():
    assert forecast_series(weeks(waves()), horizon=8, model="structural").model == "structural"


def replay(actual, half=1.0):
    mean = np.full((1, len(actual)), 10.0)
    bounds = Bounds(mean - half, mean + half, mean - 2 * half, mean + 2 * half)
    return Replay(np.array([actual], dtype=float), mean, mean, bounds)


def test_intervals_stretch_to_what_they_would_have_had_to_cover():
    seen = [replay([7.0, 8.0, 12.0, 13.0, 10.0])] * 4
    at80, at95 = stretches(seen)
    assert at80[0] == 3.0 and at95[0] == 1.5
    assert stretches([replay([10.0] * 5)] * 4)[0][0] == 0.5


def test_coverage_is_measured_with_what_the_other_origins_taught():
    calm, wild = replay([10.5, 9.5, 10.2]), replay([16.0, 4.0, 17.0])
    grain = grain_of(weeks(waves()).index)
    own = records([calm, calm, calm, wild], np.ones((1, 60)), grain)[0]
    honest = records(left_out([calm, calm, calm, wild]), np.ones((1, 60)), grain)[0]
    assert own.coverage80 == 0.75
    assert honest.coverage80 <= own.coverage80
