"""Pages of the analytics API: sections in blocks, each with its moment and its receipt.

Belongs here: the envelope of pages, and the realtime board. Does not belong here: the sections (`sections`).
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from serving.analytics.sections import (
    Associations,
    Count,
    Demographics,
    HealthTrends,
    IllnessSurge,
    PatientVolume,
)


class BlockHead(BaseModel):
    """One published analysis: the data speak up to `as_of`, `receipt` leads to the rows and the run."""

    as_of: datetime
    receipt: str


class TrendsBlock(BlockHead):
    section: Literal["health_trends"]
    data: HealthTrends


class DemographicsBlock(BlockHead):
    section: Literal["demographics"]
    data: Demographics


class AssociationsBlock(BlockHead):
    section: Literal["associations"]
    data: Associations


class VolumeBlock(BlockHead):
    section: Literal["patient_volume"]
    data: PatientVolume


class SurgeBlock(BlockHead):
    section: Literal["illness_surge"]
    data: IllnessSurge


class Sections(BaseModel):
    """A section is null until it was published for the first time."""

    health_trends: TrendsBlock | None
    demographics: DemographicsBlock | None
    associations: AssociationsBlock | None
    patient_volume: VolumeBlock | None
    illness_surge: SurgeBlock | None


class AnalyticsPage(BaseModel):
    generated_at: datetime
    is_synthetic: bool = Field(description="True where the hospital is a synthetic one")
    sections: Sections


class DoctorSections(BaseModel):
    """What a doctor decides with: what comes, what is about, and who is affected."""

    illness_surge: SurgeBlock | None
    health_trends: TrendsBlock | None
    associations: AssociationsBlock | None
    demographics: DemographicsBlock | None
    patient_volume: VolumeBlock | None


class DoctorPage(BaseModel):
    generated_at: datetime
    is_synthetic: bool
    sections: DoctorSections


class StaffingMonth(BaseModel):
    """Expected registrations a day: the month's forecast and intervals divided by its days."""

    month: str
    days: int = Field(ge=28, le=31)
    mean_per_day: float
    lo80_per_day: float
    hi80_per_day: float


class Staffing(BaseModel):
    as_of: datetime
    receipt: str
    months: list[StaffingMonth]


class NurseSections(BaseModel):
    """What a shift is planned with: how many will come, and of what."""

    patient_volume: VolumeBlock | None
    illness_surge: SurgeBlock | None
    health_trends: TrendsBlock | None


class NursePage(BaseModel):
    generated_at: datetime
    is_synthetic: bool
    staffing: Staffing | None
    sections: NurseSections


class HourCount(BaseModel):
    hour_start_at: datetime
    count: Count | None


class ConditionCount(BaseModel):
    condition: str | None
    count: Count | None


class AcuityCount(BaseModel):
    acuity: int | None = Field(ge=1, le=5)
    count: Count | None


class Today(BaseModel):
    """The last 24 hours, by hour, condition and acuity."""

    registrations_count: Count | None
    by_hour: list[HourCount]
    by_condition: list[ConditionCount]
    by_acuity: list[AcuityCount]


class RealtimePage(BaseModel):
    generated_at: datetime
    as_of: datetime
    receipt: str = Field(description="Names the rows that were counted; GET /api/receipts/{id} counts them again")
    is_synthetic: bool
    today: Today
    latest_registered_at: datetime | None
