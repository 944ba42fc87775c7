"""An assessment on the wire.

Belongs here: pydantic models. Does not belong here: the arithmetic (`ml.release`).
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

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
    in_order,
)
from app_api.wire import NUMBER, WHOLE, IdLine, Moment, ShortLine
from core.vocabulary import RiskLevel, Sex

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

    _in_order = model_validator(mode="after")(in_order)


class RiskQuestion(PatientFeatures):
    """The features, and where they come from."""

    registration_id: IdLine | None = Field(
        None,
        description="The registration that this is asked for: its raw rows go into the receipt, its outcome is met",
    )


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
