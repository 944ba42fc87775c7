"""Decisions and replays on the wire.

Belongs here: pydantic models. Does not belong here: rules.
"""

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app_api.wire import Line, Moment, Page
from core.vocabulary import KahnCategory, Severity

Month = Annotated[str, StringConstraints(strict=True, pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
RuleCode = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z0-9_]{1,80}$")]
FieldName = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z0-9_]{1,40}$")]
FieldText = Annotated[str, StringConstraints(strict=True, pattern=r"^[^\x00-\x1f\x7f]*$", max_length=240)]
Reason = Annotated[Line, Field(min_length=5, max_length=500)]
Count = Annotated[int, Field(ge=0, le=2**53 - 1)]


class Fix(BaseModel):
    """The fields as they should have been; null empties an optional one."""

    model_config = ConfigDict(extra="forbid")

    changes: dict[FieldName, FieldText | None] = Field(min_length=1, max_length=20)
    reason: Reason = Field(description="How the right value is known; kept with the decision, name no patient")


class Waiver(BaseModel):
    """Let this one row break these rules."""

    model_config = ConfigDict(extra="forbid")

    rules: list[RuleCode] | None = Field(
        None, min_length=1, max_length=40, description="All that it broke when left out"
    )
    reason: Reason
    expires_at: Moment | None = Field(None, description="The waiver ends here; it does not end when left out")


class ReplayWish(BaseModel):
    """Which months to make again."""

    model_config = ConfigDict(extra="forbid")

    months: list[Month] | None = Field(
        None, min_length=1, max_length=120, description="Those with decisions not yet honoured when left out"
    )


class DecisionView(BaseModel):
    """One decision; never the values of the row."""

    decision_seq: Count
    content_hash: str
    month: str
    new_month: str
    kind: Literal["fix", "waive"]
    rules: list[str]
    fields: list[str]
    reason: str
    decided_by_name: str
    decided_at: datetime
    expires_at: datetime | None


class DecisionPage(Page):
    items: list[DecisionView]


class Decided(BaseModel):
    """The decision, what the row is now, and the months that a replay would make again."""

    decision: DecisionView
    status: Literal["open", "fixed", "waived"]
    months_to_replay: list[str]


class BrokenRule(BaseModel):
    """A rule in words."""

    rule: str
    column: str | None
    severity: Severity | None
    kahn: KahnCategory | None
    words: str
    is_waivable: bool


class ParkedDetail(BaseModel):
    """A parked row as received, its broken rules in words, and what was decided about it."""

    content_hash: str
    month: str
    source: str
    source_record: str
    status: Literal["open", "fixed", "waived"]
    raw: dict[str, str | None]
    rules: list[BrokenRule]
    fixable: list[str]
    decisions: list[DecisionView]
    quarantined_at: datetime


class Counts(BaseModel):
    """Where the raw rows of a month went."""

    raw: Count
    validated: Count
    quarantined: Count
    superseded: Count
    duplicates: Count
    waived: Count = Field(description="Of the validated ones, those that a waiver let pass")
    dagster_run_id: str
    counted_at: datetime


class ReplayMonth(BaseModel):
    month: str
    is_done: bool
    is_outside: bool = Field(description="The pipeline makes no such month: before its history, or still to come")
    before: Counts | None
    after: Counts | None


class ReplayView(BaseModel):
    """A replay, month by month; `is_reconciled` once every month is done and raw = the sum of where the rows went.

    It is over when it is `done`, or `refused`: what can be made is made, and months are left that the pipeline, which
    makes those from `first_month` to `last_month`, never makes.
    """

    replay_id: uuid.UUID
    requested_by_name: str
    requested_at: datetime
    state: Literal["waiting", "running", "done", "refused"]
    is_reconciled: bool
    first_month: str
    last_month: str
    months: list[ReplayMonth]
