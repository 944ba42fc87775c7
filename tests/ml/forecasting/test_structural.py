"""The served model: Gaussian arithmetic, calendar, intervals, refusal."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.forecasting import forecast_series, structural
from ml.forecasting.calendar import month_features, shared_profile
from ml.forecasting.diagnosis import level_shifts
from ml.forecasting.many import forecast_many


def months(values: np.ndarray, start: str = "2015-01") -> pd.Series:
    return pd.Series(values, index=pd.period_range(start, periods=len(values), freq="M"))


def panel(count: int, length: int = 60, seed: int = 0) -> dict[str, pd.Series]:
    rng = np.random.default_rng(seed)
    steps = np.arange(length)
    season = 1 + 0.2 * np.sin(2 * np.pi * steps / 12)
    return {f"s{row}": months(rng.poisson(rng.uniform(20, 200) * season)) for row in range(count)}


def test_forecast_and_spread_are_those_of_the_textbook_gaussian_process():
    """One grid point, against the plain formulas K*'K⁻¹z and k** - K*'K⁻¹K* (Rasmussen & Williams 2006, 2.25-2.26)."""
    grid = structural.GRIDS["M"]
    one = structural.Grid((0.1,), (1.0,), (0.7,), grid.slope, grid.year, grid.season, 0.0)
    x = np.random.default_rng(2).normal(size=(3, 40))
    parts = structural._parts(46, one)
    kernel = parts["fixed"] + 0.1 * parts["level"] + 0.7 * parts["season"]
    seen, across = kernel[:40, :40], kernel[:40, 40:]
    mean = (across.T @ np.linalg.solve(seen, x.T)).T
    square = np.einsum("nt,tu,nu->n", x, np.linalg.inv(seen), x) / 39
    spread = np.diag(kernel)[40:] - np.diag(across.T @ np.linalg.solve(seen, across))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(structural.GRIDS, "test", one)
        ours, sd = structural._average(x, 6, "test")
    assert ours == pytest.approx(mean, abs=1e-6)
    assert sd**2 == pytest.approx(np.outer(square, spread), rel=1e-6)


def test_a_month_counts_its_weekdays():
    features = month_features(pd.period_range("2026-02", "2026-03", freq="M"))
    # February 2026 has four of each weekday; March 2026 has five Sundays, Mondays and Tuesdays.
    assert features[0, 12:].tolist() == [0.0] * 6
    assert features[1, 12:].tolist() == [0.0, 0.0, -1.0, -1.0, -1.0, -1.0]


def test_a_shared_calendar_effect_is_found_in_many_series_and_shrunk_in_one():
    periods = pd.period_range("2015-01", periods=72, freq="M")
    features = month_features(periods)
    truth = features[:, 12:] @ np.array([0.01, 0.01, 0.01, 0.01, 0.01, -0.02])
    relative = truth + np.random.default_rng(3).normal(0, 0.1, (300, 72))
    many = shared_profile(relative, features)
    assert np.corrcoef(many, truth)[0, 1] > 0.9
    assert shared_profile(relative[:1], features).std() < many.std()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 500), min_size=3, max_size=50),
    st.integers(1, 15),
    st.sampled_from(["M", "W-SUN", "D"]),
)
def test_intervals_are_nested_and_no_count_is_below_zero(values: list[int], horizon: int, freq: str):
    counts = pd.Series(values, index=pd.period_range("2024-01-01", periods=len(values), freq=freq))
    answer = forecast_series(counts, horizon=horizon)
    assert [step.step for step in answer.steps] == list(range(1, horizon + 1))
    for step in answer.steps:
        assert 0 <= step.lo95 <= step.lo80 <= step.mean <= step.hi80 <= step.hi95
        assert np.isfinite(step.hi95)


def test_the_order_of_series_in_a_file_changes_no_forecast():
    series = panel(6)
    forward, _ = forecast_many(series, horizon=6)
    backward, _ = forecast_many(dict(reversed(series.items())), horizon=6)
    by_id = {one.series_id: one for one in backward}
    for one in forward:
        assert [step.mean for step in one.steps] == pytest.approx([step.mean for step in by_id[one.series_id].steps])


def test_series_of_different_calendars_do_not_meet():
    series = panel(3)
    alone, _ = forecast_many({"late": series["s0"].iloc[6:]}, horizon=6)
    beside, _ = forecast_many(series | {"late": series["s0"].iloc[6:]}, horizon=6)
    assert beside[-1] == alone[0]


def test_the_past_alone_makes_the_forecast():
    counts = panel(1, length=72)["s0"]
    changed = counts.copy()
    changed.iloc[60:] = 9999
    assert forecast_series(counts.iloc[:60], horizon=12) == forecast_series(changed.iloc[:60], horizon=12)


def test_intervals_cover_what_they_promise_on_steady_counts():
    series = panel(120, length=84, seed=5)
    forecasts, _ = forecast_many({name: one.iloc[:72] for name, one in series.items()}, horizon=12)
    inside = [
        (step.lo80 <= actual <= step.hi80, step.lo95 <= actual <= step.hi95)
        for one in forecasts
        for step, actual in zip(one.steps, series[one.series_id].iloc[72:], strict=True)
    ]
    cover80, cover95 = np.mean(inside, axis=0)
    assert 0.74 <= cover80 <= 0.86
    assert 0.92 <= cover95 <= 0.98


def test_a_series_that_seasonal_naive_forecasts_perfectly_is_refused_and_served_by_it():
    season = np.array([5, 80, 3, 99, 1, 60, 7, 45, 2, 88, 4, 70])
    answer = forecast_series(months(np.tile(season, 6)), horizon=12)
    assert answer.refused is not None
    assert "seasonal naive" in answer.refused
    assert answer.model == "seasonal_naive"
    assert [step.mean for step in answer.steps] == season.tolist()


def test_a_model_with_skill_is_served_with_its_record():
    rng = np.random.default_rng(8)
    answer = forecast_series(months(rng.poisson(100, 72)), horizon=12)
    assert answer.refused is None
    assert answer.model == "structural"
    assert answer.record is not None
    assert answer.record.origins == 3
    assert answer.record.skill is not None
    assert answer.record.skill > 0


def test_a_short_history_is_forecast_and_named():
    answer = forecast_series(months(np.array([4, 6, 5, 7, 6])), horizon=2)
    assert any("short history: 5 months" in note for note in answer.notes)
    assert answer.record is None


def test_a_level_shift_is_found_where_it_is_and_named():
    rng = np.random.default_rng(4)
    values = np.r_[rng.poisson(100, 40), rng.poisson(50, 20)].astype(float)
    (at,) = level_shifts(values, 12)
    assert at == pytest.approx(40, abs=1)
    answer = forecast_series(months(values.astype(int)), horizon=6)
    assert any("level shift at 2018-0" in note for note in answer.notes)
    assert answer.steps[0].mean == pytest.approx(50, rel=0.3)


def test_a_steady_series_has_no_level_shift():
    found = [level_shifts(np.random.default_rng(seed).poisson(100, 72).astype(float), 12) for seed in range(40)]
    assert found.count(()) >= 39


def test_a_mostly_empty_series_is_named_and_stays_low():
    values = np.zeros(48, dtype=int)
    values[::9] = 1
    answer = forecast_series(months(values), horizon=3)
    assert any("mostly empty" in note for note in answer.notes)
    assert answer.steps[0].mean < 1


def test_series_that_mirror_each_other_share_no_calendar_effect():
    """Their mean is zero in every month, so nothing is left to be noise of it."""
    wave = np.tile([1.0, -1.0], 18)
    features = month_features(pd.period_range("2020-01", periods=36, freq="M"))
    assert shared_profile(np.array([wave, -wave]), features).tolist() == pytest.approx([0.0] * 36)
