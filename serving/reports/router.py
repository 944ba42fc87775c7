"""HTTP of reports.

Belongs here: `POST /api/analytics/pdf/` and `/api/reports`. Does not belong here: gathering (`service`),
setting (`reports.render`).
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response

from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.identity.session_book import Principal
from app_api.problem_docs import problems
from app_api.wire import Cursor, Limit, offset_of, offset_page
from core import clock
from core.errors import NotFoundError
from core.vocabulary import Role
from reports.plans import chosen
from serving.analytics.audience import audience_of
from serving.analytics.pages import Audience
from serving.analytics.store import Store
from serving.operations.router import TheOperations
from serving.operations.service import WhatIf, report_blocks
from serving.reports import repository, service
from serving.reports.press import ThePress
from serving.reports.schemas import ReportBody, StoredReports, StoredReportView
from serving.risk.holder import Models

router = APIRouter(prefix="/api/analytics", tags=["reports"])

_PDF: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The report",
        "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post("/pdf/", response_model=None, response_class=Response, responses=_PDF | problems(422))
async def make_report(
    wanted: ReportBody,  # type: ignore[valid-type]
    person: Annotated[Principal, Depends(need("report.make"))],
    store: Store,
    press: ThePress,
    operations: TheOperations,
    context: Context,
    models: Models,
) -> Response:
    """Make a role's report as PDF; small cells are hidden from readers who do not treat patients."""
    service.check_may_have(person.role, wanted.role)
    sections, audience, now = chosen(wanted.role, wanted.sections), audience_of(person), clock.now()
    blocks = service.blocks_of(await store.page("all", audience))
    if wanted.role is Role.ADMIN:
        blocks |= report_blocks(await operations.page(WhatIf()))
    receipts = {block["receipt"] for block in blocks.values() if block is not None}
    async with context.engine.connect() as connection:
        provenance = await repository.provenance_of(connection, receipts)
    facts = {
        "is_synthetic": context.settings.is_demo,
        "is_suppressed": audience is not Audience.CLINICAL,
        "model_version": models.version,
    }
    body = await press.make(service.set_report, wanted.role, sections, blocks, provenance, facts, now)
    name = f"medisync-{wanted.role}-{now:%Y-%m-%d}.pdf"
    return Response(
        body, media_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


stored_router = APIRouter(prefix="/api/reports", tags=["reports"])


@stored_router.get("")
async def list_reports(
    person: Annotated[Principal, Depends(need("report.list"))],
    context: Context,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> StoredReports:
    """The reports of the nightly run that the caller's role may have, the newest first."""
    offset = offset_of(cursor)
    async with context.engine.connect() as connection:
        rows = await repository.stored(connection, roles=service.readable(person.role), offset=offset, limit=limit + 1)
    shown, following = offset_page(rows, offset=offset, limit=limit)
    items = [StoredReportView.model_validate(row, from_attributes=True) for row in shown]
    return StoredReports(items=items, next=following)


@stored_router.get("/{report_id}", response_model=None, response_class=Response, responses=_PDF | problems(404))
async def read_report(
    report_id: Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")],
    person: Annotated[Principal, Depends(need("report.list"))],
    context: Context,
) -> Response:
    """One report of the nightly run; those that the caller may not have are not there for them."""
    async with context.engine.connect() as connection:
        row = await repository.stored_report(connection, report_id)
    if row is None or row.role not in service.readable(person.role):
        raise NotFoundError(f"no report {report_id}", code="report_not_found")
    name = f"medisync-{row.role}-{row.made_at:%Y-%m-%d}.pdf"
    return Response(
        row.content, media_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
