"""Match scores on the wire.

Belongs here: requests and answers. Does not belong here: values of anybody's chart: none of these has a place for one.
"""

import uuid
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app_api.patients.schemas import PersonFields
from app_api.wire import Page
from core.vocabulary import Sex
from ml.linkage import MatchState

Decision = Literal["same_person", "different_people"]
Status = Literal["open", "same_person", "different_people"]
Agreement = Literal[
    "exact", "near", "sounds_alike", "swapped", "day_month_swapped", "one_digit", "same_year", "differs"
]
ComparedField = Literal["family_name", "given_name", "birth_date", "sex", "phone", "email", "identifier"]


class ContributionView(BaseModel):
    """What one field says, without its value."""

    field: ComparedField
    level: Agreement
    bits: float = Field(description="log2(m / u); negative speaks against")


class ScoredPair(BaseModel):
    """How probable it is that two entries are one person."""

    state: MatchState
    bits: float = Field(description="Sum of the contributions, without the prior")
    probability: float = Field(ge=0, le=1)
    contributions: list[ContributionView] = Field(description="One for each field that both have, the strongest first")


class PersonMatch(ScoredPair):
    patient_id: str


class MatchQuestion(PersonFields):
    """A person as they would be entered."""

    model_config = ConfigDict(extra="forbid")

    sex: Sex = Sex.UNKNOWN


class PersonMatchList(BaseModel):
    items: list[PersonMatch]
    next: None = None


class PairView(ScoredPair):
    """Two patients who may be one person, as a steward sees them."""

    pair_id: uuid.UUID
    first_id: str
    second_id: str
    scored_at: datetime
    status: Status
    version: int = Field(ge=1)
    decided_by: str | None = Field(description="Shown name of whoever decided")
    decided_at: datetime | None


class PairPage(Page):
    items: list[PairView]
    match_count: int = Field(ge=0, description="Open pairs that are a match")
    possible_count: int = Field(ge=0, description="Open pairs that are possible")


class PairDecision(BaseModel):
    model_config = ConfigDict(extra="forbid")

    decision: Decision
