"""Staff profiles on the wire.

Belongs here: requests and answers. Does not belong here: rules (`policy`, `service`).
"""

import uuid
from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app_api.staff.policy import LANGUAGES, MAX_LANGUAGES, LicenceState, Qualification, ShiftPreference
from app_api.wire import Page, ShortLine, UnfitError
from core.vocabulary import Role


def _known_language(code: str) -> str:
    if code not in LANGUAGES:
        raise UnfitError("a code of ISO 639-1, such as en or de")
    return code


def _once(codes: list[str]) -> list[str]:
    return list(dict.fromkeys(codes))


Language = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z]{2}$"), AfterValidator(_known_language)]
Languages = Annotated[list[Language], Field(max_length=MAX_LANGUAGES), AfterValidator(_once)]
Extension = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9*#+ -]{1,16}$")]
LicenceNumber = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ./-]{2,31}$")]


class OwnFields(BaseModel):
    """What somebody says of themselves."""

    unit: ShortLine | None = Field(None, description="Ward or unit")
    languages: Languages = Field(default_factory=list, description="ISO 639-1, the best spoken first")
    shift_preference: ShiftPreference | None = None
    extension: Extension | None = Field(None, description="Phone extension inside the house")


class OwnChange(OwnFields):
    """What is named is changed; null takes a value away."""

    model_config = ConfigDict(extra="forbid")


class Licence(BaseModel):
    number: LicenceNumber
    authority: ShortLine = Field(description="Chamber or board that gave it")


class VerifiedChange(BaseModel):
    """What an administrator has seen proof of; what is named is changed, a null licence is taken away."""

    model_config = ConfigDict(extra="forbid")

    qualifications: list[Qualification] = Field(default_factory=list, max_length=len(Qualification))
    licence: Licence | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise UnfitError("at least one of them", "qualifications", "licence")
        return self


class LicenceView(BaseModel):
    """A licence: its end is that of the document that proved the role."""

    number: str | None
    authority: str | None
    state: LicenceState
    expires_at: datetime | None


class Practice(BaseModel):
    """As whom patients can book somebody."""

    specialty: str
    facility: str


class StaffView(OwnFields):
    """A doctor's or a nurse's profile."""

    extension: str | None = None
    user_id: uuid.UUID
    display_name: str
    role: Role
    qualifications: list[Qualification]
    licence: LicenceView
    practices: list[Practice] = Field(description="Of a doctor: as whom patients can book them")
    verified_by: str | None = Field(description="Shown name of the administrator who last changed what is verified")
    verified_at: datetime | None
    version: int = Field(ge=0, description="0: nothing was written down yet")


class StaffPage(Page):
    items: list[StaffView]
