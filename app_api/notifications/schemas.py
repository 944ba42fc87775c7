"""Notifications on the wire.

Belongs here: pydantic models. Does not belong here: rules.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from app_api.wire import Page


class NotificationView(BaseModel):
    """One event of the pipeline, without any patient's value."""

    notification_id: Annotated[int, Field(ge=1, le=2**53 - 1)]
    kind: Literal["failed_check", "failed_run", "late_data"]
    severity: Literal["critical", "warning"]
    subject: str = Field(description="Asset or job")
    check_name: str | None
    summary: str
    details: dict[str, Any] = Field(description="Names of rules or columns, and counts")
    dagster_run_id: str | None
    happened_at: datetime
    is_read: bool


class NotificationPage(Page):
    """Notifications, the newest first; `unread` counts all of them."""

    items: list[NotificationView]
    unread: Annotated[int, Field(ge=0, le=2**53 - 1)]


class Reading(BaseModel):
    """How many notifications are still unread."""

    unread: Annotated[int, Field(ge=0, le=2**53 - 1)]
