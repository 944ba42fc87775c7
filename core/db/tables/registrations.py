"""Registrations made in the application, and the record of imported files.

Belongs here: what the hospital enters itself. Does not belong here: imported rows (they land as files in the inbox)
and anything derived from a registration.
"""

import uuid
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, UtcMoment


class Registration(Base):
    """One registration as entered. `registration_seq` is the sensor's cursor: it only grows."""

    __tablename__ = "registration"
    __table_args__ = (
        Index("ix_registration_registered_at", "registered_at"),
        Index("ix_registration_patient_id_registered_at", "patient_id", "registered_at"),
    )

    registration_seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    registration_id: Mapped[str] = mapped_column(Text, unique=True)
    patient_id: Mapped[str] = mapped_column(Text)
    facility: Mapped[str] = mapped_column(Text)
    registered_at: Mapped[UtcMoment]
    recorded_at: Mapped[UtcMoment]
    age_years: Mapped[float | None]
    sex: Mapped[str | None] = mapped_column(Text)
    condition: Mapped[str | None] = mapped_column(Text)
    condition_code: Mapped[str | None] = mapped_column(Text)
    acuity: Mapped[int | None] = mapped_column(SmallInteger)
    comorbidity_count: Mapped[int | None] = mapped_column(SmallInteger)
    systolic_bp: Mapped[float | None]
    diastolic_bp: Mapped[float | None]
    heart_rate: Mapped[float | None]
    respiratory_rate: Mapped[float | None]
    temperature_c: Mapped[float | None]
    spo2_pct: Mapped[float | None]
    outcome: Mapped[str | None] = mapped_column(Text)
    outcome_at: Mapped[UtcMoment | None]
    created_by: Mapped[uuid.UUID | None]


class ImportBatch(Base):
    """One file that was imported: its hash, its counts, never a value of it."""

    __tablename__ = "import_batch"

    batch_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    file_name: Mapped[str] = mapped_column(Text)
    file_sha256: Mapped[str] = mapped_column(Text, index=True)
    file_format: Mapped[str] = mapped_column(Text)
    read_count: Mapped[int]
    accepted_count: Mapped[int]
    quarantined_count: Mapped[int]
    duplicate_count: Mapped[int]
    reasons: Mapped[dict[str, Any]] = mapped_column(JSONB)
    months: Mapped[list[str]] = mapped_column(JSONB)
    #: What the file delivered: list of {name, type, unit, values, is_required}; None of batches before contracts.
    columns: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB(none_as_null=True))
    #: Grows with each import; the inbox sensor's cursor.
    batch_seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    imported_at: Mapped[UtcMoment]
