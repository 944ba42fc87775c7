"""Care protocols on the wire and in their files.

Belongs here: their shape. Does not belong here: matching (`policy`).
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

CARE_NOTE = "Summarised from the sources named; not yet approved by a hospital's own committee. A clinician decides."


class ProtocolSource(BaseModel):
    model_config = ConfigDict(extra="forbid")

    citation: str = Field(min_length=30)
    year: int = Field(ge=2000, le=2100)
    url: str = Field(pattern="^https://")


class ProtocolStep(BaseModel):
    model_config = ConfigDict(extra="forbid")

    what: str = Field(min_length=10, max_length=160)
    who: Literal["doctor", "nurse"]
    within_minutes: int = Field(ge=0, description="Counted from the registration")


class ProtocolRule(BaseModel):
    """When a protocol fits: the score, where one is named, and a condition, where some are named."""

    model_config = ConfigDict(extra="forbid")

    news2_min: int | None = Field(None, ge=1, le=20)
    age_min: int | None = Field(None, ge=0, le=120)
    conditions: list[str] = []
    codes: list[str] = []


class Protocol(BaseModel):
    model_config = ConfigDict(extra="forbid")

    protocol_id: str
    title: str
    version: str
    source: ProtocolSource
    applies: ProtocolRule
    steps: list[ProtocolStep] = Field(min_length=3)
    local_note: str = Field(description="What in it is not the source's")


class DueStep(ProtocolStep):
    due_at: datetime


class FittingProtocol(BaseModel):
    """A protocol that fits the last visit, with the reason and the times of its steps."""

    protocol_id: str
    title: str
    version: str
    reason: str
    source: ProtocolSource
    steps: list[DueStep]
    local_note: str


class FittingProtocols(BaseModel):
    items: list[FittingProtocol]
    note: str = CARE_NOTE
    next: None = None


class ProtocolCatalogue(BaseModel):
    items: list[Protocol]
    note: str = CARE_NOTE
    next: None = None
