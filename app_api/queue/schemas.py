"""Queues on the wire.

Belongs here: fields. Does not belong here: rules between fields.
"""

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app_api.clinical import Acuity, HeartRate, RespiratoryRate, Spo2Pct, SystolicBp, TemperatureC
from app_api.queue.policy import State
from app_api.queue.scales import LONGEST_TARGET
from app_api.wire import WHOLE, IdLine, Line, ShortLine, WallTime
from core.vocabulary import Disposition

StrategyName = Literal["priority", "fifo"]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]
Count = Annotated[int, Field(ge=0, le=2**31 - 1)]
ScaleName = Literal["MTS", "ESI", "KTAS", "CTAS"]
TargetMinutes = Annotated[int, Field(ge=0, le=LONGEST_TARGET), WHOLE]
Targets = Annotated[list[TargetMinutes], Field(min_length=5, max_length=5)]


class NewQueue(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: ShortLine
    facility: ShortLine
    strategy: StrategyName = "priority"
    ticket_prefix: Annotated[Line, Field(pattern=r"^[A-Z]{1,3}$", description="First letters of its tickets")]
    acuity_scale: ScaleName = "MTS"
    target_minutes: Targets | None = Field(None, description="Of levels 1 to 5; those of the scale when left out")
    time_zone: ShortLine = Field("UTC", description="IANA name, such as Europe/Berlin")
    day_ends_local: WallTime | None = Field(None, description="When the day is closed; null: open around the clock")


class QueueChange(BaseModel):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    acuity_scale: ScaleName | None = None
    target_minutes: Targets | None = Field(None, description="Left out with a new scale: those of the scale")
    time_zone: ShortLine | None = None
    day_ends_local: WallTime | None = Field(None, description="Null: open around the clock")


class QueueView(BaseModel):
    queue_id: uuid.UUID
    name: str
    facility: str
    strategy: StrategyName
    ticket_prefix: str
    acuity_scale: ScaleName
    level_names: list[str] = Field(description="Of levels 1 to 5, by the scale")
    target_minutes: list[int] = Field(description="Minutes until a patient of levels 1 to 5 should be seen")
    time_zone: str
    day_ends_local: WallTime | None
    is_synthetic: bool
    version: Version
    waiting_count: Count = 0
    breached_count: Count = Field(0, description="Of these: longer than their level's target time")
    with_staff_count: Count = 0
    oldest_arrived_at: datetime | None = Field(None, description="Arrival of the one who waits longest")


class QueuePage(BaseModel):
    items: list[QueueView]
    next: str | None = Field(description="Cursor of the next page; null at the end")


class Triage(BaseModel):
    """Vital signs for NEWS2; what was not measured is left out and scores nothing."""

    model_config = ConfigDict(extra="forbid")

    respiratory_rate: RespiratoryRate | None = None
    spo2_pct: Spo2Pct | None = None
    systolic_bp: SystolicBp | None = None
    heart_rate: HeartRate | None = None
    temperature_c: TemperatureC | None = None
    has_oxygen: bool = False
    is_alert: bool = True


class NewEntry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    patient_id: IdLine
    acuity: Acuity | None = Field(None, description="ESI; may be left out when vital signs are given")
    triage: Triage | None = None
    needed_specialty: ShortLine | None = Field(None, description="Of the doctor who should see the patient")


class EntryView(BaseModel):
    """One stay in line, as staff see it."""

    entry_id: uuid.UUID
    queue_id: uuid.UUID
    patient_id: str
    ticket_code: str
    acuity: int = Field(ge=1, le=5)
    news2_score: int | None = Field(ge=0, le=20)
    state: State
    arrived_at: datetime
    due_at: datetime = Field(description="When the level's target time is over")
    overtakes: Count = Field(description="How often somebody who came later was called before")
    needed_specialty: str | None
    provider_id: uuid.UUID | None = Field(description="To whom the patient is assigned")
    provider_name: str | None
    assigned_to: Literal["you", "another", "nobody"]
    called_at: datetime | None
    desk: str | None
    started_at: datetime | None
    ended_at: datetime | None
    disposition: Disposition | None = Field(description="Where the patient went, where it was said")
    version: Version


class EntryList(BaseModel):
    items: list[EntryView]


class CallNext(BaseModel):
    model_config = ConfigDict(extra="forbid")

    desk: ShortLine | None = None


class Transition(BaseModel):
    model_config = ConfigDict(extra="forbid")

    to: State
    queue_id: uuid.UUID | None = Field(None, description="With `waiting`: move over to this queue")
    disposition: Disposition | None = Field(None, description="With `completed`: where the patient goes")


class WaitEstimate(BaseModel):
    """How long it may still take: an interval, never one number, and frozen as it was told."""

    p50_minutes: float = Field(ge=0)
    p90_minutes: float = Field(ge=0)
    receipt: str
    as_of: datetime = Field(description="When the model behind it was fitted")
    told_at: datetime = Field(description="From when the minutes count; for a minute the same wait is told again")


class Position(BaseModel):
    """A patient's place, as the patient may see it."""

    entry_id: uuid.UUID
    ticket_code: str
    queue_name: str
    state: State
    arrived_at: datetime
    place: int | None = Field(ge=1, description="1 is next; null when not waiting")
    ahead_count: Count | None
    desk: str | None
    wait: WaitEstimate | None
    no_wait_reason: str | None = Field(description="Why there is no estimate")


class PositionList(BaseModel):
    items: list[Position]


class WallCall(BaseModel):
    ticket_code: str
    desk: str | None
    called_at: datetime
    is_new: bool = Field(description="Called, not yet begun")


class Wall(BaseModel):
    """What hangs on the wall: tickets and desks, nobody's name."""

    queue_name: str
    calls: list[WallCall]
    next_tickets: list[str]
    waiting_count: Count
    as_of: datetime
    address_ends_at: datetime | None = Field(
        description="When the token ends that this was asked with; null: a session"
    )


class DayClosed(BaseModel):
    closed_count: Count


Share = Annotated[float, Field(ge=0, le=1)]


class ToldCoverage(BaseModel):
    """How waits that were told came true; shares are null while nothing is known."""

    told_count: Count = Field(description="Waits that were told")
    stays_count: Count = Field(description="Stays in line that they were told about")
    settled_count: Count = Field(description="Stays of which it is known whether what was told came true")
    past_p50: Share | None = Field(description="Share of waits that were longer than the median told; promised is 0.5")
    past_p90: Share | None = Field(description="Share of waits that were longer than the upper bound told")
    past_p90_low: Share | None = Field(description="95 % interval of `past_p90`")
    past_p90_high: Share | None


class ToldOfQueue(ToldCoverage):
    queue_id: uuid.UUID
    queue_name: str


class ToldWaits(BaseModel):
    """The told waits of the last days against the actual ones, those still waiting included."""

    since: datetime
    as_of: datetime
    past_p90_at_most: Share = Field(description="What is promised")
    is_kept: bool | None = Field(description="False when even the interval lies above what is promised")
    overall: ToldCoverage
    queues: list[ToldOfQueue]
