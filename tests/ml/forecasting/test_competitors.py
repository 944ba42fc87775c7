"""The competitors are the library's own, and the competition ranks them."""

import numpy as np
import pandas as pd
import pytest
from statsforecast.models import Theta

from core.errors import InputError
from ml.forecasting import compete, forecast_series

RNG = np.random.default_rng(6)
STEPS = np.arange(60)
COUNTS = pd.Series(
    RNG.poisson(80 + 20 * np.sin(2 * np.pi * STEPS / 12)), index=pd.period_range("2020-01", periods=60, freq="M")
)


def test_theta_is_statsforecasts_theta():
    theirs = Theta(season_length=12).forecast(y=COUNTS.to_numpy(float), h=6)["mean"]
    ours = forecast_series(COUNTS, horizon=6, model="theta")
    assert [step.mean for step in ours.steps] == pytest.approx(theirs.tolist())


@pytest.mark.parametrize("model", ["ets", "dot", "auto_arima", "combination"])
def test_every_competitor_gives_ordered_intervals_under_its_name(model: str):
    answer = forecast_series(COUNTS, horizon=3, model=model)
    assert answer.model == model
    assert all(0 <= step.lo95 <= step.lo80 <= step.mean <= step.hi80 <= step.hi95 for step in answer.steps)


def test_a_competitor_without_two_seasons_drops_the_season_and_says_so():
    answer = forecast_series(COUNTS.iloc[:15], horizon=2, model="theta")
    assert any("without a season" in note for note in answer.notes)


def test_the_competition_is_ranked_by_error_from_the_same_origins():
    table = compete(COUNTS, horizon=6, models=("seasonal_naive", "theta", "auto"))
    assert [one.mae for one in table] == sorted(one.mae for one in table)
    assert {one.test_periods for one in table} == {18}
    naive = next(one for one in table if one.model == "seasonal_naive")
    assert naive.skill == pytest.approx(0.0)


def test_an_unknown_model_is_refused_with_the_names_that_exist():
    with pytest.raises(InputError, match="sarima"):
        forecast_series(COUNTS, horizon=1, model="crystal_ball")
