"""What accompanies every write: the audit, the seals over it, answered keys, and news still to be told.

Belongs here: tables that all writes of the application share. Does not belong here: what was written about.
Events and seals are only ever added: triggers refuse UPDATE, DELETE and TRUNCATE (see the migration).
"""

import uuid
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, LargeBinary, SmallInteger, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, UtcMoment


class AuditEvent(Base):
    """Who did or saw what, when, and by which right: ids and names of fields, never a value, a name or free text."""

    __tablename__ = "audit_event"
    __table_args__ = (
        CheckConstraint("outcome IN ('done', 'refused')", name="outcome_known"),
        Index("ix_audit_event_patient_id_event_id", "patient_id", "event_id"),
        Index("ix_audit_event_actor_id_event_id", "actor_id", "event_id"),
    )

    #: Version 7: sorts by time.
    event_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    occurred_at: Mapped[UtcMoment]
    #: None: nobody was signed in, or the machine itself.
    actor_id: Mapped[uuid.UUID | None]
    actor_role: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    object_kind: Mapped[str] = mapped_column(Text)
    #: One id, or several where a list was read.
    object_ids: Mapped[list[str]] = mapped_column(ARRAY(Text))
    patient_id: Mapped[str | None] = mapped_column(Text)
    #: By which right: `own`, `assigned`, `queue`, `break_glass`, `any`, `none`.
    relation: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(Text)
    #: A stable code, such as why it was refused.
    reason_code: Mapped[str | None] = mapped_column(Text)
    #: Names of the fields that were changed.
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text))
    request_id: Mapped[str | None] = mapped_column(Text)


class AuditUnsealed(Base):
    """Events that no seal covers yet; written with the event, removed by the sealer."""

    __tablename__ = "audit_unsealed"

    event_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)


class AuditSeal(Base):
    """A signed Merkle root over a batch of events, chained to the seal before."""

    __tablename__ = "audit_seal"

    seal_seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    event_ids: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid))
    root: Mapped[bytes] = mapped_column(LargeBinary)
    previous_hash: Mapped[bytes] = mapped_column(LargeBinary)
    seal_hash: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_at: Mapped[UtcMoment]


class AnsweredKey(Base):
    """One Idempotency-Key of one person with the answer that was given; purged after two days."""

    __tablename__ = "answered_key"
    __table_args__ = (Index("ix_answered_key_answered_at", "answered_at"),)

    user_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(Text, primary_key=True)
    #: SHA-256 of method, path, If-Match and body.
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int] = mapped_column(SmallInteger)
    etag: Mapped[str | None] = mapped_column(Text)
    #: The answer, sealed: it may name a patient.
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    answered_at: Mapped[UtcMoment]


class OutboxMessage(Base):
    """News for the screens, written with the change that it tells of: ids only."""

    __tablename__ = "outbox_message"

    outbox_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    topic: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[UtcMoment]
