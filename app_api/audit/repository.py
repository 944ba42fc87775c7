"""All SQL of reading the audit.

Belongs here: events with the names of who acted, and how far they are sealed. Does not belong here: writing events
(`app_api.envelope`).
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db.tables import AuditEvent, AuditSeal, AuditUnsealed, SmartClient, UserAccount


async def events(connection: AsyncConnection, *, outcome: str | None, offset: int, limit: int) -> Sequence[Row[Any]]:
    """Return events with the shown name of whoever acted, or the role where nobody was signed in; the newest first."""
    name = func.coalesce(UserAccount.display_name, SmartClient.name, AuditEvent.actor_role).label("actor")
    query = (
        select(*AuditEvent.__table__.columns, name)
        .outerjoin(UserAccount, UserAccount.user_id == AuditEvent.actor_id)
        .outerjoin(SmartClient, SmartClient.client_id == AuditEvent.actor_id)
    )
    if outcome is not None:
        query = query.where(AuditEvent.outcome == outcome)
    query = query.order_by(AuditEvent.event_id.desc())
    return (await connection.execute(query.offset(offset).limit(limit))).all()


async def seals(connection: AsyncConnection) -> Row[Any]:
    """Return `seal_count`, `last_sealed_at`, and `waiting_count`: events that no seal covers yet."""
    waiting = select(func.count()).select_from(AuditUnsealed).scalar_subquery()
    query = select(
        func.count(AuditSeal.seal_seq).label("seal_count"),
        func.max(AuditSeal.sealed_at).label("last_sealed_at"),
        waiting.label("waiting_count"),
    )
    return (await connection.execute(query)).one()
