"""What happened to a patient: notes in all their versions, medications, care tasks.

Belongs here: the chart. Does not belong here: who may read it (`patients`, and row-level security in the migration).
Texts are sealed; codes, states and dates are in clear.
"""

import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, UtcMoment
from core.db.tables.sealed import Sealed

_PATIENT = "patient.patient_id"


class Record(Base):
    """An entry of the chart; its words are in its versions."""

    __tablename__ = "record"
    __table_args__ = (
        CheckConstraint("kind IN ('note', 'diagnosis', 'plan', 'result', 'discharge')", name="kind_known"),
        Index("ix_record_patient_id_created_at", "patient_id", "created_at"),
    )

    record_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[str] = mapped_column(Text, ForeignKey(_PATIENT))
    kind: Mapped[str] = mapped_column(Text)
    condition_code: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[uuid.UUID]
    created_at: Mapped[UtcMoment]


class RecordVersion(Sealed, Base):
    """What an entry said in one version; versions are only added."""

    __tablename__ = "record_version"

    record_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("record.record_id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    patient_id: Mapped[str] = mapped_column(Text, ForeignKey(_PATIENT))
    written_by: Mapped[uuid.UUID]
    written_at: Mapped[UtcMoment]


class Medication(Sealed, Base):
    """A medicine that a patient takes or took; the sealed document holds name, dose and instruction."""

    __tablename__ = "medication"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'stopped')", name="status_known"),
        Index("ix_medication_patient_id", "patient_id"),
    )

    medication_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[str] = mapped_column(Text, ForeignKey(_PATIENT))
    status: Mapped[str] = mapped_column(Text, default="active")
    version: Mapped[int] = mapped_column(default=1)
    prescribed_by: Mapped[uuid.UUID]
    started_at: Mapped[UtcMoment]
    stopped_at: Mapped[UtcMoment | None]


class CareTask(Sealed, Base):
    """Something to be done for a patient; the sealed document holds the words."""

    __tablename__ = "care_task"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'done', 'cancelled')", name="status_known"),
        CheckConstraint("priority BETWEEN 1 AND 3", name="priority_in_range"),
        Index("ix_care_task_patient_id", "patient_id"),
        Index("ix_care_task_status_due_at", "status", "due_at"),
    )

    task_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[str] = mapped_column(Text, ForeignKey(_PATIENT))
    status: Mapped[str] = mapped_column(Text, default="open")
    priority: Mapped[int] = mapped_column(SmallInteger, default=2)
    due_at: Mapped[UtcMoment | None]
    version: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[uuid.UUID]
    created_at: Mapped[UtcMoment]
    done_by: Mapped[uuid.UUID | None]
    done_at: Mapped[UtcMoment | None]
