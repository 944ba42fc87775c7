"""Published results: what the pipeline hands to serving, and the receipts behind every number.

Belongs here: ready results with their provenance. Does not belong here: row-level data.
"""

from typing import Any

from sqlalchemy import BigInteger, Identity, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, UtcMoment


class AnalyticsResult(Base):
    """One published section; the newest of a section is what the API shows."""

    __tablename__ = "analytics_result"
    __table_args__ = (Index("ix_analytics_result_section_result_id", "section", "result_id"),)

    result_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    section: Mapped[str] = mapped_column(Text)
    #: The moment up to which the data speak.
    as_of: Mapped[UtcMoment]
    receipt_id: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    published_at: Mapped[UtcMoment]


class Receipt(Base):
    """Where a number comes from: asset, run, code, data hash, validation; one GET away from any answer."""

    __tablename__ = "receipt"
    #: The newest of each asset, among the receipts of a million assessments.
    __table_args__ = (
        Index("ix_receipt_asset_created_at", text("(provenance ->> 'asset')"), "created_at",
              postgresql_where=text("kind = 'analytics'")),
    )  # fmt: skip

    receipt_id: Mapped[str] = mapped_column(Text, primary_key=True)
    #: `analytics` or `risk`.
    kind: Mapped[str] = mapped_column(Text)
    provenance: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[UtcMoment]


class StoredReport(Base):
    """One PDF of the nightly run. Kept in the database, so that every web worker on every machine can hand it out."""

    __tablename__ = "stored_report"
    __table_args__ = (Index("ix_stored_report_role_made_at", "role", "made_at"),)

    report_id: Mapped[str] = mapped_column(Text, primary_key=True)
    role: Mapped[str] = mapped_column(Text)
    #: The moment up to which the oldest of its sections speaks.
    as_of: Mapped[UtcMoment]
    made_at: Mapped[UtcMoment]
    #: Whether small counts are hidden in it.
    is_suppressed: Mapped[bool]
    #: The receipts of its sections.
    receipts: Mapped[list[str]] = mapped_column(JSONB)
    dagster_run_id: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes] = mapped_column(LargeBinary)
