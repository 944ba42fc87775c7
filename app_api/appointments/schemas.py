"""Appointments on the wire.

Belongs here: fields. Does not belong here: rules between fields.
"""

import uuid
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app_api.appointments.rules import Rule
from app_api.wire import WHOLE, IdLine, Moment, Page, ShortLine, WallTime

Status = Literal["held", "requested", "booked", "arrived", "checked_in", "completed", "cancelled", "no_show", "expired"]
PortalMode = Literal["view_only", "request", "self_book"]
Weekday = Annotated[int, Field(ge=0, le=6, description="0 is Monday"), WHOLE]
WeekdayInQuery = Annotated[int, Field(ge=0, le=6, description="0 is Monday")]
PartOfDay = Literal["morning", "afternoon", "evening"]
SlotMinutes = Annotated[int, Field(ge=5, le=240), WHOLE]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]


class NewProvider(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: ShortLine
    specialty: ShortLine
    facility: ShortLine
    time_zone: ShortLine = Field("UTC", description="IANA name, such as Europe/Berlin")
    user_id: uuid.UUID | None = Field(None, description="The doctor's own account")


class ProviderChange(BaseModel):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    specialty: ShortLine | None = None
    is_active: bool | None = None
    user_id: uuid.UUID | None = Field(None, description="The doctor's own account; null parts the two")


class ProviderView(BaseModel):
    provider_id: uuid.UUID
    name: str
    specialty: str
    facility: str
    time_zone: str
    is_active: bool
    has_account: bool = Field(description="A doctor's account sees patients as this provider")
    is_synthetic: bool
    version: Version


class ProviderList(BaseModel):
    items: list[ProviderView]


class ClinicSettings(BaseModel):
    """How patients may book at a facility: look only, ask staff to confirm, or book."""

    model_config = ConfigDict(extra="forbid")

    portal_mode: PortalMode
    rules: list[Rule] = Field(max_length=20)


class ClinicView(BaseModel):
    facility: str
    portal_mode: PortalMode
    rules: list[Rule]
    version: int = Field(ge=0, description="What If-Match names; 0 while nothing was set")


class ClinicList(BaseModel):
    items: list[ClinicView]


class NewRoom(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: ShortLine
    facility: ShortLine


class RoomView(BaseModel):
    room_id: uuid.UUID
    name: str
    facility: str
    is_synthetic: bool


class RoomList(BaseModel):
    items: list[RoomView]


class NewSchedule(BaseModel):
    """Weekly hours on the wall clock of the provider's time zone."""

    model_config = ConfigDict(extra="forbid")

    provider_id: uuid.UUID
    room_id: uuid.UUID | None = None
    weekday: Weekday
    starts_local: WallTime
    ends_local: WallTime
    slot_minutes: SlotMinutes = 30
    valid_from: date | None = Field(None, description="Today, where the provider is, when left out")
    valid_to: date | None = None


class ScheduleView(BaseModel):
    schedule_id: uuid.UUID
    provider_id: uuid.UUID
    provider_name: str
    room_id: uuid.UUID | None
    weekday: int = Field(ge=0, le=6)
    starts_local: WallTime
    ends_local: WallTime
    slot_minutes: int = Field(ge=5, le=240)
    valid_from: date
    valid_to: date | None
    time_zone: str


class ScheduleList(BaseModel):
    items: list[ScheduleView]


class SlotView(BaseModel):
    provider_id: uuid.UUID
    room_id: uuid.UUID | None
    starts_at: datetime
    ends_at: datetime
    expected_load: float | None = Field(
        ge=0, description="Registrations expected in this hour by the published forecast; null without one"
    )
    is_preferred: bool = Field(description="What the patient would rather have; false where nothing was said")
    is_suggested: bool = Field(description="Among the quietest that are free, of the preferred ones if any is free")


class SlotList(BaseModel):
    time_zone: str
    items: list[SlotView]


class Repeat(BaseModel):
    model_config = ConfigDict(extra="forbid")

    count: Annotated[int, Field(ge=2, le=26), WHOLE]
    every_weeks: Annotated[int, Field(ge=1, le=12), WHOLE] = 1


class NewHold(BaseModel):
    model_config = ConfigDict(extra="forbid")

    provider_id: uuid.UUID
    patient_id: IdLine | None = Field(None, description="A patient holds for themselves")
    room_id: uuid.UUID | None = None
    starts_at: Moment
    ends_at: Moment


class NewAppointment(NewHold):
    repeat: Repeat | None = None


class AppointmentChange(BaseModel):
    """A new status, or a new time; never both."""

    model_config = ConfigDict(extra="forbid")

    status: Literal["booked", "arrived", "completed", "cancelled", "no_show"] | None = None
    reason: ShortLine | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None


class AppointmentView(BaseModel):
    appointment_id: uuid.UUID
    provider_id: uuid.UUID
    provider_name: str
    room_id: uuid.UUID | None
    room_name: str | None
    patient_id: str
    starts_at: datetime
    ends_at: datetime
    status: Status
    hold_expires_at: datetime | None
    arrived_at: datetime | None
    series_id: uuid.UUID | None
    is_offer: bool = Field(description="Held for this patient from the wait list")
    time_zone: str
    version: Version


class AppointmentPage(Page):
    items: list[AppointmentView]


class NewWaitListEntry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    provider_id: uuid.UUID
    patient_id: IdLine | None = None
    not_before: Moment
    not_after: Moment


class WaitListView(BaseModel):
    wait_list_id: uuid.UUID
    patient_id: str
    provider_id: uuid.UUID
    provider_name: str
    not_before: datetime
    not_after: datetime
    status: Literal["waiting", "offered", "booked", "withdrawn"]
    offer_id: uuid.UUID | None


class WaitList(BaseModel):
    items: list[WaitListView]
