"""Matching and assignment on the wire.

Belongs here: fields. Does not belong here: rules between fields.
"""

import uuid
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app_api.queue.matching import Factor

OverrideReason = Literal["patients_wish", "knows_patient", "skills", "language", "workload", "takes_over"]


class MatchReason(BaseModel):
    factor: Factor
    points: int
    words: str


class MatchView(BaseModel):
    """A doctor, how well they fit, and why."""

    provider_id: uuid.UUID
    name: str
    specialty: str
    is_on_duty: bool
    load: int = Field(ge=0, description="Patients who are assigned to the doctor and not finished with")
    points: int = Field(description="Sum of the reasons' points")
    is_suggested: bool
    is_assigned: bool
    reasons: list[MatchReason]


class MatchList(BaseModel):
    entry_id: uuid.UUID
    needed_specialty: str | None = Field(description="Asked for at triage, or by the chapter of the condition's code")
    items: list[MatchView]


class NewAssignment(BaseModel):
    model_config = ConfigDict(extra="forbid")

    provider_id: uuid.UUID | None = Field(description="Null: assigned to nobody")
    reason: OverrideReason | None = Field(None, description="Needed when another than the suggested doctor is chosen")
