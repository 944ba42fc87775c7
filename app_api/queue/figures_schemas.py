"""Figures of queues on the wire.

Belongs here: fields. Does not belong here: values.
"""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
_HIDDEN = "Null where a count of 1 to 10 would show to a reader who treats nobody"


class QueueLine(BaseModel):
    """How one queue did."""

    queue_id: uuid.UUID
    queue_name: str
    visits_count: Count | None = Field(description=_HIDDEN)
    left_count: Count | None = Field(description=f"Left without being seen. {_HIDDEN}")
    left_share: Share | None
    left_low: Share | None = Field(description="Of Wilson's 95 % interval")
    left_high: Share | None
    past_target_share: Share | None = Field(description="Waited longer than their level's target time")
    median_wait_minutes: float | None = Field(description="Those who left or still wait count as longer than seen")


class GroupLine(BaseModel):
    """How a group waits against the median of its levels; 1 is alike."""

    group: str
    visits_count: Count
    ratio: float | None = Field(description="Null below 30 visits, or where half of the group was not called")
    low: float | None = Field(description="Of the 99 % interval")
    high: float | None
    is_apart: bool = Field(description="Longer or shorter than chance explains")


class QueueFigures(BaseModel):
    since: datetime
    as_of: datetime
    queues: list[QueueLine]
    groups: list[GroupLine]


class OvertakeLine(BaseModel):
    """Somebody who came later and was called before, and why."""

    ticket_code: str
    acuity: int = Field(ge=1, le=5)
    arrived_at: datetime
    called_at: datetime
    why: str


class OvertakeList(BaseModel):
    overtakes: Count = Field(description="As counted when they were called")
    bound: Count = Field(description="Nobody is overtaken more often, level 1 not counted")
    items: list[OvertakeLine]
