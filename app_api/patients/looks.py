"""Who looked at a patient: the audit as the patient may read it.

Belongs here: the query over `audit_event` and its words. Does not belong here: writing the audit (`app_api.envelope`).
"""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.patients.schemas import Look
from core.db.tables import AuditEvent, SmartClient, UserAccount


async def looks(connection: AsyncConnection, patient_id: str, *, offset: int, limit: int) -> list[Look]:
    """Return what was done and seen of one patient, the newest first."""
    query = (
        select(
            AuditEvent.occurred_at,
            func.coalesce(UserAccount.display_name, SmartClient.name, AuditEvent.actor_role).label("actor"),
            AuditEvent.actor_role,
            AuditEvent.action,
            AuditEvent.relation,
            AuditEvent.outcome,
        )
        .outerjoin(UserAccount, UserAccount.user_id == AuditEvent.actor_id)
        .outerjoin(SmartClient, SmartClient.client_id == AuditEvent.actor_id)
        .where(AuditEvent.patient_id == patient_id)
        .order_by(AuditEvent.event_id.desc())
        .offset(offset)
        .limit(limit)
    )
    rows = (await connection.execute(query)).all()
    return [Look(**row._mapping, is_emergency=row.relation == "break_glass") for row in rows]
