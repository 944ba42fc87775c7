"""HTTP of surge alerts.

Belongs here: `/api/surge/alerts`. Does not belong here: rules and SQL; the detector's own grade (`serving.outlook`).
"""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from app_api.envelope import Act, Write, problems_of_writes
from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.identity.session_book import Principal
from app_api.problem_docs import problems
from app_api.surge import service
from app_api.surge.schemas import AlertPage, AlertView, DispositionHistory, Grain, NewDisposition
from app_api.wire import Cursor, Limit, offset_of

router = APIRouter(prefix="/api/surge/alerts", tags=["surge"])


@router.get("")
async def list_surge_alerts(
    context: Context,
    person: Annotated[Principal, Depends(need("surge.read"))],
    grain: Grain = "week",
    only_open: Annotated[bool, Query(description="Only alerts that nobody has looked at")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> AlertPage:
    """List alerts within their false-discovery budget, the newest period first, with the live predictive value."""
    offset = offset_of(cursor)
    async with context.engine.connect() as connection:
        return await service.page(
            connection, role=person.role, grain=grain, only_open=only_open, offset=offset, limit=limit
        )


@router.get("/{alert_id}/dispositions", responses=problems(404), dependencies=[Depends(need("surge.read"))])
async def list_dispositions(alert_id: uuid.UUID, context: Context) -> DispositionHistory:
    """Read everything that was said about an alert, the newest first."""
    async with context.engine.connect() as connection:
        return await service.history(connection, alert_id)


@router.post("/{alert_id}/dispositions", status_code=201, response_model=AlertView, responses=problems_of_writes(404))
async def dispose_of_alert(
    alert_id: uuid.UUID,
    body: NewDisposition,
    write: Write,
    person: Annotated[Principal, Depends(need("surge.dispose"))],
) -> Response:
    """Say what an alert turned out to be, and why; what was said before is kept."""

    async def act(tx: Act) -> AlertView:
        tx.about("surge_alert", alert_id, reason_code=body.disposition, fields=("disposition", "why"))
        answer = await service.dispose(tx.connection, alert_id, body, person=person)
        tx.tell("surge_alert", {"alert_id": str(alert_id)})
        return answer

    return await write.once(person, "surge.dispose", act, status=201)
