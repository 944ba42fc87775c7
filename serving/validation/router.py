"""HTTP of data quality.

Belongs here: `/api/validation`, `/api/contracts` and the list of `/api/quarantine`. Does not belong here: SQL.
"""

import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.problem_docs import problems
from app_api.wire import Cursor, Limit, keyset_page, offset_of, offset_page
from core.errors import NotFoundError
from serving.validation import repository
from serving.validation.report_page import REPORT_HEADERS, report_page
from serving.validation.schemas import (
    ContractPage,
    ContractVersion,
    ParkedPage,
    ParkedRow,
    RunDetail,
    RunPage,
    RunSummary,
    TrendReport,
)
from serving.validation.trends import rule_trends

router = APIRouter(prefix="/api", tags=["quality"])

Suite = Annotated[str | None, Query(pattern=r"^[a-z0-9_]{1,64}$")]
MonthFilter = Annotated[str | None, Query(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description="YYYY-MM")]
ReasonFilter = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_.-]{1,80}$", description="A rule that was broken")]


@router.get("/validation/runs", dependencies=[Depends(need("validation.read"))])
async def list_validation_runs(
    context: Context, suite: Suite = None, month: MonthFilter = None, limit: Limit = 50, cursor: Cursor = None
) -> RunPage:
    """List runs of the suites, the latest first."""
    offset = offset_of(cursor)
    async with context.engine.connect() as connection:
        rows = await repository.runs(connection, suite=suite, month=month, offset=offset, limit=limit + 1)
    shown, following = offset_page(rows, offset=offset, limit=limit)
    items = [RunSummary.model_validate(row, from_attributes=True) for row in shown]
    return RunPage(items=items, next=following)


@router.get("/validation/runs/{run_id}", responses=problems(404), dependencies=[Depends(need("validation.read"))])
async def read_validation_run(run_id: uuid.UUID, context: Context) -> RunDetail:
    """Read one run with the outcome of each rule."""
    async with context.engine.connect() as connection:
        row = await repository.run(connection, run_id)
    if row is None:
        raise NotFoundError(f"no validation run {run_id}", code="validation_run_not_found")
    return RunDetail.model_validate(row, from_attributes=True)


@router.get(
    "/validation/runs/{run_id}/report",
    responses={200: {"content": {"text/html": {}}}} | problems(404),
    response_class=HTMLResponse,
    dependencies=[Depends(need("validation.read"))],
)
async def read_validation_report(run_id: uuid.UUID, context: Context) -> HTMLResponse:
    """Read one run as a page for people, with the pass rates of its suite over the months before it."""
    async with context.engine.connect() as connection:
        row = await repository.run(connection, run_id)
        if row is None:
            raise NotFoundError(f"no validation run {run_id}", code="validation_run_not_found")
        others = await repository.newest_by_month(connection, suite=row.suite, months=36)
    return HTMLResponse(report_page(row, others), headers=REPORT_HEADERS)


@router.get("/validation/trends", dependencies=[Depends(need("validation.read"))])
async def read_validation_trends(
    context: Context,
    suite: Suite = None,
    months: Annotated[int, Query(ge=2, le=120, description="How many of the latest months")] = 24,
) -> TrendReport:
    """Read how each rule fared month by month: count, trend and Kahn class, the most frequent failures first."""
    async with context.engine.connect() as connection:
        runs = await repository.newest_by_month(connection, suite=suite, months=months)
    return TrendReport(months=sorted({run.month for run in runs}), rules=rule_trends(runs))


@router.get("/contracts", dependencies=[Depends(need("contract.read"))])
async def list_contracts(
    context: Context,
    source: Annotated[str | None, Query(pattern=r"^[\w .-]{1,64}$", description="One source only")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ContractPage:
    """List what sources promised to deliver, version by version, and deliveries refused for breaking it."""
    async with context.engine.connect() as connection:
        rows = await repository.contracts(connection, source=source, before=cursor, limit=limit + 1)
    shown, following = keyset_page(rows, limit=limit, key=lambda row: row.contract_seq)
    items = [ContractVersion.model_validate(row, from_attributes=True) for row in shown]
    return ContractPage(items=items, next=following)


@router.get("/quarantine", dependencies=[Depends(need("quarantine.read"))])
async def list_quarantine(
    context: Context,
    status: Literal["open", "fixed", "waived"] = "open",
    month: MonthFilter = None,
    reason: ReasonFilter = None,
    limit: Limit = 50,
    cursor: Annotated[str | None, Query(pattern=r"^[0-9a-f]{64}$", description="`next` of the page before")] = None,
) -> ParkedPage:
    """List parked rows as they came, with the rules they broke: raw values, so for stewards only."""
    async with context.engine.connect() as connection:
        rows = await repository.parked(
            connection, status=status, month=month, reason=reason, after=cursor, limit=limit + 1
        )
        total, reasons = await repository.parked_counts(connection, status=status, month=month, reason=reason)
    shown, following = keyset_page(rows, limit=limit, key=lambda row: row.content_hash)
    items = [ParkedRow.model_validate(row, from_attributes=True) for row in shown]
    return ParkedPage(items=items, next=following, total=total, reasons=reasons)
