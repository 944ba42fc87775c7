"""Keys that seal rows, and what a sealed row looks like.

Belongs here: wrapped data keys, and the two columns of every sealed table. Does not belong here: sealing itself
(`core.key_ring`). Key rotation finds its tables by these two columns.
"""

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, LargeBinary, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, UtcMoment


class DataKey(Base):
    """A data key, wrapped under the master key; exactly one is current."""

    __tablename__ = "data_key"
    __table_args__ = (
        CheckConstraint("state IN ('current', 'retired')", name="state_known"),
        Index("uq_data_key_current", "state", unique=True, postgresql_where=text("state = 'current'")),
    )

    key_id: Mapped[int] = mapped_column(SmallInteger, Identity(always=True), primary_key=True)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(Text)
    created_at: Mapped[UtcMoment]


class Sealed:
    """One JSON document a row, sealed with the row's table and id (see `core.key_ring.bound`)."""

    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("data_key.key_id"))
