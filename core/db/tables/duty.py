"""Who is on duty when.

Belongs here: spans of work and pause. Does not belong here: schedules of appointments, staffing ratios.
"""

import uuid

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, UtcMoment


class DutySpan(Base):
    """A stretch of work or pause of one person; the spans of one shift follow one another."""

    __tablename__ = "duty_span"
    __table_args__ = (
        CheckConstraint("kind IN ('work', 'pause')", name="kind_known"),
        CheckConstraint("ended_at >= started_at", name="in_order"),
        UniqueConstraint("shift_id", "shift_version"),
        Index("uq_duty_span_open", "user_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_duty_span_started_at", "started_at"),
    )

    span_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    shift_id: Mapped[uuid.UUID]
    #: Which span of its shift this is, from 1.
    shift_version: Mapped[int]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.user_id", ondelete="CASCADE"))
    #: The one queue that is served; none: whichever needs it.
    queue_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("queue.queue_id"))
    kind: Mapped[str] = mapped_column(Text)
    started_at: Mapped[UtcMoment]
    ended_at: Mapped[UtcMoment | None]
