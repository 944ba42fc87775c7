"""HTTP of the audit.

Belongs here: `/api/audit`. Does not belong here: verification of everything (`medisync audit verify`).
"""

import uuid
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import func, select

from app_api.envelope import Act, Write
from app_api.identity.access import need
from app_api.identity.session_book import Principal
from app_api.wire import Cursor, Limit, Page, offset_of, offset_page
from core.db.tables import AuditEvent, AuditSeal, AuditUnsealed, UserAccount

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
        name = func.coalesce(UserAccount.display_name, AuditEvent.actor_role).label("actor")
        query = select(*AuditEvent.__table__.columns, name).outerjoin(
            UserAccount, UserAccount.user_id == AuditEvent.actor_id
        )
        if outcome is not None:
            query = query.where(AuditEvent.outcome == outcome)
        query = query.order_by(AuditEvent.event_id.desc()).offset(offset).limit(limit + 1)
        rows = (await tx.connection.execute(query)).all()
        seals = select(func.count(AuditSeal.seal_seq), func.max(AuditSeal.sealed_at))
        count, last = (await tx.connection.execute(seals)).one()
        waiting = (await tx.connection.execute(select(func.count()).select_from(AuditUnsealed))).scalar_one()
        shown, following = offset_page(rows, offset=offset, limit=limit)
        return AuditPage(
            items=[AuditView.model_validate(row, from_attributes=True) for row in shown],
            next=following,
            seal_count=count,
            waiting_count=waiting,
            last_sealed_at=last,
        )

    return await write.look(person, "audit.read", act)
