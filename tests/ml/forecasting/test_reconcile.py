"""Days, weeks and months add up, and the surer one moves less."""

import numpy as np
import pandas as pd
import pytest

from core.errors import InputError
from ml.forecasting import forecast_series
from ml.forecasting.reconcile import reconcile
from ml.forecasting.results import Forecast, ForecastStep


def steps(periods: list[str], mean: float, half: float) -> tuple[ForecastStep, ...]:
    return tuple(
        ForecastStep(at, period, mean, mean - half / 2, mean + half / 2, mean - half, mean + half)
        for at, period in enumerate(periods, start=1)
    )


def days(mean: float, half: float) -> Forecast:
    return Forecast("a", "structural", "D", steps([f"2026-02-{day:02d}" for day in range(1, 29)], mean, half))


def february(mean: float, half: float) -> Forecast:
    return Forecast("a", "structural", "M", steps(["2026-02"], mean, half))


def test_days_add_up_to_their_month():
    fine, monthly = reconcile(days(10.0, 4.0), february(310.0, 30.0))
    total = sum(step.mean for step in fine.steps)
    assert total == pytest.approx(monthly.steps[0].mean)
    assert 280 < total < 310


def test_a_sure_month_moves_the_days_and_sure_days_move_the_month():
    assert reconcile(days(10.0, 4.0), february(310.0, 1e-6))[1].steps[0].mean == pytest.approx(310)
    assert reconcile(days(10.0, 1e-6), february(310.0, 30.0))[1].steps[0].mean == pytest.approx(280, abs=0.01)


def test_no_day_goes_below_zero():
    fine, monthly = reconcile(days(1.0, 1.0), february(2.0, 0.1))
    assert min(step.mean for step in fine.steps) >= 0
    assert sum(step.mean for step in fine.steps) == pytest.approx(monthly.steps[0].mean)


def test_a_month_that_the_days_do_not_cover_stays_as_it_is():
    march = Forecast("a", "structural", "M", steps(["2026-03"], 300.0, 30.0))
    assert reconcile(days(10.0, 4.0), march)[1] == march


def test_weeks_over_two_months_are_shared_by_days():
    weeks = Forecast("a", "structural", "W", steps([f"2026-W{week:02d}" for week in range(5, 15)], 70.0, 20.0))
    months = Forecast("a", "structural", "M", steps(["2026-02", "2026-03"], 300.0, 20.0))
    fine, monthly = reconcile(weeks, months)
    daily = {
        day: step.mean / 7
        for step in fine.steps
        for day in pd.date_range(pd.to_datetime(f"{step.period}-1", format="%G-W%V-%u"), periods=7)
    }
    february_days = sum(value for day, value in daily.items() if day.month == 2)
    assert february_days == pytest.approx(monthly.steps[0].mean)


def test_real_forecasts_of_both_grains_agree_in_the_end():
    counts = np.random.default_rng(2).poisson(20, 731)
    daily = pd.Series(counts, index=pd.period_range("2024-01-01", periods=731, freq="D"))
    months = daily.groupby(daily.index.asfreq("M")).sum()
    fine, monthly = reconcile(forecast_series(daily, horizon=31), forecast_series(months, horizon=1))
    assert sum(step.mean for step in fine.steps) == pytest.approx(monthly.steps[0].mean)


def test_months_are_not_reconciled_with_months():
    with pytest.raises(InputError, match="allowed"):
        reconcile(february(1.0, 1.0), february(1.0, 1.0))
