"""HTTP of notifications.

Belongs here: `/api/notifications`. Does not belong here: SQL.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from app_api.envelope import Act, Write, problems_of_writes
from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.identity.session_book import Principal
from app_api.notifications import repository
from app_api.notifications.schemas import NotificationPage, NotificationView, Reading
from app_api.wire import Cursor, Limit, keyset_page
from core.errors import NotFoundError

router = APIRouter(prefix="/api/notifications", tags=["notifications"])

Reader = Annotated[Principal, Depends(need("notification.read"))]
Number = Annotated[int, Path(ge=1, le=2**53 - 1)]


@router.get("")
async def list_notifications(
    context: Context, person: Reader, only_unread: bool = False, limit: Limit = 50, cursor: Cursor = None
) -> NotificationPage:
    """List what the pipeline told, the newest first."""
    async with context.engine.connect() as connection:
        rows = await repository.newest(
            connection, person.user_id, before=cursor, only_unread=only_unread, limit=limit + 1
        )
        unread = await repository.unread(connection, person.user_id)
    shown, following = keyset_page(rows, limit=limit, key=lambda row: row.notification_id)
    items = [NotificationView.model_validate(row, from_attributes=True) for row in shown]
    return NotificationPage(items=items, unread=unread, next=following)


@router.post("/{notification_id}/read", response_model=Reading, responses=problems_of_writes(404))
async def read_notification(notification_id: Number, write: Write, person: Reader) -> Response:
    """Mark one notification as read."""
    return await _read(notification_id, write, person, only=True)


@router.post("/{notification_id}/read-up-to", response_model=Reading, responses=problems_of_writes(404))
async def read_notifications_up_to(notification_id: Number, write: Write, person: Reader) -> Response:
    """Mark this notification and all before it as read; what came since stays unread."""
    return await _read(notification_id, write, person, only=False)


async def _read(notification_id: int, write: Write, person: Principal, *, only: bool) -> Response:
    async def act(tx: Act) -> Reading:
        tx.about("notification", notification_id, relation="own")
        if not await repository.exists(tx.connection, notification_id):
            raise NotFoundError(f"no notification {notification_id}", code="notification_not_found")
        await repository.mark_read(tx.connection, person.user_id, up_to=notification_id, only=only)
        return Reading(unread=await repository.unread(tx.connection, person.user_id))

    return await write.once(person, "notification.read", act)
