"""The hospital's months: history as counted, forecast with intervals, an honest no where there is too little."""

from dataclasses import asdict

import orjson
import pandas as pd
import pytest

from core.errors import InputError
from ml.analytics import predict_patient_volume
from ml.analytics.counting import monthly_series
from ml.forecasting import evaluate_split
from ml.synthetic import Hospital


def test_history_is_the_complete_months_and_the_forecast_follows_it(hospital: Hospital) -> None:
    found = predict_patient_volume(hospital.registrations, horizon=6, competitors=("seasonal_naive",))
    months = hospital.registrations["registered_at"].dt.strftime("%Y-%m").value_counts()
    assert [month.month for month in found.history] == pd.period_range("2022-11", "2026-10", freq="M").astype(
        str
    ).tolist()
    assert all(month.count == months[month.month] for month in found.history)
    assert [step.month for step in found.forecast] == [
        f"{2026 if m > 10 else 2027}-{m:02d}" for m in (11, 12, 1, 2, 3, 4)
    ]
    assert all(s.lo95 <= s.lo80 <= s.mean <= s.hi80 <= s.hi95 for s in found.forecast)
    assert found.refused is None


def test_the_forecast_is_near_what_the_hospital_is_made_to_see(hospital: Hospital) -> None:
    frame = hospital.registrations
    known = frame[frame["registered_at"] < pd.Timestamp("2026-05-01", tz="UTC")]
    found = predict_patient_volume(known, horizon=6, competitors=("seasonal_naive",))
    actual = frame["registered_at"].dt.strftime("%Y-%m").value_counts()
    errors = [abs(step.mean / actual[step.month] - 1) for step in found.forecast]
    assert sum(errors) / len(errors) < 0.15


def test_the_evaluation_is_the_70_30_split_of_sarima(hospital: Hospital) -> None:
    found = predict_patient_volume(hospital.registrations, horizon=1, competitors=())
    totals = pd.Series([month.count for month in found.history]).to_numpy()
    reference = evaluate_split(monthly_series(totals, (2022 - 1970) * 12 + 10), train_share=0.7, model="sarima")
    assert (found.evaluation.train_months, found.evaluation.test_months) == (33, 15)
    assert found.evaluation.mae == pytest.approx(reference.mae)
    assert found.evaluation.rmse == pytest.approx(found.evaluation.mse**0.5)


def test_competitors_are_scored_from_the_same_origins_best_first(hospital: Hospital) -> None:
    names = ("seasonal_naive", "theta", "auto")
    found = predict_patient_volume(hospital.registrations, horizon=3, competitors=names)
    assert {c.model for c in found.competitors} == set(names)
    assert [c.mae for c in found.competitors] == sorted(c.mae for c in found.competitors)
    with pytest.raises(InputError, match="crystal_ball"):
        predict_patient_volume(hospital.registrations, competitors=("crystal_ball",))


@pytest.mark.parametrize("days", [[], ["2026-01-07"]])
def test_without_a_complete_month_it_refuses_and_says_what_is_needed(make_frame, days: list[str]) -> None:
    found = predict_patient_volume(make_frame(days))
    assert "no calendar month is complete" in found.refused
    assert (found.history, found.forecast, found.evaluation) == ((), (), None)


def test_a_short_history_is_forecast_but_not_evaluated(make_frame) -> None:
    found = predict_patient_volume(make_frame(pd.date_range("2026-01-01", "2026-03-31 23:00", freq="h")), horizon=2)
    assert len(found.history) == 3
    assert len(found.forecast) == 2
    assert found.evaluation is None
    assert any("no evaluation" in note for note in found.notes)


def test_two_months_are_too_few_for_any_model_and_it_says_so(make_frame) -> None:
    found = predict_patient_volume(make_frame(pd.date_range("2026-01-01", "2026-02-28 23:00", freq="h")), horizon=2)
    assert (len(found.history), found.forecast, found.model) == (2, (), "none")
    assert "at least 3 are needed" in found.refused


def test_a_horizon_below_one_is_refused(make_frame) -> None:
    with pytest.raises(InputError, match="horizon is 0"):
        predict_patient_volume(make_frame([]), horizon=0)


def test_the_result_becomes_json(hospital: Hospital) -> None:
    data = orjson.loads(orjson.dumps(asdict(predict_patient_volume(hospital.registrations, horizon=2, competitors=()))))
    assert list(data) == [
        "series_id", "model", "refused", "notes", "history", "forecast", "evaluation", "competitors",
    ]  # fmt: skip
