"""Check-in on the wire.

Belongs here: fields. Does not belong here: rules between fields.
"""

import uuid

from pydantic import BaseModel, ConfigDict, Field

from app_api.appointments.schemas import AppointmentView
from app_api.clinical import Acuity
from app_api.queue.schemas import EntryView, Triage
from app_api.wire import ShortLine


class CheckIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    queue_id: uuid.UUID
    acuity: Acuity | None = Field(None, description="May be left out when vital signs are given")
    triage: Triage | None = None
    needed_specialty: ShortLine | None = Field(None, description="The provider's own when left out")


class CheckedIn(BaseModel):
    appointment: AppointmentView
    entry: EntryView
