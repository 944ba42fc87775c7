"""Data quality: the runs of the suites and the rows that were parked.

Belongs here: what a steward reads and works on. Does not belong here: the suites themselves (`expectations/`).
"""

import uuid
from typing import Any

from sqlalchemy import CheckConstraint, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, UtcMoment


class ValidationRun(Base):
    """One run of one suite over one month: counts per rule, never a value."""

    __tablename__ = "validation_run"
    __table_args__ = (Index("ix_validation_run_suite_ran_at", "suite", "ran_at"),)

    validation_run_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    suite: Mapped[str] = mapped_column(Text)
    suite_version: Mapped[str] = mapped_column(Text)
    #: `YYYY-MM` of the partition.
    month: Mapped[str] = mapped_column(Text)
    dagster_run_id: Mapped[str] = mapped_column(Text)
    row_count: Mapped[int]
    failed_row_count: Mapped[int]
    is_success: Mapped[bool]
    #: List of {rule, severity, kahn, column, success, failed_rows}.
    rules: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    ran_at: Mapped[UtcMoment]


class QuarantinedRegistration(Base):
    """A row that may not go on, with every rule it broke, until a steward fixes or waives it."""

    __tablename__ = "quarantined_registration"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'fixed', 'waived')", name="status_known"),
        Index("ix_quarantined_registration_month_status", "month", "status"),
    )

    content_hash: Mapped[str] = mapped_column(Text, primary_key=True)
    month: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    source_record: Mapped[str] = mapped_column(Text)
    reasons: Mapped[list[str]] = mapped_column(ARRAY(Text))
    #: The raw row as received (text), for the steward only.
    raw: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[str] = mapped_column(Text, default="open")
    dagster_run_id: Mapped[str] = mapped_column(Text)
    quarantined_at: Mapped[UtcMoment]
