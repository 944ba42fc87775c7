"""Taking the published analyses away, as CSV or JSON.

Belongs here: `GET /api/analytics/export/`. Does not belong here: flattening (`tables`).
"""

from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from app_api.identity.access import need
from app_api.identity.session_book import Principal
from app_api.problem_docs import problems
from core.errors import NotFoundError
from serving.analytics.audience import audience_of
from serving.analytics.schemas import AssociationsBlock, DemographicsBlock, SurgeBlock, TrendsBlock, VolumeBlock
from serving.analytics.store import Store
from serving.analytics.tables import long_table, table_of, write_csv

router = APIRouter(prefix="/api/analytics", tags=["analytics"])

Section = Literal["health_trends", "demographics", "associations", "patient_volume", "illness_surge"]


class Export(BaseModel):
    """The blocks as they are served."""

    items: list[TrendsBlock | DemographicsBlock | AssociationsBlock | VolumeBlock | SurgeBlock]
    next: None = None


@router.get(
    "/export/",
    response_model=None,
    responses={200: {"model": Export, "content": {"text/csv": {"schema": {"type": "string"}}}}} | problems(404),
)
async def export_analytics(
    person: Annotated[Principal, Depends(need("analytics.export"))],
    store: Store,
    format: Literal["csv", "json"] = "json",
    section: Section | None = None,
) -> Response:
    """Export one section, or all; CSV of one section is a table, of all a row for each value."""
    page = orjson.loads((await store.page("all", audience_of(person))).body)
    blocks = [block for name, block in page["sections"].items() if block is not None and section in (None, name)]
    if section is not None and not blocks:
        raise NotFoundError(f"{section} was not published yet", code="section_not_published")
    name = f"medisync-{section or 'analytics'}.{format}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if format == "json":
        body = orjson.dumps({"items": blocks, "next": None})
        return Response(body, media_type="application/json", headers=headers)
    rows = long_table(blocks) if section is None else table_of(blocks[0])
    return Response(write_csv(rows), media_type="text/csv; charset=utf-8", headers=headers)
