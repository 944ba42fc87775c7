"""The named baseline is statsmodels' own SARIMA, and says so where it cannot be served."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.tsa.statespace.sarimax import SARIMAX

from core.errors import InputError
from ml.forecasting import evaluate_split, forecast_series, rolling_origins
from ml.forecasting.blas import one_thread
from ml.forecasting.sarima import sarima


def monthly(count: int, *, seed: int = 3, start: str = "2019-01") -> pd.Series:
    """Counts with a season, a slow rise and Poisson noise."""
    steps = np.arange(count)
    level = 60 + 0.3 * steps + 15 * np.sin(2 * np.pi * steps / 12)
    counts = np.random.default_rng(seed).poisson(level)
    return pd.Series(counts, index=pd.period_range(start, periods=count, freq="M"))


def test_sarima_gives_what_statsmodels_gives():
    counts = monthly(72)
    ours = sarima(counts.to_numpy(float), season=12, horizon=12)
    model = SARIMAX(counts.to_numpy(float), order=(1, 1, 1), seasonal_order=(1, 1, 1, 12))
    with one_thread():
        ahead = model.fit(disp=False, maxiter=200).get_forecast(12)
    assert ours.mean == pytest.approx(ahead.predicted_mean, rel=0.01)
    assert ours.bounds.hi95 - ours.mean == pytest.approx(1.96 * ahead.se_mean, rel=0.03)


def test_a_warm_start_reaches_the_same_forecast():
    values = monthly(72).to_numpy(float)
    cold = sarima(values, season=12, horizon=12)
    warm = sarima(values, season=12, horizon=12, start=cold.parameters)
    assert warm.mean == pytest.approx(cold.mean, rel=0.005)


def test_a_history_under_two_years_is_refused_with_the_reason_and_a_named_fallback():
    answer = forecast_series(monthly(20), horizon=3, model="sarima")
    assert answer.refused is not None
    assert "20" in answer.refused
    assert "24" in answer.refused
    assert answer.model != "sarima"
    assert [step.period for step in answer.steps] == ["2020-09", "2020-10", "2020-11"]


def test_a_history_that_never_changes_is_forecast_as_it_is():
    flat = pd.Series(7, index=pd.period_range("2019-01", periods=48, freq="M"))
    answer = forecast_series(flat, horizon=4, model="sarima")
    assert [step.mean for step in answer.steps] == [7.0] * 4


@pytest.mark.parametrize("share", [0.7, 0.8])
def test_a_split_is_scored_on_all_of_the_later_part(share: float):
    counts = monthly(60)
    scored = evaluate_split(counts, train_share=share)
    assert scored.train_periods == int(60 * share)
    assert scored.train_periods + scored.test_periods == 60
    assert scored.rmse == pytest.approx(scored.mse**0.5)
    assert scored.model == "sarima"


def test_a_share_that_leaves_no_test_is_refused():
    with pytest.raises(InputError, match="train_share"):
        evaluate_split(monthly(30), train_share=1.0)


def test_rolling_origins_walk_forward_one_horizon_at_a_time():
    scored = rolling_origins(monthly(60), horizon=6, origins=3, model="sarima")
    assert [one.train_periods for one in scored] == [42, 48, 54]
    assert {one.test_periods for one in scored} == {6}


@pytest.mark.parametrize(("freq", "count", "first"), [("W-SUN", 160, "2023-W04"), ("D", 200, "2020-07-19")])
def test_weeks_and_days_are_forecast_on_their_own_calendar(freq: str, count: int, first: str):
    rng = np.random.default_rng(5)
    counts = pd.Series(rng.poisson(40, count), index=pd.period_range("2020-01-01", periods=count, freq=freq))
    answer = forecast_series(counts, horizon=3, model="sarima")
    assert answer.model == "sarima"
    assert answer.steps[0].period == first
