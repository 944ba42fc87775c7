"""How many patients to expect: the hospital's monthly registrations, forecast, with the forecast's measured error.

Belongs here: `predict_patient_volume`. Does not belong here: any forecasting model (ml.forecasting).
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import pandas as pd

from core.errors import InputError
from ml.analytics.counting import month_text, monthly_counts, monthly_series, need
from ml.forecasting import Evaluation, Forecast, evaluate_split, forecast_series

SERIES_ID: Final = "all"
HORIZON_MONTHS: Final = 12
TRAIN_SHARE: Final = 0.7
#: The requirement's model, scored on the 70-30 split whatever is served.
NAMED_BASELINE: Final = "sarima"
COMPETITORS: Final = ("sarima", "seasonal_naive")


@dataclass(frozen=True)
class MonthCount:
    month: str
    count: int | None


@dataclass(frozen=True)
class ForecastMonth:
    """Expected registrations of a month with 80 and 95 % intervals."""

    step: int
    month: str
    mean: float
    lo80: float
    hi80: float
    lo95: float
    hi95: float


@dataclass(frozen=True)
class SplitEvaluation:
    """How the model did on the last 30 % of the months, fitted on the first 70 %; fields as in `Evaluation`."""

    split: str
    train_months: int
    test_months: int
    mae: float
    mse: float
    rmse: float
    mape: float | None
    mase: float | None
    skill: float | None
    coverage80: float
    coverage95: float


@dataclass(frozen=True)
class Competitor:
    model: str
    mae: float
    mase: float | None


@dataclass(frozen=True)
class PatientVolume:
    """`model` made the forecast; `evaluation` is that of SARIMA(1,1,1)(1,1,1,12), the named baseline."""

    series_id: str
    model: str
    refused: str | None
    notes: tuple[str, ...]
    history: tuple[MonthCount, ...]
    forecast: tuple[ForecastMonth, ...]
    evaluation: SplitEvaluation | None
    competitors: tuple[Competitor, ...]


def predict_patient_volume(
    df: pd.DataFrame, *, horizon: int = HORIZON_MONTHS, model: str = "auto", as_of: datetime | date | None = None
) -> PatientVolume:
    """Forecast the hospital's monthly registrations.

    Parameters
    ----------
    df : DataFrame
        Validated registrations; `registered_at` and `condition` are read.
    horizon : int
        Months ahead, 1 or more.
    model : str
        As in `ml.forecasting.forecast_series`.
    as_of : datetime or date, optional
        Up to when the data are complete; an incomplete first or last month is left out.

    Returns
    -------
    PatientVolume
        Without a complete month, `refused` says so and all parts are empty.

    Raises
    ------
    InputError
        If a column is missing, the model is unknown or the horizon below 1.
    """
    need(df, ("registered_at", "condition"))
    if horizon < 1:
        raise InputError(f"horizon is {horizon}; 1 or more months are allowed", code="invalid_horizon")
    monthly = monthly_counts(df, as_of=as_of)
    totals = monthly.counts.sum(axis=0)
    if totals.size == 0:
        why = "no calendar month is complete: one whole month of registrations is needed, 24 for a season"
        return PatientVolume(SERIES_ID, "none", why, (), (), (), None, ())
    series = monthly_series(totals, monthly.first)
    forecast = forecast_or_refusal(series, horizon=horizon, model=model, series_id=SERIES_ID)
    evaluation, note = _evaluate(series, NAMED_BASELINE)
    scored = [(name, evaluation if name == NAMED_BASELINE else _evaluate(series, name)[0]) for name in COMPETITORS]
    return PatientVolume(
        series_id=SERIES_ID,
        model=forecast.model,
        refused=forecast.refused,
        notes=(*forecast.notes, *((note,) if note else ())),
        history=tuple(
            MonthCount(month_text(int(number)), int(total))
            for number, total in zip(monthly.numbers, totals, strict=True)
        ),
        forecast=forecast_months(forecast),
        evaluation=_split(evaluation) if evaluation else None,
        competitors=tuple(Competitor(name, score.mae, score.mase) for name, score in scored if score is not None),
    )


def forecast_or_refusal(series: pd.Series, *, horizon: int, model: str, series_id: str) -> Forecast:
    """Forecast a monthly series; where it is too short for any model, return no steps and the reason."""
    try:
        return forecast_series(series, horizon=horizon, model=model, series_id=series_id)
    except InputError as error:
        if error.code != "too_short":
            raise
        return Forecast(series_id, "none", "M", (), error.message)


def forecast_months(forecast: Forecast) -> tuple[ForecastMonth, ...]:
    """Return the steps of a monthly forecast in the shape of the analyses."""
    return tuple(
        ForecastMonth(step.step, step.period, step.mean, step.lo80, step.hi80, step.lo95, step.hi95)
        for step in forecast.steps
    )


def _evaluate(series: pd.Series, model: str) -> tuple[Evaluation | None, str | None]:
    """Score a model on the 70-30 split; None, and why, where the history is too short to be split."""
    try:
        return evaluate_split(series, train_share=TRAIN_SHARE, model=model), None
    except InputError as error:
        if error.code == "unknown_model":
            raise
        return None, f"no evaluation: {error.message}"


def _split(score: Evaluation) -> SplitEvaluation:
    return SplitEvaluation(
        split="70-30",
        train_months=score.train_periods,
        test_months=score.test_periods,
        mae=score.mae,
        mse=score.mse,
        rmse=score.rmse,
        mape=score.mape,
        mase=score.mase,
        skill=score.skill,
        coverage80=score.coverage80,
        coverage95=score.coverage95,
    )
