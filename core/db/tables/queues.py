"""Queues, who stands in them, and every move that was made.

Belongs here: waiting lines of patients and their history. Does not belong here: appointments, patients as persons.
"""

import uuid
from datetime import date, time
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, UtcMoment

_OPEN = "state IN ('waiting', 'called', 'in_service')"


class Queue(Base):
    """A waiting line. Whoever changes who waits in it locks this row first: that is what makes the order strict."""

    __tablename__ = "queue"
    __table_args__ = (
        CheckConstraint("strategy IN ('priority', 'fifo')", name="strategy_known"),
        CheckConstraint("acuity_scale IN ('MTS', 'ESI', 'KTAS', 'CTAS')", name="scale_known"),
        CheckConstraint("cardinality(target_minutes) = 5", name="five_targets"),
    )

    queue_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    facility: Mapped[str] = mapped_column(Text)
    strategy: Mapped[str] = mapped_column(Text)
    #: First letters of the tickets that it gives out.
    ticket_prefix: Mapped[str] = mapped_column(Text, unique=True)
    ticket_date: Mapped[date | None]
    last_ticket: Mapped[int] = mapped_column(default=0)
    acuity_scale: Mapped[str] = mapped_column(Text, server_default="MTS")
    #: Minutes until a patient should be seen, of levels 1 to 5.
    target_minutes: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger), server_default=text("'{0,10,60,120,240}'"))
    #: What `day_ends_local` means.
    time_zone: Mapped[str] = mapped_column(Text, server_default="UTC")
    #: When whoever is still in line is closed each day; none: open around the clock.
    day_ends_local: Mapped[time | None]
    #: The end of the last day that was closed.
    day_closed_at: Mapped[UtcMoment | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    is_synthetic: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[UtcMoment]


class QueueEntry(Base):
    """One patient's stay in line, from arrival to its end; a transfer keeps the entry and its clock."""

    __tablename__ = "queue_entry"
    __table_args__ = (
        CheckConstraint(
            "state IN ('waiting', 'called', 'in_service', 'completed', 'left', 'closed')", name="state_known"
        ),
        CheckConstraint("acuity BETWEEN 1 AND 5", name="acuity_range"),
        CheckConstraint("disposition IN ('discharged', 'admitted', 'transferred')", name="disposition_known"),
        CheckConstraint("disposition IS NULL OR state = 'completed'", name="disposition_of_completed"),
        UniqueConstraint("ticket_date", "ticket_code"),
        Index("uq_queue_entry_open_patient", "queue_id", "patient_id", unique=True, postgresql_where=text(_OPEN)),
        Index(
            "ix_queue_entry_waiting",
            "queue_id",
            "virtual_at",
            "entry_seq",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_queue_entry_queue_id_called_at", "queue_id", "called_at"),
        Index("ix_queue_entry_patient_id_arrived_at", "patient_id", "arrived_at"),
        Index("ix_queue_entry_arrived_at", "arrived_at"),
        Index("ix_queue_entry_appointment_id", "appointment_id"),
        Index("ix_queue_entry_open_provider_id", "provider_id", postgresql_where=text(_OPEN)),
    )

    entry_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    #: Order of arrival; breaks ties between equal moments.
    entry_seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    queue_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("queue.queue_id"))
    patient_id: Mapped[str] = mapped_column(Text)
    acuity: Mapped[int] = mapped_column(SmallInteger)
    news2_score: Mapped[int | None] = mapped_column(SmallInteger)
    #: Age band at arrival (`core.vocabulary.AGE_BANDS`): what beds are foreseen by, without a birth date.
    age_band: Mapped[str | None] = mapped_column(Text)
    #: The specialty that triage asks for.
    needed_specialty: Mapped[str | None] = mapped_column(Text)
    #: To whom the patient is assigned; only they may go on with the visit.
    provider_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("provider.provider_id"))
    ticket_date: Mapped[date]
    ticket_code: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    arrived_at: Mapped[UtcMoment]
    #: The sort key of the queue's strategy (`ml.waiting.order`).
    virtual_at: Mapped[UtcMoment]
    is_immediate: Mapped[bool]
    overtakes: Mapped[int] = mapped_column(default=0)
    called_at: Mapped[UtcMoment | None]
    called_by: Mapped[uuid.UUID | None]
    desk: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[UtcMoment | None]
    ended_at: Mapped[UtcMoment | None]
    #: Where the patient went when the visit was completed (`core.vocabulary.Disposition`), where it was said.
    disposition: Mapped[str | None] = mapped_column(Text)
    #: The appointment that the patient was checked in for.
    appointment_id: Mapped[uuid.UUID | None]
    version: Mapped[int] = mapped_column(default=1)


class QueueMove(Base):
    """One move of one entry. Rows are only ever added; `entry_version` is used up once, so no move happens twice."""

    __tablename__ = "queue_move"
    __table_args__ = (UniqueConstraint("entry_id", "entry_version"),)

    move_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    entry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("queue_entry.entry_id"))
    #: The entry's version after this move.
    entry_version: Mapped[int]
    #: `join`, `call`, `start`, `complete`, `leave`, `return`, `transfer`, `close`, `undo`, `assign`, `release`.
    kind: Mapped[str] = mapped_column(Text)
    from_state: Mapped[str | None] = mapped_column(Text)
    to_state: Mapped[str] = mapped_column(Text)
    #: What the entry's fields were before, for undo.
    before: Mapped[dict[str, Any]] = mapped_column(JSONB)
    #: Of an assignment: what the score said, and the code of the reason for choosing another.
    details: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    actor_id: Mapped[uuid.UUID | None]
    moved_at: Mapped[UtcMoment]


class WaitingModel(Base):
    """A fitted waiting-time model as numbers, with its measured errors; the newest is served."""

    __tablename__ = "waiting_model"

    model_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    receipt_id: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    published_at: Mapped[UtcMoment]


class BedModel(Base):
    """A fitted model of the next hours' beds as numbers, with its measured errors; the newest is served."""

    __tablename__ = "bed_model"

    model_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    receipt_id: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    published_at: Mapped[UtcMoment]


class WaitPromise(Base):
    """One wait as it was told to somebody, frozen at that moment; a trigger refuses UPDATE and DELETE."""

    __tablename__ = "wait_promise"
    __table_args__ = (
        CheckConstraint("p50_minutes BETWEEN 0 AND p90_minutes", name="bounds_ordered"),
        Index("ix_wait_promise_entry_id_told_at", "entry_id", "told_at"),
        Index("ix_wait_promise_told_at", "told_at"),
    )

    promise_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    entry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("queue_entry.entry_id"))
    #: The entry's version when it was told: what became of it are the moves with later ones.
    entry_version: Mapped[int]
    queue_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("queue.queue_id"))
    told_at: Mapped[UtcMoment]
    p50_minutes: Mapped[float]
    p90_minutes: Mapped[float]
    receipt_id: Mapped[str] = mapped_column(Text)
    model_published_at: Mapped[UtcMoment]
