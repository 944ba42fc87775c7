"""What stewards decide and ask for, and what sources promise: decisions, replays, counts of months, contracts, moves.

Belongs here: rows that are only ever added (a trigger of the migration refuses UPDATE and DELETE), and the index of
visits over months. Does not belong here: the parked rows themselves (`quality`).
"""

import uuid
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, UtcMoment


class QuarantineDecision(Base):
    """What a steward decided about one parked row: a fix is a new version of the row, a waiver lets it pass a rule."""

    __tablename__ = "quarantine_decision"
    __table_args__ = (
        CheckConstraint("kind IN ('fix', 'waive')", name="kind_known"),
        CheckConstraint("(kind = 'fix') = (corrected IS NOT NULL)", name="fix_has_row"),
        Index("ix_quarantine_decision_content_hash", "content_hash"),
        Index("ix_quarantine_decision_month", "month"),
        Index("ix_quarantine_decision_new_month", "new_month"),
    )

    decision_seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    #: Of the parked row.
    content_hash: Mapped[str] = mapped_column(Text)
    month: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    #: The rules that a waiver lets the row pass; of a fix, those that the row had broken.
    rules: Mapped[list[str]] = mapped_column(ARRAY(Text))
    #: The fields that a fix changed.
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text))
    #: The whole corrected row as text, for the pipeline and stewards only; None of a waiver.
    corrected: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    #: Where the corrected row belongs; equal to `month` unless the fix moved it.
    new_month: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[uuid.UUID | None]
    decided_by_name: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[UtcMoment]
    #: A waiver ends here; None: it does not end.
    expires_at: Mapped[UtcMoment | None]


class ReplayRequest(Base):
    """A wish that some months be made again; the pipeline's sensor follows `replay_seq`."""

    __tablename__ = "replay_request"

    replay_seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    replay_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    months: Mapped[list[str]] = mapped_column(ARRAY(Text))
    requested_by: Mapped[uuid.UUID | None]
    requested_by_name: Mapped[str] = mapped_column(Text)
    requested_at: Mapped[UtcMoment]


class MonthCount(Base):
    """Where the raw rows of a month went in one run: raw = validated + quarantined + superseded + duplicates."""

    __tablename__ = "month_count"
    __table_args__ = (Index("ix_month_count_month_count_seq", "month", "count_seq"),)

    count_seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    month: Mapped[str] = mapped_column(Text)
    raw_count: Mapped[int]
    validated_count: Mapped[int]
    quarantined_count: Mapped[int]
    superseded_count: Mapped[int]
    duplicate_count: Mapped[int]
    #: Rows among the validated ones that a waiver let pass.
    waived_count: Mapped[int]
    #: The newest replay and decision that this run's raw rows had seen.
    replay_seq: Mapped[int] = mapped_column(BigInteger)
    decision_seq: Mapped[int] = mapped_column(BigInteger)
    dagster_run_id: Mapped[str] = mapped_column(Text)
    counted_at: Mapped[UtcMoment]


class VisitMonth(Base):
    """In which months versions of a visit landed, by a hash of its id: how a move to another month is noticed."""

    __tablename__ = "visit_month"
    __table_args__ = (Index("ix_visit_month_month", "month"),)

    visit_key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    month: Mapped[str] = mapped_column(Text, primary_key=True)


class VisitMove(Base):
    """A visit of which versions lie in two months: each of the two looks at the other before it takes its own."""

    __tablename__ = "visit_move"
    __table_args__ = (
        UniqueConstraint("visit_key", "month", "other_month"),
        Index("ix_visit_move_month", "month"),
    )

    move_seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    visit_key: Mapped[int] = mapped_column(BigInteger)
    month: Mapped[str] = mapped_column(Text)
    other_month: Mapped[str] = mapped_column(Text)
    noted_at: Mapped[UtcMoment]


class SourceContract(Base):
    """One version of what a source delivers, or a delivery that was refused because it broke it."""

    __tablename__ = "source_contract"
    __table_args__ = (
        CheckConstraint("verdict IN ('accepted', 'refused')", name="verdict_known"),
        Index("ix_source_contract_source_contract_seq", "source", "contract_seq"),
    )

    contract_seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(Text)
    verdict: Mapped[str] = mapped_column(Text)
    #: List of {name, type, unit, values, is_required}: names and kinds, never a value of a patient.
    columns: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    #: List of {column, kind, detail, is_breaking} against the version before.
    changes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    file_name: Mapped[str] = mapped_column(Text)
    file_sha256: Mapped[str] = mapped_column(Text)
    #: Why a breaking change was accepted; None when there was none.
    reason: Mapped[str | None] = mapped_column(Text)
    noted_at: Mapped[UtcMoment]
