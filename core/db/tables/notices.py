"""What people are told of the pipeline, and what each month of a layer looked like.

Belongs here: notifications with who read them, profiles of layers. Does not belong here: validation runs (`quality`),
monitoring of models (`models`). No row holds a patient's value: names of rules and columns, counts, shares, months.
"""

import uuid
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, UtcMoment


class Notification(Base):
    """Something that a steward should look at; told once, by its event."""

    __tablename__ = "notification"
    __table_args__ = (
        CheckConstraint("kind IN ('failed_check', 'failed_run', 'late_data')", name="kind_known"),
        CheckConstraint("severity IN ('critical', 'warning')", name="severity_known"),
        CheckConstraint("webhook_state IN ('off', 'waiting', 'sent', 'given_up')", name="webhook_state_known"),
    )

    notification_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    #: Of the event that it tells of: the same event is told once.
    event_key: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    severity: Mapped[str] = mapped_column(Text)
    #: Asset or job.
    subject: Mapped[str] = mapped_column(Text)
    check_name: Mapped[str | None] = mapped_column(Text)
    summary: Mapped[str] = mapped_column(Text)
    #: Names of rules or columns, and counts.
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
    dagster_run_id: Mapped[str | None] = mapped_column(Text)
    happened_at: Mapped[UtcMoment]
    webhook_state: Mapped[str] = mapped_column(Text)
    webhook_attempts: Mapped[int] = mapped_column(SmallInteger)


class NotificationReading(Base):
    """Who has read which notification."""

    __tablename__ = "notification_reading"

    notification_id: Mapped[int] = mapped_column(
        ForeignKey("notification.notification_id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    read_at: Mapped[UtcMoment]


class LayerProfile(Base):
    """One month of one layer as it was last made: rows, missing shares, and how far columns are from the reference."""

    __tablename__ = "layer_profile"
    __table_args__ = (Index("ix_layer_profile_asset_month", "asset", "month", unique=True),)

    profile_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    asset: Mapped[str] = mapped_column(Text)
    month: Mapped[str] = mapped_column(Text)
    row_count: Mapped[int]
    #: column -> share of missing values, 0-1.
    null_fractions: Mapped[dict[str, Any]] = mapped_column(JSONB)
    #: First and last month of the fixed reference; null while there is none.
    reference_months: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
    #: List of {column, psi, effect, has_moved, moved_months, is_drift}.
    shifts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    dagster_run_id: Mapped[str] = mapped_column(Text)
    profiled_at: Mapped[UtcMoment]
