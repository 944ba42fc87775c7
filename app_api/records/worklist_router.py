"""HTTP of what is to be done for all of a person's patients.

Belongs here: `/api/care-tasks`. Does not belong here: the tasks of one chart (`router`).
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from app_api.envelope import Act, Write
from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.identity.session_book import Principal
from app_api.records import service
from app_api.records.schemas import DueTaskPage
from app_api.wire import Cursor, Limit, offset_of, offset_page

router = APIRouter(prefix="/api/care-tasks", tags=["records"])


@router.get("", response_model=DueTaskPage)
async def list_due_tasks(
    person: Annotated[Principal, Depends(need("care_task.worklist"))],
    context: Context,
    write: Write,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the open care tasks of the patients whom one may see, overdue ones first."""

    async def act(tx: Act) -> DueTaskPage:
        offset = offset_of(cursor)
        items = await service.tasks_due(context, tx, person, offset=offset, limit=limit)
        shown, following = offset_page(items, offset=offset, limit=limit)
        return DueTaskPage(items=shown, next=following)

    return await write.look(person, "care_task.worklist", act)
