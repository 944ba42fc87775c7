"""HTTP of the audit.

Belongs here: `/api/audit`. Does not belong here: SQL, verification of everything (`medisync audit verify`).
"""

import uuid
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from app_api.audit import repository
from app_api.envelope import Act, Write
from app_api.identity.access import need
from app_api.identity.session_book import Principal
from app_api.wire import Cursor, Limit, Page, offset_of, offset_page

router = APIRouter(prefix="/api/audit", tags=["audit"])


class AuditView(BaseModel):
    """One event: ids and codes, never a value."""

    event_id: uuid.UUID
    occurred_at: datetime
    actor: str
    actor_role: str
    action: str
    object_kind: str
    object_ids: list[str]
    patient_id: str | None
    relation: str
    outcome: str
    reason_code: str | None


class AuditPage(Page):
    items: list[AuditView]
    seal_count: int = Field(ge=0)
    waiting_count: int = Field(ge=0, description="Events that no seal covers yet")
    last_sealed_at: datetime | None


@router.get("", response_model=AuditPage)
async def list_events(
    person: Annotated[Principal, Depends(need("audit.read"))],
    write: Write,
    limit: Limit = 50,
    cursor: Cursor = None,
    outcome: Annotated[str | None, Query(pattern="^(done|refused)$")] = None,
) -> Response:
    """List events, the newest first, and how far they are sealed. Reading the audit is an event too."""
    offset = offset_of(cursor)

    async def act(tx: Act) -> AuditPage:
        tx.about("audit_event", relation="any")
        rows = await repository.events(tx.connection, outcome=outcome, offset=offset, limit=limit + 1)
        seals = await repository.seals(tx.connection)
        shown, following = offset_page(rows, offset=offset, limit=limit)
        return AuditPage(
            items=[AuditView.model_validate(row, from_attributes=True) for row in shown],
            next=following,
            seal_count=seals.seal_count,
            waiting_count=seals.waiting_count,
            last_sealed_at=seals.last_sealed_at,
        )

    return await write.look(person, "audit.read", act)
