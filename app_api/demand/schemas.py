"""Demand on the wire.

Belongs here: fields. Does not belong here: rules.
"""

from datetime import datetime
from typing import Annotated, Literal

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


Beds = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class BedNumber(BaseModel):
    """A number of inpatient beds as a distribution: eight of ten such numbers lie within `lo80` and `hi80`."""

    point: Count = Field(description="The median: as likely too high as too low")
    mean: Beds
    lo80: Count
    hi80: Count
    lo95: Count
    hi95: Count
    from_here: Beds = Field(description="Of the mean: for patients who wait or are with staff now")
    from_arrivals: Beds = Field(description="Of the mean: for patients who are yet to come")


class BedHourView(BaseModel):
    """One hour ahead."""

    starts_at: datetime
    ends_at: datetime
    in_hour: BedNumber = Field(description="Beds that are asked for in this hour")
    by_then: BedNumber = Field(description="Beds that are asked for from now until the hour's end")


class BedsRecord(BaseModel):
    """How the eight-hour total did on days that the model had not seen, beside two naive ways (errors in beds)."""

    mae_model: Beds
    mae_hour_of_week: Beds = Field(description="Mean of the same hour of the week")
    mae_occupancy: Beds = Field(description="A fixed share of those who are there")
    covered_80: Share
    covered_95: Share
    mean_beds: Beds
    moments_count: Count
    days_count: Count


class BedsAhead(BaseModel):
    """The next eight hours; empty, with the reason, where no model may be served."""

    as_of: datetime = Field(description="The moment of which those who are there were counted")
    model_as_of: datetime | None
    receipt: str | None = Field(description="Of the model, or of the judgement that refused it")
    refused: str | None
    present_count: Count = Field(description="Who waits or is with staff now")
    arrivals_from: Literal["forecast", "recent_weeks"] | None = Field(
        description="Whether the usual arrivals are lifted to this month's forecast, or are those of the recent weeks"
    )
    items: list[BedHourView]
    chances: list[Share] = Field(description="Chance of 0, 1, 2, … beds in all eight hours")
    record: BedsRecord | None
