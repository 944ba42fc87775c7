"""Patients on the wire.

Belongs here: requests and answers. Does not belong here: rules between fields (`service`).
"""

import uuid
from datetime import date, datetime
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema, model_validator

from app_api.identity.schemas import Email
from app_api.patients.policy import MIN_REASON, Relation
from app_api.wire import IdLine, Line, Page, ShortLine, UnfitError
from core.vocabulary import Role, Sex


def _day(value: object) -> object:
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or len(value) != 10:
        raise UnfitError("a date, YYYY-MM-DD")
    try:
        day = date.fromisoformat(value)
    except ValueError as error:
        raise UnfitError("a date that exists, YYYY-MM-DD") from error
    if day.year < 1900:
        raise UnfitError("a date of 1900 or later")
    return day


Day = Annotated[
    date,
    BeforeValidator(_day, json_schema_input_type=str),
    WithJsonSchema({"type": "string", "format": "date", "pattern": r"^(19|2\d)\d\d-\d\d-\d\d$"}),
]
Phone = Annotated[str, StringConstraints(strict=True, pattern=r"^\+?[0-9 ()/-]{4,32}$")]
Address = Annotated[Line, Field(min_length=1, max_length=300)]


class PersonFields(BaseModel):
    """What names a person: all of it is stored sealed."""

    given_name: ShortLine
    family_name: ShortLine
    birth_date: Day | None = None
    identifier: IdLine | None = Field(None, description="Hospital or national number; belongs to one patient only")
    phone: Phone | None = None
    email: Email | None = None
    address: Address | None = None
    emergency_contact: Address | None = None


class NewPatient(PersonFields):
    model_config = ConfigDict(extra="forbid")

    patient_id: IdLine | None = Field(None, description="Made here when left out")
    sex: Sex = Sex.UNKNOWN
    is_new_person: bool = Field(
        False, strict=True, description="Enter the patient though the match score finds somebody"
    )


class PatientChange(BaseModel):
    """What is named is changed; null takes a value away."""

    model_config = ConfigDict(extra="forbid")

    given_name: ShortLine | None = None
    family_name: ShortLine | None = None
    birth_date: Day | None = None
    identifier: IdLine | None = None
    phone: Phone | None = None
    email: Email | None = None
    address: Address | None = None
    emergency_contact: Address | None = None
    sex: Sex | None = None

    @model_validator(mode="after")
    def _keeps_names(self) -> Self:
        for name in ("given_name", "family_name", "sex"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise UnfitError("another value; this field may be changed, not taken away", name)
        return self


class PatientView(PersonFields):
    """A patient as those see them who may."""

    phone: str | None = None
    email: str | None = None
    patient_id: str
    sex: Sex
    is_synthetic: bool
    relation: Relation = Field(description="By which right this was shown")
    version: int = Field(ge=1)
    created_at: datetime
    updated_at: datetime


class PatientLine(BaseModel):
    """A patient in a list."""

    patient_id: str
    display_name: str
    birth_year: int | None
    sex: Sex
    is_synthetic: bool


class PatientPage(Page):
    items: list[PatientLine]


class TeamMember(BaseModel):
    user_id: uuid.UUID
    display_name: str
    role: Role
    assigned_at: datetime


class CareTeamList(BaseModel):
    items: list[TeamMember]
    next: None = None


class Look(BaseModel):
    """One look at, or change of, a patient's chart."""

    occurred_at: datetime
    actor: str = Field(description="Name of the person, or the role where nobody was signed in")
    actor_role: str
    action: str
    relation: str
    outcome: str
    is_emergency: bool


class LookPage(Page):
    items: list[Look]


Reason = Annotated[Line, Field(min_length=MIN_REASON, max_length=500)]


class EmergencyWish(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Reason = Field(description="Why the chart is needed now; sealed, shown to the reviewer")


class EmergencyAccess(BaseModel):
    grant_id: uuid.UUID
    patient_id: str
    granted_at: datetime
    expires_at: datetime
    review_due_at: datetime


class EmergencyReview(EmergencyAccess):
    """An emergency access as its reviewer sees it."""

    user_id: uuid.UUID
    display_name: str
    role: Role
    reason: str
    reviewed_at: datetime | None
    verdict: str | None


class EmergencyPage(Page):
    items: list[EmergencyReview]


class Verdict(BaseModel):
    model_config = ConfigDict(extra="forbid")

    is_justified: bool = Field(strict=True)
