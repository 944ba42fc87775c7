"""HTTP of reports.

Belongs here: `POST /api/analytics/pdf/`. Does not belong here: gathering (`service`), setting (`reports.render`).
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.identity.session_book import Principal
from app_api.problem_docs import problems
from core import clock
from core.vocabulary import Role
from reports.plans import chosen
from serving.analytics.audience import audience_of
from serving.analytics.pages import Audience
from serving.analytics.store import Store
from serving.operations.router import TheOperations
from serving.operations.service import WhatIf, report_blocks
from serving.reports import repository, service
from serving.reports.press import ThePress
from serving.reports.schemas import ReportBody
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
