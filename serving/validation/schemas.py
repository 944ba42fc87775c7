"""Validation runs and parked rows on the wire.

Belongs here: pydantic models. Does not belong here: rules.
"""

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app_api.wire import Page
from core.vocabulary import KahnCategory, Severity

Count = Annotated[int, Field(ge=0, le=2**53 - 1)]


class RunSummary(BaseModel):
    """One run of one suite over one month; counts, never values."""

    validation_run_id: uuid.UUID
    suite: str
    suite_version: str
    month: str
    dagster_run_id: str
    row_count: Count
    failed_row_count: Count
    is_success: bool
    ran_at: datetime


class RunPage(Page):
    items: list[RunSummary]


class RuleOutcome(BaseModel):
    rule: str
    column: str | None
    severity: Severity
    kahn: KahnCategory
    reason: str | None = None
    success: bool
    failed_rows: Count


class RunDetail(RunSummary):
    rules: list[RuleOutcome]


class ParkedRow(BaseModel):
    """A row that may not go on, as received, with every rule it broke."""

    content_hash: str
    month: str
    source: str
    source_record: str
    reasons: list[str]
    raw: dict[str, str | None] = Field(description="The row as it came, all text")
    status: Literal["open", "fixed", "waived"]
    dagster_run_id: str
    quarantined_at: datetime


class ParkedPage(BaseModel):
    items: list[ParkedRow]
    next: str | None = Field(description="Cursor of the next page; null at the end")
    total: Count = Field(description="Rows that fit the filter")
    reasons: dict[str, Count] = Field(description="How many of them broke each rule")
