"""Alerts and dispositions on the wire.

Belongs here: pydantic models. Does not belong here: rules.
"""

import uuid
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app_api.wire import Line, Page
from core.vocabulary import Role, SurgeLevel

Disposition = Literal["investigated", "real", "noise"]
Grain = Literal["week", "month"]
Kind = Literal["live", "replayed"]
Count = Annotated[int, Field(ge=0, le=2**53 - 1)]


class NewDisposition(BaseModel):
    """What was found out; `why` is for colleagues and names no patient."""

    model_config = ConfigDict(extra="forbid")

    disposition: Disposition
    why: Annotated[Line, Field(min_length=3, max_length=400)]


class DispositionView(BaseModel):
    disposition: Disposition
    why: str
    decided_by_name: str
    decided_by_role: Role
    decided_at: datetime


class AlertView(BaseModel):
    """One alert as published; counts that a role may not see are null."""

    alert_id: uuid.UUID
    grain: Grain
    period: str
    period_start_date: date
    rank: int = Field(ge=1)
    condition: str
    count: Count | None = Field(description="Reported when the period was judged")
    complete_share: float | None = Field(description="Part of the period's cases usually reported by then")
    estimate: float | None = Field(description="What the period comes to; null where that is not estimated")
    estimate_low: float | None
    estimate_high: float | None = Field(description="Its 80 % interval")
    expected: float
    excess: float | None = Field(description="Of the estimate, where there is one, else of the count")
    p_exceed: float | None
    q_value: float | None = Field(description="The smallest budget that would have let the alert pass")
    level: SurgeLevel
    budget: float
    kind: Kind = Field(description="live: published when the period had just closed; replayed: judged later")
    receipt_id: str
    published_at: datetime
    disposition: DispositionView | None = Field(description="The newest; null while nobody has looked")


class PpvView(BaseModel):
    """Predictive value of closed alerts: real / (real + noise), 95 % Wilson interval; null before the first."""

    real: Count
    noise: Count
    investigated: Count
    untouched: Count
    ppv: float | None
    low: float | None
    high: float | None


class PpvBook(BaseModel):
    """Alerts of live weeks and of replayed ones are never pooled."""

    live: PpvView
    replayed: PpvView


class AlertPage(Page):
    items: list[AlertView]
    ppv: PpvBook
    budget: float | None = Field(description="Of the newest closed period: at most this share of alerts is false")
    closed_period: str | None = Field(description="The newest closed period of this grain")
    closed_alerts: Count | None = Field(description="How many alerts that period raised")


class DispositionHistory(BaseModel):
    """Every disposition of one alert, the newest first; none is ever changed."""

    items: list[DispositionView]
