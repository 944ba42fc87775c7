"""Models, their cards, moves and history on the wire.

Belongs here: pydantic models. Does not belong here: assessments (`schemas`).
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app_api.wire import Line, Page
from core.vocabulary import Verdict

Number = Annotated[int, Field(ge=1, le=2**31 - 1)]
#: Text of a statement: lines without control characters.
Words = Annotated[
    str,
    StringConstraints(strict=True, min_length=1, max_length=2000, pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$"),
]
Owner = Annotated[Line, Field(min_length=3, max_length=120)]


class ModelView(BaseModel):
    """A released version and what the gate says of it, its card included."""

    version: Number
    verdict: Verdict
    reasons: list[str]
    metrics: dict[str, Any]
    mlflow_run_id: str
    dagster_run_id: str
    is_champion: bool
    released_at: datetime
    missing: list[str] = Field(description="Attributes of the card that are empty")


class ModelList(BaseModel):
    items: list[ModelView]
    next: int | None = Field(ge=0, le=2**53 - 1)
    champion_version: int | None = Field(description="Version in use in this worker", ge=1, le=2**31 - 1)
    troubles: list[str] = Field(description="What is wrong with the model or its registry, in sentences")
    needs_four_eyes: bool = Field(description="Whether a second administrator confirms a promotion")
    dagster_address: str = Field(description="Where the runs behind the versions are seen")
    mlflow_address: str = Field(description="Where their experiments and the registry are seen")


class Reason(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[Line, Field(min_length=5, max_length=500)]


class Move(BaseModel):
    """The champion moved."""

    version: Number
    previous_version: int | None = Field(ge=1, le=2**31 - 1)


class Waiting(BaseModel):
    """A promotion that waits for a second administrator."""

    version: Number
    request_id: int = Field(ge=1, le=2**53 - 1)


class RequestView(BaseModel):
    request_id: int = Field(ge=1, le=2**53 - 1)
    version: Number
    reason: str
    requested_by: str
    requested_by_name: str
    requested_at: datetime
    expires_at: datetime = Field(description="After this an open request is asked for anew")
    status: Literal["open", "confirmed", "withdrawn", "refused", "expired"]
    decided_by: str | None
    decided_by_name: str | None
    decided_at: datetime | None


class RequestList(Page):
    items: list[RequestView]


class ReignView(BaseModel):
    """A version as champion from one move to the next, or a warning of a move past the gate."""

    event_id: int = Field(ge=1, le=2**53 - 1)
    version: Number
    previous_version: int | None = Field(ge=1, le=2**31 - 1)
    kind: Literal["bootstrap", "promote", "rollback", "registry", "out_of_band"]
    actor: str
    actor_name: str = Field(description="Of the account; the actor itself where it is none")
    reason: str
    since: datetime
    until: datetime | None = Field(description="Null while it lasts; equal to `since` for a warning")


class History(Page):
    at: datetime
    champion_at: ReignView | None = Field(description="What was champion at `at`; null before the first one")
    items: list[ReignView]


class CardAttribute(BaseModel):
    """One attribute of a card and who answers for it."""

    name: str
    title: str
    group: str
    is_source_attribute: bool = Field(description="One of the 31 of 45 CFR 170.315(b)(11)")
    filled_by: Literal["run", "person"]
    text: str = Field(description="Empty while nobody signed it, or the run did not fill it")
    draft: str | None = Field(description="A proposal for the form; it counts for nothing")
    owner: str | None
    signed_by: str | None
    signed_by_name: str | None
    signed_at: datetime | None
    revision: int | None = Field(ge=1, le=2**31 - 1)


class CardView(BaseModel):
    model_name: str
    version: Number
    released_at: datetime
    verdict: Verdict
    reasons: list[str]
    missing: list[str]
    origin: dict[str, Any] = Field(description="Run, code, data, validation runs and environment")
    attributes: list[CardAttribute]


class Signature(BaseModel):
    """Statements that a person signs for this line of models."""

    model_config = ConfigDict(extra="forbid")

    owner: Owner = Field(description="Who answers for them, such as clinical safety lead")
    statements: Annotated[dict[str, Words], Field(min_length=1, max_length=60)]


class Signed(BaseModel):
    changed: list[str] = Field(description="Attributes that have a new revision")
    missing: list[str] = Field(description="Stated attributes that are still empty")


class StatementView(BaseModel):
    statement_id: int = Field(ge=1, le=2**53 - 1)
    attribute: str
    revision: int = Field(ge=1, le=2**31 - 1)
    text: str
    owner: str
    signed_by: str
    signed_at: datetime


class StatementList(Page):
    items: list[StatementView]


class LookView(BaseModel):
    """One look at a version in use: drift, and live skill as outcomes land."""

    monitoring_id: int = Field(ge=1, le=2**53 - 1)
    version: Number
    dagster_run_id: str
    suggests_retrain: bool = Field(description="A person decides; nothing is ever promoted by this")
    report: dict[str, Any] = Field(description="weeks, lasting, population, served, suggestions")
    measured_at: datetime


class LookList(Page):
    items: list[LookView]
