"""Forecasts, promises and grades on the wire.

Belongs here: pydantic models of the published payloads. Does not belong here: rules.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app_api.wire import Page

Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
Kind = Literal["live", "replayed"]
State = Literal["kept80", "kept95", "broken", "open", "none"]


class StepView(BaseModel):
    """One period ahead with its 80 and 95 % intervals."""

    step: int
    period: str
    mean: float
    lo80: float
    hi80: float
    lo95: float
    hi95: float


class RecordView(BaseModel):
    """How the rule did on this series from earlier origins: measured, beside the forecast that it is about."""

    origins: int
    periods: int
    mae: float
    naive_mae: float
    mase: float | None
    skill: float | None
    coverage80: float
    coverage95: float


class SplitView(BaseModel):
    """The named baseline on the last 30 % of the history."""

    model: str
    train_periods: int
    test_periods: int
    mae: float
    mse: float
    rmse: float
    mape: float | None
    mase: float | None
    skill: float | None
    coverage80: float
    coverage95: float


class ForecastView(BaseModel):
    """One series. `refused` says why the model is not served; the steps are then those of the named fallback."""

    series_id: str
    model: str
    refused: str | None
    notes: list[str]
    record: RecordView | None
    steps: list[StepView]
    baseline: list[StepView] | None = Field(description="SARIMA(1,1,1)(1,1,1,12), always beside what is served")
    baseline_note: str | None
    baseline_split: SplitView | None


class SeriesFault(BaseModel):
    series_id: str
    code: str
    message: str


class GrainSource(BaseModel):
    """The model behind days or weeks, and how it did from earlier origins before it was made to agree with months."""

    model: str
    refused: str | None = Field(description="Why the model is not served, and by what it is replaced")
    notes: list[str]
    record: RecordView | None


class GrainsView(BaseModel):
    """All registrations by day and week; the whole months in `months` add up to the monthly forecast."""

    months: list[str]
    notes: list[str]
    daily_source: GrainSource | None = None
    weekly_source: GrainSource | None = None
    daily: list[StepView] | None
    weekly: list[StepView] | None


class Head(BaseModel):
    """When it was made and where it comes from; both null, and everything else null or empty, before the first time."""

    as_of: datetime | None = Field(description="Null while the pipeline has published none")
    receipt: str | None


class ForecastBoard(Head):
    horizon: int | None
    series: list[ForecastView]
    errors: list[SeriesFault]
    grains: GrainsView | None
    week_profile: list[float] | None = Field(
        None, description="Share of a week's registrations in each of its 168 hours, Monday 00:00 UTC first"
    )


class ScoreView(BaseModel):
    scored: Count
    coverage80: float | None
    coverage95: float | None
    wis: float | None = Field(description="Weighted interval score, in registrations")
    mase: float | None
    skill: float | None = Field(description="1 - error / seasonal naive error frozen at the same moment")


class StepScoreView(BaseModel):
    step: int
    score: ScoreView


class SeriesScoreView(BaseModel):
    series_id: str
    model: str
    score: ScoreView


class CalendarRowView(BaseModel):
    """What became of one series' promises made `step` months before each month of `months`."""

    series_id: str
    step: int
    states: list[State]


class KindView(BaseModel):
    """All promises of one kind; live and replayed ones are never pooled."""

    kind: Kind
    promised: Count
    still_open: Count
    first_as_of: str | None
    last_as_of: str | None
    served: ScoreView
    baseline: ScoreView
    served_beside_baseline: ScoreView
    steps: list[StepScoreView]
    series: list[SeriesScoreView]
    months: list[str]
    calendar: list[CalendarRowView]
    warnings: list[str]


class LedgerView(Head):
    """Live: shown to people when made. Replayed: made later, from what was recorded by then."""

    live: KindView | None
    replayed: KindView | None


class FrozenForecastView(BaseModel):
    """One frozen forecast of one month. `actual` is null while the month is open, or where a role may not see it."""

    promise_id: int
    forecast_id: str
    kind: Kind
    role: Literal["served", "baseline"]
    made_at: datetime
    as_of_month: str
    series_id: str
    step: int
    month: str
    mean: float
    lo80: float
    hi80: float
    lo95: float
    hi95: float
    naive_mean: float | None = Field(description="Last year's count: null where a role may not see small counts")
    model: str
    dagster_run_id: str
    code_commit: str
    data_sha256: str
    actual: Count | None
    state: State


class PromisePage(Page):
    items: list[FrozenForecastView]


class SizeView(BaseModel):
    size: float = Field(description="Extra cases in standard deviations of the last year")
    injected: int
    pod: float = Field(description="Share of the injected outbreaks that raised an alarm")
    days_to_detect: float | None
    cases: float


class GradeView(BaseModel):
    series_id: str
    weeks: int
    fpr: float = Field(description="Share of last year's weeks, as they were, that raise an alarm")
    sizes: list[SizeView]
    smallest_size: float | None
    smallest_cases: float | None = Field(description="Cases of the smallest outbreak seen at least half the time")


class GradeBoard(Head):
    alpha: float | None
    method: str | None
    seed: int | None
    injections: int | None
    conditions: list[GradeView]
