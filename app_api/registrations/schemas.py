"""A registration on the wire.

Belongs here: fields with the ranges of `core.vocabulary`. Does not belong here: rules that need a row or the clock.
"""

from datetime import datetime
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
from app_api.wire import IdLine, Line, Moment, Page, ShortLine
from core.vocabulary import Outcome, Sex


class NewRegistration(BaseModel):
    """What is known when a patient registers; whatever is left out is unknown, never zero."""

    model_config = ConfigDict(extra="forbid")

    registration_id: IdLine | None = Field(None, description="Made here when left out")
    patient_id: ShortLine
    facility: ShortLine
    condition: ShortLine
    condition_code: Annotated[Line, Field(min_length=1, max_length=16)] | None = Field(None, description="ICD-10")
    registered_at: Moment | None = Field(None, description="Now when left out; not in the future")
    age_years: AgeYears | None = None
    sex: Sex | None = None
    acuity: Acuity | None = None
    comorbidity_count: ComorbidityCount | None = None
    systolic_bp: SystolicBp | None = None
    diastolic_bp: DiastolicBp | None = None
    heart_rate: HeartRate | None = None
    respiratory_rate: RespiratoryRate | None = None
    temperature_c: TemperatureC | None = None
    spo2_pct: Spo2Pct | None = None

    _in_order = model_validator(mode="after")(in_order)


class RegistrationView(BaseModel):
    """A registration as it was entered."""

    registration_seq: int = Field(ge=1, le=2**53 - 1)
    registration_id: str
    patient_id: str
    facility: str
    registered_at: datetime
    recorded_at: datetime
    condition: str | None
    condition_code: str | None
    age_years: float | None
    sex: Sex | None
    acuity: int | None = Field(ge=1, le=5)
    comorbidity_count: int | None = Field(ge=0, le=30)
    systolic_bp: float | None
    diastolic_bp: float | None
    heart_rate: float | None
    respiratory_rate: float | None
    temperature_c: float | None
    spo2_pct: float | None
    outcome: Outcome | None
    outcome_at: datetime | None


class Registered(RegistrationView):
    """A registration that was just taken in."""

    is_patient_known: bool = Field(
        description="Whether a chart has this patient_id. A registration is taken without: another system may keep the "
        "charts. Where none does, the number is perhaps mistyped"
    )


class RegistrationPage(Page):
    items: list[RegistrationView]
