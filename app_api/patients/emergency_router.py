"""HTTP of the review of emergency accesses.

Belongs here: `/api/break-glass`. Does not belong here: taking one (`router`).
"""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from app_api.envelope import Act, Write, problems_of_writes
from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.identity.session_book import Principal
from app_api.patients import repository, service
from app_api.patients.schemas import EmergencyPage, Verdict
from app_api.wire import Cursor, Limit, offset_of, offset_page

router = APIRouter(prefix="/api/break-glass", tags=["patients"])

Reviewer = Annotated[Principal, Depends(need("break_glass.review"))]


@router.get("", response_model=EmergencyPage)
async def list_emergency_accesses(
    person: Reviewer, context: Context, write: Write, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """List emergency accesses, those to be reviewed first."""
    offset = offset_of(cursor)

    async def act(tx: Act) -> EmergencyPage:
        rows = await repository.grants(tx.connection, offset=offset, limit=limit + 1)
        shown, following = offset_page(rows, offset=offset, limit=limit)
        tx.about("break_glass", *(row.grant_id for row in shown), relation="any")
        items = [await service.review_line(context, tx, row) for row in shown]
        return EmergencyPage(items=items, next=following)

    return await write.look(person, "break_glass.review", act)


@router.post("/{grant_id}/review", status_code=204, responses=problems_of_writes(404))
async def review_emergency_access(grant_id: uuid.UUID, body: Verdict, person: Reviewer, write: Write) -> Response:
    """Say whether an emergency access was justified."""

    async def act(tx: Act) -> None:
        await service.review(tx, person, grant_id, is_justified=body.is_justified)

    return await write.once(person, "break_glass.review", act)
