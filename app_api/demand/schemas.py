"""Demand on the wire.

Belongs here: fields. Does not belong here: rules.
"""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

Count = Annotated[int, Field(ge=0, le=2**31 - 1)]


class HourView(BaseModel):
    """One hour ahead: eight of ten such hours see a number within the interval."""

    starts_at: datetime
    mean: float = Field(ge=0)
    lo80: Count
    hi80: Count


class HoursAhead(BaseModel):
    """The hours from now on; empty, with the reason, while nothing is published."""

    as_of: datetime | None
    receipt: str | None
    refused: str | None
    items: list[HourView]
