"""Appending to the audit.

Belongs here: one event as a value and its insertion in the caller's transaction. Does not belong here: sealing and
verification (`core.audit_seals`), and deciding what is worth an event.
"""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core import clock
from core.db.tables import AuditEvent, AuditUnsealed
from core.ids import new_uuid

_WORD = re.compile(r"[a-z0-9_.]{1,64}")
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


@dataclass(frozen=True)
class Entry:
    """What an event says: ids, codes and names of fields. Free text does not fit in here on purpose."""

    actor_id: uuid.UUID | None
    actor_role: str
    action: str
    object_kind: str
    object_ids: Sequence[str] = ()
    patient_id: str | None = None
    relation: str = "none"
    outcome: str = "done"
    reason_code: str | None = None
    fields: Sequence[str] = field(default=())
    request_id: str | None = None

    def __post_init__(self) -> None:
        words = (self.action, self.object_kind, self.relation, self.outcome, self.actor_role, *self.fields)
        codes = () if self.reason_code is None else (self.reason_code,)
        for word in (*words, *codes):
            if not _WORD.fullmatch(word):
                raise ValueError("an audit event holds codes of lower-case letters, digits, dots and underscores only")
        for text in (*self.object_ids, *(() if self.patient_id is None else (self.patient_id,))):
            if not _ID.fullmatch(text):
                raise ValueError("an audit event holds ids only")


async def append(connection: AsyncConnection, entry: Entry) -> uuid.UUID:
    """Insert an event, and its place in the queue of the sealer; both are part of the caller's transaction."""
    event_id = new_uuid()
    await connection.execute(
        insert(AuditEvent).values(
            event_id=event_id,
            occurred_at=clock.now(),
            actor_id=entry.actor_id,
            actor_role=entry.actor_role,
            action=entry.action,
            object_kind=entry.object_kind,
            object_ids=list(entry.object_ids),
            patient_id=entry.patient_id,
            relation=entry.relation,
            outcome=entry.outcome,
            reason_code=entry.reason_code,
            fields=list(entry.fields),
            request_id=entry.request_id,
        )
    )
    await connection.execute(insert(AuditUnsealed).values(event_id=event_id))
    return event_id
