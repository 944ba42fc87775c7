"""Ratios and needs on the wire.

Belongs here: pydantic models with the table's limits. Does not belong here: rules.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app_api.wire import NUMBER, WHOLE, Line

Grain = Literal["M", "W", "D"]
Share = Annotated[float, Field(ge=0, le=1), NUMBER]
StaffRole = Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,30}$")]


class RatioLine(BaseModel):
    """One role: visits that one person can care for in a shift, shifts a day, and the least on each shift."""

    model_config = ConfigDict(extra="forbid")

    visits_per_shift: Annotated[float, Field(gt=0, le=1000), NUMBER]
    shifts_per_day: Annotated[float, Field(gt=0, le=24), NUMBER] = 3.0
    minimum: Annotated[int, Field(ge=0, le=1000), WHOLE] = 1


class BedLine(BaseModel):
    """How visits become occupied beds."""

    model_config = ConfigDict(extra="forbid")

    admitted_share: Share
    stay_days: Annotated[float, Field(ge=0, le=365), NUMBER]
    occupancy: Annotated[float, Field(gt=0, le=1), NUMBER]


class NewRatios(BaseModel):
    """A whole new version of the table, and why."""

    model_config = ConfigDict(extra="forbid")

    ratios: Annotated[
        dict[StaffRole, RatioLine],
        # Without it JSON Schema would let any other name through.
        Field(min_length=1, max_length=20, json_schema_extra={"additionalProperties": False}),
    ]
    beds: BedLine
    why: Annotated[Line, Field(min_length=3, max_length=400)]


class RatioTable(BaseModel):
    """One version; version 0 is what the project starts with, edited by nobody."""

    version: int = Field(ge=0)
    ratios: dict[str, RatioLine]
    beds: BedLine
    why: str
    made_by_name: str | None
    made_at: datetime | None


class RatioHistory(BaseModel):
    """Every version, the newest first; none is ever changed."""

    items: list[RatioTable]


class NeedView(BaseModel):
    """People per shift by role and beds, for the expected visits and for the upper 80 % bound."""

    period: str
    mean: float
    hi80: float
    staff: dict[str, int]
    staff_hi80: dict[str, int]
    beds: int
    beds_hi80: int


class Needs(BaseModel):
    """What the forecast asks for; null parts while no forecast is published."""

    grain: Grain
    ratio_version: int
    ratios_made_at: datetime | None
    as_of: datetime | None
    receipt: str | None
    refused: str | None = Field(description="Why the model is not better than seasonal naive, whose figures these are")
    items: list[NeedView]
