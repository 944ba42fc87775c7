"""How many patients to expect: the hospital's monthly registrations, forecast, with the forecast's measured error.

Belongs here: `predict_patient_volume`. Does not belong here: any forecasting model (ml.forecasting).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import pandas as pd

from core.errors import InputError
from ml.analytics.ahead import TOO_SHORT, ForecastMonth, expected_months, forecast_months, hospital_series
from ml.analytics.counting import month_text, monthly_counts, need
from ml.forecasting import Evaluation, compete, evaluate_split
from ml.forecasting.board import ALL

HORIZON_MONTHS: Final = 12
TRAIN_SHARE: Final = 0.7
#: The requirement's model, scored on the 70-30 split whatever is served.
NAMED_BASELINE: Final = "sarima"
#: Scored side by side from three rolling origins, best first; "auto" is what is served.
COMPETITORS: Final = ("auto", "sarima", "ets", "theta", "dot", "auto_arima", "seasonal_naive")
ORIGINS: Final = 3


@dataclass(frozen=True)
class MonthCount:
    month: str
    count: int | None


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
    """Mean error of a model over the rolling origins."""

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
    df: pd.DataFrame,
    *,
    horizon: int = HORIZON_MONTHS,
    model: str = "auto",
    competitors: Sequence[str] = COMPETITORS,
    as_of: datetime | date | None = None,
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
    competitors : sequence of str
        Models to score from three origins, each `horizon` months before the next.
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
    if monthly.counts.shape[1] == 0:
        why = "no calendar month is complete: one whole month of registrations is needed, 24 for a season"
        return PatientVolume(ALL, "none", why, (), (), (), None, ())
    series = hospital_series(monthly)
    forecast = expected_months(monthly, wanted=(ALL,), horizon=horizon, model=model)[ALL]
    evaluation, evaluation_notes = _evaluate(series)
    scored, competition_notes = _compete(series, horizon=horizon, models=competitors)
    return PatientVolume(
        series_id=ALL,
        model=forecast.model,
        refused=forecast.refused,
        notes=(*forecast.notes, *evaluation_notes, *competition_notes),
        history=tuple(
            MonthCount(month_text(int(number)), int(total))
            for number, total in zip(monthly.numbers, series, strict=True)
        ),
        forecast=forecast_months(forecast),
        evaluation=_split(evaluation) if evaluation else None,
        competitors=tuple(Competitor(score.model, score.mae, score.mase) for score in scored),
    )


def _evaluate(series: pd.Series) -> tuple[Evaluation | None, tuple[str, ...]]:
    """Score the named baseline on the 70-30 split; None, and why, where the history is too short to be split."""
    try:
        return evaluate_split(series, train_share=TRAIN_SHARE, model=NAMED_BASELINE), ()
    except InputError as error:
        if error.code not in TOO_SHORT:
            raise
        return None, (f"no evaluation: {error.message}",)


def _compete(
    series: pd.Series, *, horizon: int, models: Sequence[str]
) -> tuple[tuple[Evaluation, ...], tuple[str, ...]]:
    """Score the models side by side; none, and why, where the history does not hold three origins."""
    try:
        return compete(series, horizon=horizon, models=models, origins=ORIGINS), ()
    except InputError as error:
        if error.code not in TOO_SHORT:
            raise
        return (), (f"no competition: {error.message}",)


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
