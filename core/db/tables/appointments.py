"""Providers, rooms, schedules, appointments, the wait list.

Belongs here: who can be booked where and when, with the constraints that make a double booking impossible. Does not
belong here: queues. Two open appointments of one provider, one room or one patient cannot overlap: PostgreSQL refuses
the second row (exclusion constraints over btree_gist), whatever the application thought.
"""

import uuid
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, UtcMoment

OPEN_APPOINTMENT = "status IN ('held', 'requested', 'booked', 'arrived', 'checked_in')"


def _no_overlap(column: str) -> Any:
    return ExcludeConstraint(
        (column, "="), ("during", "&&"), using="gist", where=OPEN_APPOINTMENT, name=f"ex_appointment_{column}_during"
    )


class Provider(Base):
    """Someone who sees patients by appointment; `time_zone` says what the schedule's clock means."""

    __tablename__ = "provider"
    __table_args__ = (Index("ix_provider_user_id", "user_id"),)

    provider_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    specialty: Mapped[str] = mapped_column(Text)
    facility: Mapped[str] = mapped_column(Text)
    time_zone: Mapped[str] = mapped_column(Text)
    #: The doctor's account: who calls with it has the patient assigned to this provider.
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user_account.user_id", ondelete="SET NULL"))
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    is_synthetic: Mapped[bool] = mapped_column(default=False)


class Clinic(Base):
    """How patients may book at a facility, and by which rules; without a row: for themselves, without rules."""

    __tablename__ = "clinic"
    __table_args__ = (
        CheckConstraint("portal_mode IN ('view_only', 'request', 'self_book')", name="portal_mode_known"),
    )

    facility: Mapped[str] = mapped_column(Text, primary_key=True)
    portal_mode: Mapped[str] = mapped_column(Text)
    #: Rules of booking (`app_api.appointments.rules`), each a kind and a limit.
    rules: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    version: Mapped[int] = mapped_column(default=1)
    updated_by: Mapped[uuid.UUID]
    updated_at: Mapped[UtcMoment]


class Room(Base):
    """A room that one appointment at a time can use."""

    __tablename__ = "room"

    room_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    facility: Mapped[str] = mapped_column(Text)
    is_synthetic: Mapped[bool] = mapped_column(default=False)


class Schedule(Base):
    """Weekly hours of a provider, on the wall clock of the provider's time zone."""

    __tablename__ = "schedule"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday_range"),
        CheckConstraint("starts_local < ends_local", name="hours_in_order"),
        CheckConstraint("slot_minutes BETWEEN 5 AND 240", name="slot_minutes_range"),
        Index("ix_schedule_provider_id", "provider_id"),
    )

    schedule_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("provider.provider_id"))
    room_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("room.room_id"))
    #: 0 is Monday.
    weekday: Mapped[int] = mapped_column(SmallInteger)
    starts_local: Mapped[time]
    ends_local: Mapped[time]
    slot_minutes: Mapped[int] = mapped_column(SmallInteger)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)


class Appointment(Base):
    """A held or booked time; it keeps its row whatever becomes of it."""

    __tablename__ = "appointment"
    __table_args__ = (
        CheckConstraint(
            "status IN ('held', 'requested', 'booked', 'arrived', 'checked_in', 'completed', 'cancelled', 'no_show', "
            "'expired')",
            name="status_known",
        ),
        CheckConstraint(
            "NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during)", name="during_bounded"
        ),
        CheckConstraint("(status = 'held') <= (hold_expires_at IS NOT NULL)", name="hold_expires"),
        _no_overlap("provider_id"),
        _no_overlap("room_id"),
        _no_overlap("patient_id"),
        Index("ix_appointment_patient_id", "patient_id"),
        Index("ix_appointment_status_hold_expires_at", "status", "hold_expires_at"),
    )

    appointment_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("provider.provider_id"))
    room_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("room.room_id"))
    patient_id: Mapped[str] = mapped_column(Text)
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    status: Mapped[str] = mapped_column(Text)
    hold_expires_at: Mapped[UtcMoment | None]
    #: Appointments that were booked together.
    series_id: Mapped[uuid.UUID | None]
    #: When the patient came: the queue's clock begins here.
    arrived_at: Mapped[UtcMoment | None]
    cancel_reason: Mapped[str | None] = mapped_column(Text)
    created_by: Mapped[uuid.UUID | None]
    created_at: Mapped[UtcMoment]
    version: Mapped[int] = mapped_column(default=1)


class WaitListEntry(Base):
    """A patient who would take an earlier time; a freed time is held for the first who fits."""

    __tablename__ = "wait_list_entry"
    __table_args__ = (
        CheckConstraint("status IN ('waiting', 'offered', 'booked', 'withdrawn')", name="status_known"),
        Index("ix_wait_list_entry_status_created_at", "status", "created_at"),
    )

    wait_list_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[str] = mapped_column(Text)
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("provider.provider_id"))
    not_before: Mapped[UtcMoment]
    not_after: Mapped[UtcMoment]
    status: Mapped[str] = mapped_column(Text)
    #: The held appointment that is offered.
    offer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("appointment.appointment_id"))
    created_at: Mapped[UtcMoment]
    version: Mapped[int] = mapped_column(default=1)
