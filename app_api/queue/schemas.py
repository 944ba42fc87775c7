"""Queues on the wire.

Belongs here: fields. Does not belong here: rules between fields.
"""

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app_api.clinical import Acuity, HeartRate, RespiratoryRate, Spo2Pct, SystolicBp, TemperatureC
from app_api.queue.policy import State
from app_api.wire import Line, ShortLine

StrategyName = Literal["priority", "fifo"]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]
Count = Annotated[int, Field(ge=0, le=2**31 - 1)]


class NewQueue(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: ShortLine
    facility: ShortLine
    strategy: StrategyName = "priority"
    ticket_prefix: Annotated[Line, Field(pattern=r"^[A-Z]{1,3}$", description="First letters of its tickets")]


class QueueView(BaseModel):
    queue_id: uuid.UUID
    name: str
    facility: str
    strategy: StrategyName
    ticket_prefix: str
    is_synthetic: bool
    waiting_count: Count = 0
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

    patient_id: ShortLine
    acuity: Acuity | None = Field(None, description="ESI; may be left out when vital signs are given")
    triage: Triage | None = None


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
    called_at: datetime | None
    desk: str | None
    started_at: datetime | None
    ended_at: datetime | None
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


class WaitEstimate(BaseModel):
    """How long it may still take: an interval, never one number."""

    p50_minutes: float = Field(ge=0)
    p90_minutes: float = Field(ge=0)
    receipt: str
    as_of: datetime = Field(description="When the model behind it was fitted")


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


class DayClosed(BaseModel):
    closed_count: Count
