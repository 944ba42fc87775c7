"""Shifts on the wire.

Belongs here: fields. Does not belong here: rules between fields.
"""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app_api.shifts.policy import Duty
from core.vocabulary import Role


class ShiftChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    to: Duty
    queue_id: uuid.UUID | None = Field(None, description="When work begins: the one queue that is served, if it is one")


class MyShift(BaseModel):
    duty: Duty
    since: datetime | None = Field(description="Of the present work or pause; null off duty")
    began_at: datetime | None = Field(description="Of the whole shift")
    queue_id: uuid.UUID | None
    released_count: Annotated[int, Field(ge=0)] = Field(
        0, description="Patients who waited for you and whom anybody may call now"
    )
    version: int | None = Field(ge=1, description="What If-Match names; null off duty")


class DutyLine(BaseModel):
    """Who is on duty."""

    user_id: uuid.UUID
    display_name: str
    role: Role
    duty: Duty
    since: datetime
    queue_id: uuid.UUID | None


class DutyList(BaseModel):
    items: list[DutyLine]
