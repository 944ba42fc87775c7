"""A registration on the wire.

Belongs here: fields with the ranges of `core.vocabulary`. Does not belong here: rules between fields.
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from app_api.wire import IdLine, JsonFloat, JsonInt, Line, Moment, Page, ShortLine
from core.vocabulary import PLAUSIBLE_RANGES, Outcome, Sex


def _between(column: str, unit: str = "") -> Any:
    low, high = PLAUSIBLE_RANGES[column]
    return Field(None, ge=low, le=high, description=unit or None)


class NewRegistration(BaseModel):
    """What is known when a patient registers; whatever is left out is unknown, never zero."""

    model_config = ConfigDict(extra="forbid")

    registration_id: IdLine | None = Field(None, description="Made here when left out")
    patient_id: ShortLine
    facility: ShortLine
    condition: ShortLine
    condition_code: Annotated[Line, Field(min_length=1, max_length=16)] | None = Field(None, description="ICD-10")
    registered_at: Moment | None = Field(None, description="Now when left out; not in the future")
    age_years: JsonFloat | None = _between("age_years", "years")
    sex: Sex | None = None
    acuity: JsonInt | None = _between("acuity", "ESI, 1 is the most urgent")
    comorbidity_count: JsonInt | None = _between("comorbidity_count")
    systolic_bp: JsonFloat | None = _between("systolic_bp", "mmHg")
    diastolic_bp: JsonFloat | None = _between("diastolic_bp", "mmHg")
    heart_rate: JsonFloat | None = _between("heart_rate", "per minute")
    respiratory_rate: JsonFloat | None = _between("respiratory_rate", "per minute")
    temperature_c: JsonFloat | None = _between("temperature_c", "°C")
    spo2_pct: JsonFloat | None = _between("spo2_pct", "%")


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


class RegistrationPage(Page):
    items: list[RegistrationView]
