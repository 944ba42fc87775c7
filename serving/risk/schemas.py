"""An assessment and a model on the wire.

Belongs here: pydantic models. Does not belong here: the arithmetic (`ml.release`).
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app_api.clinical import (
    Acuity,
    AgeYears,
    ComorbidityCount,
    DiastolicBp,
    HeartRate,
    RespiratoryRate,
    Spo2Pct,
    SystolicBp,
    TemperatureC,
)
from app_api.wire import NUMBER, WHOLE, Moment, ShortLine
from core.vocabulary import RiskLevel, Sex, Verdict

Count = Annotated[int, Field(ge=0, le=1000), WHOLE]
Days = Annotated[float, Field(ge=0, le=36500), NUMBER]


class PatientFeatures(BaseModel):
    """What is known of one patient at registration; whatever is left out is unknown, and may make the model abstain."""

    model_config = ConfigDict(extra="forbid")

    age_years: AgeYears | None = None
    sex: Sex | None = None
    condition: ShortLine | None = None
    acuity: Acuity | None = None
    comorbidity_count: ComorbidityCount | None = None
    systolic_bp: SystolicBp | None = None
    diastolic_bp: DiastolicBp | None = None
    heart_rate: HeartRate | None = None
    respiratory_rate: RespiratoryRate | None = None
    temperature_c: TemperatureC | None = None
    spo2_pct: Spo2Pct | None = None
    registered_at: Moment | None = Field(None, description="Arrival; its hour and weekday count")
    prior_visits_365d: Count | None = Field(None, description="Visits in the last year")
    prior_admissions_365d: Count | None = Field(None, description="Admissions in the last year")
    days_since_last_visit: Days | None = Field(None, description="365 when there was none in the last year")


class Votes(BaseModel):
    network: RiskLevel
    forest: RiskLevel


class Probabilities(BaseModel):
    low: float = Field(ge=0, le=1)
    moderate: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)


class AssessmentView(BaseModel):
    """The consensus of network and forest, and what each says; null level, votes and score when it abstains."""

    level: RiskLevel | None
    score: float | None = Field(description="0: both say low; 2: both say high")
    votes: Votes | None
    probabilities: Probabilities | None
    abstained: bool
    reasons: list[str] = Field(description="For a clinician, strongest first")
    counter_evidence: list[str] = Field(description="What speaks against the level")
    is_disagreement: bool
    news2_score: float = Field(description="NEWS2 of the vitals given, a lower bound")
    model_version: int = Field(ge=1, le=2**31 - 1)
    receipt: str


class ModelView(BaseModel):
    """A released version and what the gate says of it."""

    version: int = Field(ge=1, le=2**31 - 1)
    verdict: Verdict
    reasons: list[str]
    metrics: dict[str, Any]
    mlflow_run_id: str
    dagster_run_id: str
    is_champion: bool
    released_at: datetime


class ModelList(BaseModel):
    items: list[ModelView]
    next: int | None = Field(ge=0, le=2**53 - 1)
    champion_version: int | None = Field(description="Version in use in this worker", ge=1, le=2**31 - 1)
    troubles: list[str] = Field(description="What is wrong with the model or its registry, in sentences")
    dagster_address: str = Field(description="Where the runs behind the versions are seen")
    mlflow_address: str = Field(description="Where their experiments and the registry are seen")


class Reason(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, StringConstraints(strict=True, min_length=5, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Move(BaseModel):
    """The champion moved."""

    version: int = Field(ge=1, le=2**31 - 1)
    previous_version: int | None = Field(ge=1, le=2**31 - 1)
