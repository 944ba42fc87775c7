"""HTTP of data quality.

Belongs here: `/api/validation/runs` and `/api/quarantine`. Does not belong here: SQL.
"""

import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query

from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.problem_docs import problems
from app_api.wire import Cursor, Limit
from core.errors import NotFoundError
from serving.validation import repository
from serving.validation.schemas import ParkedPage, ParkedRow, RunDetail, RunPage, RunSummary

router = APIRouter(prefix="/api", tags=["quality"])

Suite = Annotated[str | None, Query(pattern=r"^[a-z0-9_]{1,64}$")]
MonthFilter = Annotated[str | None, Query(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description="YYYY-MM")]
ReasonFilter = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_.-]{1,80}$", description="A rule that was broken")]


@router.get("/validation/runs", dependencies=[Depends(need("validation.read"))])
async def list_validation_runs(
    context: Context, suite: Suite = None, month: MonthFilter = None, limit: Limit = 50, cursor: Cursor = None
) -> RunPage:
    """List runs of the suites, the latest first."""
    offset = min(cursor or 0, 2**31 - 1)
    async with context.engine.connect() as connection:
        rows = await repository.runs(connection, suite=suite, month=month, offset=offset, limit=limit + 1)
    items = [RunSummary.model_validate(row, from_attributes=True) for row in rows[:limit]]
    return RunPage(items=items, next=offset + limit if len(rows) > limit else None)


@router.get("/validation/runs/{run_id}", responses=problems(404), dependencies=[Depends(need("validation.read"))])
async def read_validation_run(run_id: uuid.UUID, context: Context) -> RunDetail:
    """Read one run with the outcome of each rule."""
    async with context.engine.connect() as connection:
        row = await repository.run(connection, run_id)
    if row is None:
        raise NotFoundError(f"no validation run {run_id}", code="validation_run_not_found")
    return RunDetail.model_validate(row, from_attributes=True)


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
    items = [ParkedRow.model_validate(row, from_attributes=True) for row in rows[:limit]]
    following = items[-1].content_hash if len(rows) > limit else None
    return ParkedPage(items=items, next=following, total=total, reasons=reasons)
