"""The administrator's page on the wire.

Belongs here: shapes. Does not belong here: values.
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from serving.analytics.sections import Count, Month, Share


class Glance(BaseModel):
    """One figure of the overview, with the moment and the receipt of the block that it was read from."""

    key: Literal["expected_next_month", "busiest_month", "conditions_above_usual", "registrations_last_day"]
    value: float | None
    period: str | None
    as_of: datetime
    receipt: str | None = Field(description="Null for what is counted live")


class PromiseView(BaseModel):
    """One promise of the system, and what was measured since the workers started."""

    key: str
    unit: Literal["seconds", "share", "hours", "count"]
    bound: Literal["at_most", "at_least"]
    target: float
    measured: float | None
    observations: Count
    is_kept: bool | None = Field(description="Null while nothing was observed")


class UptimeView(BaseModel):
    """What of the last thirty days was served, as the workers wrote it down while they did."""

    since_at: datetime = Field(description="Whole minutes are counted from here on")
    window_days: Count
    down_minutes: float = Field(description="Not served, in steps of ten seconds; planned stops too")
    budget_minutes: float = Field(description="What the target of `uptime_share` lets be lost in the window")
    answered_count: Count = Field(description="Answers to anything but probes")
    failed_count: Count = Field(description="Of these with a status of 500 or above")


class SystemHealth(BaseModel):
    as_of: datetime
    pipeline: Literal["ready", "idle", "away"] = Field(
        description="Dagster: its daemons work; a daemon is missing; it does not answer, and what it published last is "
        "served with its `as_of`"
    )
    promises: list[PromiseView]
    uptime: UptimeView


class Assumptions(BaseModel):
    beds: int
    stay_days: float
    admitted_share: Share
    admitted_share_source: Literal["observed", "assumed", "given"]
    admitted_share_n: Count = Field(description="Registrations with a known outcome behind an observed share")
    visits_per_nurse_shift: float
    shifts_per_day: float
    assurance: Share


class CapacityMonth(BaseModel):
    """A month of the forecast, and what it asks for; `_hi80` for the upper 80 % bound."""

    month: Month
    registrations_per_day: float
    registrations_per_day_hi80: float
    beds_mean: float
    beds_needed: Count
    beds_needed_hi80: Count
    occupancy: float
    full_share: Share
    nurses_per_shift: Count
    nurses_per_shift_hi80: Count


class Capacity(BaseModel):
    as_of: datetime
    receipt: str
    assumptions: Assumptions
    months: list[CapacityMonth]


class AdminPage(BaseModel):
    generated_at: datetime
    is_synthetic: bool
    overview: list[Glance]
    system_health: SystemHealth
    capacity: Capacity | None
