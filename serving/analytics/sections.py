"""The shapes of the five analyses, for the OpenAPI document and for tests of what is served.

Belongs here: pydantic models of published payloads. Does not belong here: values. Payloads are served as the bytes
they were published as, never passed through these models. A count is null where it is suppressed as a small cell.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
Share = Annotated[float, Field(ge=0, le=1)]
Date = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="YYYY-MM-DD")]
Month = Annotated[str, Field(pattern=r"^\d{4}-\d{2}$", description="YYYY-MM")]
Week = Annotated[str, Field(pattern=r"^\d{4}-W\d{2}$", description="ISO week, YYYY-Www")]
Level = Literal["low", "moderate", "high", "critical"]


class RankedCondition(BaseModel):
    rank: Annotated[int, Field(ge=1, le=1000)]
    condition: str
    count: Count | None
    share: Share | None
    share_low: Share | None
    share_high: Share | None
    previous_rank: Annotated[int, Field(ge=1, le=1000)] | None


class TrendWeek(BaseModel):
    week: Week
    week_start_date: Date
    total: Count | None
    conditions: list[RankedCondition]


class Trending(BaseModel):
    condition: str
    recent_count: Count | None
    previous_count: Count | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    direction: Literal["rising", "falling", "steady"]


class Seasonality(BaseModel):
    condition: str
    peak_month: Annotated[int, Field(ge=1, le=12)]
    strength: Share
    monthly_index: Annotated[list[float], Field(min_length=12, max_length=12)]


class HealthTrends(BaseModel):
    """Top five conditions of the last twelve complete weeks, what rises and falls, and the season of each."""

    period_start_date: Date | None
    period_end_date: Date | None
    weeks: list[TrendWeek]
    trending: list[Trending]
    seasonality: list[Seasonality]


class AgeBand(BaseModel):
    band: str
    count: Count | None
    share: Share | None
    share_low: Share | None
    share_high: Share | None
    female_count: Count | None
    male_count: Count | None
    other_count: Count | None


class SexShare(BaseModel):
    sex: Literal["female", "male", "other", "unknown"]
    count: Count | None
    share: Share | None
    share_low: Share | None
    share_high: Share | None


class Demographics(BaseModel):
    """Who registers, by age band and sex, with Wilson intervals."""

    period_start_date: Date | None
    period_end_date: Date | None
    total: Count | None
    age_bands: list[AgeBand]
    sexes: list[SexShare]


class AssociationTest(BaseModel):
    factor: Literal["age_band", "sex"]
    condition: str
    chi2: float | None
    dof: Annotated[int, Field(ge=0, le=1000)] | None
    p_value: Share | None
    p_adjusted: Share | None
    cramers_v: float | None
    v_low: float | None
    v_high: float | None
    strength: Literal["strong", "moderate", "weak", "none found"]
    n: Count
    is_valid: bool
    note: str | None


class Associations(BaseModel):
    """Chi-square tests of condition against age band and sex; effect size first, p adjusted by Holm."""

    alpha: Share
    adjustment: Literal["holm"]
    n: Count
    tests: list[AssociationTest]


class MonthCount(BaseModel):
    month: Month
    count: Count | None


class ForecastMonth(BaseModel):
    step: Annotated[int, Field(ge=1, le=120)]
    month: Month
    mean: float
    lo80: float
    hi80: float
    lo95: float
    hi95: float


class SplitEvaluation(BaseModel):
    split: str
    train_months: Count
    test_months: Count
    mae: float | None
    mse: float | None
    rmse: float | None
    mape: float | None
    mase: float | None
    skill: float | None
    coverage80: float | None
    coverage95: float | None


class Competitor(BaseModel):
    model: str
    mae: float | None
    mase: float | None


class PatientVolume(BaseModel):
    """Monthly registrations, their forecast with intervals, and how well such forecasts did on held-out months."""

    series_id: str
    model: str
    refused: str | None
    notes: list[str]
    history: list[MonthCount]
    forecast: list[ForecastMonth]
    evaluation: SplitEvaluation | None
    competitors: list[Competitor]


class SurgeWeek(BaseModel):
    week: Week
    week_start_date: Date
    count: Count | None
    expected: float | None
    upper: float | None
    level: Level | None


class ConditionSurge(BaseModel):
    condition: str
    level: Level | None
    p_exceed: Share | None
    observed: Count | None
    complete_share: Share | None = Field(None, description="Part of the week's cases usually reported by now")
    estimate: float | None = Field(None, description="What the week comes to once all is reported")
    estimate_low: float | None = None
    estimate_high: float | None = Field(None, description="Its 80 % interval")
    expected: float | None
    upper: float | None
    excess: float | None
    week: Week
    week_start_date: Date
    weeks: list[SurgeWeek]
    forecast: list[ForecastMonth]


class IllnessSurge(BaseModel):
    """Each condition's last week against what was expected of it, the most alarming first."""

    as_of_week: Week | None
    conditions: list[ConditionSurge]
