"""When the hospital was served: one row a minute, written by the web workers themselves.

Belongs here: that table. Does not belong here: what a minute without a row means (`serving.operations.uptime`).
"""

from sqlalchemy import BigInteger, CheckConstraint, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, UtcMoment


class ServedMinute(Base):
    """A minute in which at least one web worker stood and reached the database, and what it answered until then."""

    __tablename__ = "served_minute"
    __table_args__ = (
        CheckConstraint("slots BETWEEN 1 AND 63", name="slots_are_six_bits"),
        CheckConstraint("failed_count BETWEEN 0 AND answered_count", name="failed_are_answers"),
    )

    #: Its beginning.
    minute_at: Mapped[UtcMoment] = mapped_column(primary_key=True)
    #: Bit i: somebody wrote in the ten seconds from second 10 i on.
    slots: Mapped[int] = mapped_column(SmallInteger)
    #: Answers to anything but probes, failures included.
    answered_count: Mapped[int] = mapped_column(BigInteger)
    #: Of these, with a status of 500 or above.
    failed_count: Mapped[int] = mapped_column(BigInteger)
