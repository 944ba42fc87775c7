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
    waived_rows: Count = Field(0, description="Rows that break the rule by leave of a steward; not among failed_rows")


class RunDetail(RunSummary):
    rules: list[RuleOutcome]


class TrendPoint(BaseModel):
    """One month of one rule, as its newest run found it."""

    month: str
    row_count: Count
    failed_rows: Count
    waived_rows: Count
    pass_rate: float = Field(ge=0, le=1, description="Share of rows that kept the rule")


class RuleTrend(BaseModel):
    """One rule over the months, the oldest first."""

    suite: str
    rule: str
    column: str | None
    severity: Severity
    kahn: KahnCategory
    reason: str | None
    failed_rows: Count = Field(description="Over all the months shown")
    waived_rows: Count
    trend: Literal["better", "worse", "steady", "new"] = Field(description="The newest month against those before it")
    points: list[TrendPoint]


class TrendReport(BaseModel):
    months: list[str] = Field(description="The months shown, the oldest first")
    rules: list[RuleTrend]


class ContractColumn(BaseModel):
    """What a source delivers in one column; names and words of vocabularies, never a patient's value."""

    name: str
    type: str
    unit: str | None = None
    values: list[str] | None = None
    is_required: bool


class ContractChange(BaseModel):
    column: str
    kind: str
    detail: str
    is_breaking: bool


class ContractVersion(BaseModel):
    """One version of a source's contract, or a delivery that was refused because it broke it."""

    contract_seq: Count
    source: str
    version: str
    verdict: Literal["accepted", "refused"]
    columns: list[ContractColumn]
    changes: list[ContractChange]
    file_name: str
    reason: str | None
    noted_at: datetime


class ContractPage(Page):
    items: list[ContractVersion]


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
