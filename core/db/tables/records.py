"""What happened to a patient: notes in all their versions, documents, medications and their doses, care tasks.

Belongs here: the chart. Does not belong here: who may read it (`patients`, and row-level security in the migration).
Texts are sealed; codes, states and dates are in clear.
"""

import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, Text, UniqueConstraint
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


class ChartDocument(Sealed, Base):
    """A document of the chart; the sealed words are its title and, of an error, the reason. None is ever deleted."""

    __tablename__ = "chart_document"
    __table_args__ = (
        CheckConstraint("kind IN ('referral', 'discharge_letter', 'result', 'consent', 'other')", name="kind_known"),
        CheckConstraint("media_type IN ('application/pdf', 'image/jpeg', 'image/png')", name="media_type_known"),
        CheckConstraint("status IN ('current', 'entered_in_error')", name="status_known"),
        CheckConstraint(
            "(status = 'current') = (marked_at IS NULL) AND (marked_at IS NULL) = (marked_by IS NULL)",
            name="marked_whole",
        ),
        Index("ix_chart_document_patient_id_uploaded_at", "patient_id", "uploaded_at"),
    )

    document_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[str] = mapped_column(Text, ForeignKey(_PATIENT))
    kind: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int]
    file_sha256: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text, default="current")
    version: Mapped[int] = mapped_column(default=1)
    uploaded_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.user_id"))
    uploaded_at: Mapped[UtcMoment]
    marked_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user_account.user_id"))
    marked_at: Mapped[UtcMoment | None]


class ChartDocumentFile(Sealed, Base):
    """The file of a document, in a row of its own: a list of documents does not read it."""

    __tablename__ = "chart_document_file"

    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("chart_document.document_id"), primary_key=True)
    patient_id: Mapped[str] = mapped_column(Text, ForeignKey(_PATIENT))


class Medication(Sealed, Base):
    """A medicine that a patient takes or took; the sealed document holds name, dose and instruction.

    With an interval in hours it has a due time for as long as it is active; without one it is taken when needed.
    """

    __tablename__ = "medication"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'stopped')", name="status_known"),
        CheckConstraint("interval_hours BETWEEN 1 AND 168", name="interval_in_range"),
        CheckConstraint(
            "(next_due_at IS NOT NULL) = (interval_hours IS NOT NULL AND status = 'active')", name="due_while_active"
        ),
        Index("ix_medication_patient_id", "patient_id"),
        Index("ix_medication_next_due_at", "next_due_at"),
    )

    medication_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[str] = mapped_column(Text, ForeignKey(_PATIENT))
    status: Mapped[str] = mapped_column(Text, default="active")
    version: Mapped[int] = mapped_column(default=1)
    prescribed_by: Mapped[uuid.UUID]
    started_at: Mapped[UtcMoment]
    stopped_at: Mapped[UtcMoment | None]
    interval_hours: Mapped[int | None] = mapped_column(SmallInteger)
    next_due_at: Mapped[UtcMoment | None]


class MedicationDose(Base):
    """A dose that was due: given, or left out for a reason. Each due time is told of once."""

    __tablename__ = "medication_dose"
    __table_args__ = (
        CheckConstraint("outcome IN ('given', 'not_given')", name="outcome_known"),
        CheckConstraint(
            "(outcome = 'given') = (given_at IS NOT NULL) AND (outcome = 'given') = (reason_code IS NULL)",
            name="told_whole",
        ),
        UniqueConstraint("medication_id", "due_at"),
    )

    dose_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    medication_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("medication.medication_id"))
    patient_id: Mapped[str] = mapped_column(Text, ForeignKey(_PATIENT))
    due_at: Mapped[UtcMoment]
    outcome: Mapped[str] = mapped_column(Text)
    reason_code: Mapped[str | None] = mapped_column(Text)
    given_at: Mapped[UtcMoment | None]
    recorded_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.user_id"))
    recorded_at: Mapped[UtcMoment]


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
