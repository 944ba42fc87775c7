"""What was promised about the future, and what people made of it: forecasts, alerts, dispositions, staffing ratios.

Belongs here: tables whose rows are only ever added; a trigger of the migration refuses UPDATE and DELETE. Does not
belong here: scores (computed from these rows by `ml.forecasting.ledger`), published pages (`results`).
"""

import uuid
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, UtcMoment


class ForecastPromise(Base):
    """One period of one published forecast, frozen when it was made."""

    __tablename__ = "forecast_promise"
    __table_args__ = (
        CheckConstraint("kind IN ('live', 'replayed')", name="kind_known"),
        CheckConstraint("role IN ('served', 'baseline')", name="role_known"),
        UniqueConstraint("forecast_id", "step"),
        Index("ix_forecast_promise_kind_series_id_month", "kind", "series_id", "month"),
    )

    promise_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    #: Names kind, role, as-of month, series and the data: the same forecast from the same counts is frozen once.
    forecast_id: Mapped[str] = mapped_column(Text)
    #: `live`: made and shown at `made_at`. `replayed`: made later, from what was recorded by the end of `as_of_month`.
    kind: Mapped[str] = mapped_column(Text)
    #: `served`: what people saw. `baseline`: SARIMA(1,1,1)(1,1,1,12), always beside it.
    role: Mapped[str] = mapped_column(Text)
    made_at: Mapped[UtcMoment]
    #: The last complete month that the forecast knew.
    as_of_month: Mapped[str] = mapped_column(Text)
    series_id: Mapped[str] = mapped_column(Text)
    step: Mapped[int]
    month: Mapped[str] = mapped_column(Text)
    mean: Mapped[float]
    lo80: Mapped[float]
    hi80: Mapped[float]
    lo95: Mapped[float]
    hi95: Mapped[float]
    #: The seasonal naive forecast from the same counts, and its in-sample error: what skill and MASE are measured by.
    naive_mean: Mapped[float]
    scale: Mapped[float]
    model: Mapped[str] = mapped_column(Text)
    dagster_run_id: Mapped[str] = mapped_column(Text)
    code_commit: Mapped[str] = mapped_column(Text)
    data_sha256: Mapped[str] = mapped_column(Text)


class ForecastActual(Base):
    """What a month came to; a late entry adds a row, and the newest counts."""

    __tablename__ = "forecast_actual"
    __table_args__ = (Index("ix_forecast_actual_series_id_month", "series_id", "month"),)

    actual_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    series_id: Mapped[str] = mapped_column(Text)
    month: Mapped[str] = mapped_column(Text)
    count: Mapped[int]
    observed_at: Mapped[UtcMoment]
    dagster_run_id: Mapped[str] = mapped_column(Text)


class SurgeAlert(Base):
    """One alert of a closed week or month, as it was published."""

    __tablename__ = "surge_alert"
    __table_args__ = (
        CheckConstraint("kind IN ('live', 'replayed')", name="kind_known"),
        CheckConstraint("grain IN ('week', 'month')", name="grain_known"),
        UniqueConstraint("grain", "period", "series_id"),
        Index("ix_surge_alert_grain_period", "grain", "period"),
    )

    alert_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    grain: Mapped[str] = mapped_column(Text)
    period: Mapped[str] = mapped_column(Text)
    period_start_date: Mapped[date]
    rank: Mapped[int]
    series_id: Mapped[str] = mapped_column(Text)
    #: Reported when it was judged.
    count: Mapped[int]
    #: Part of the period's cases that is usually reported by then, and what the period comes to with its 80 % interval;
    #: null where that is not estimated (months).
    complete_share: Mapped[float | None]
    estimate: Mapped[float | None]
    estimate_low: Mapped[float | None]
    estimate_high: Mapped[float | None]
    expected: Mapped[float]
    excess: Mapped[float]
    p_exceed: Mapped[float]
    #: The smallest budget that would have let the alert pass.
    q_value: Mapped[float]
    level: Mapped[str] = mapped_column(Text)
    #: Expected share of false alerts allowed that period.
    budget: Mapped[float]
    #: `live`: published while the period had just closed. `replayed`: judged later, from earlier periods only.
    kind: Mapped[str] = mapped_column(Text)
    receipt_id: Mapped[str] = mapped_column(Text)
    dagster_run_id: Mapped[str] = mapped_column(Text)
    published_at: Mapped[UtcMoment]


class SurgeClosedPeriod(Base):
    """A week or month that was judged and published, also when it raised no alert: it is not judged again."""

    __tablename__ = "surge_closed_period"
    __table_args__ = (CheckConstraint("grain IN ('week', 'month')", name="grain_known"),)

    grain: Mapped[str] = mapped_column(Text, primary_key=True)
    period: Mapped[str] = mapped_column(Text, primary_key=True)
    judged_count: Mapped[int]
    alert_count: Mapped[int]
    budget: Mapped[float]
    kind: Mapped[str] = mapped_column(Text)
    receipt_id: Mapped[str] = mapped_column(Text)
    published_at: Mapped[UtcMoment]


class SurgeDisposition(Base):
    """What a person found out about an alert; the newest row of an alert is in force, all are kept."""

    __tablename__ = "surge_disposition"
    __table_args__ = (
        CheckConstraint("disposition IN ('investigated', 'real', 'noise')", name="disposition_known"),
        Index("ix_surge_disposition_alert_id", "alert_id"),
    )

    disposition_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    alert_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("surge_alert.alert_id"))
    disposition: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    #: The person, without a foreign key: the history outlives the account.
    decided_by: Mapped[uuid.UUID]
    decided_by_name: Mapped[str] = mapped_column(Text)
    decided_by_role: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[UtcMoment]


class StaffingRatioVersion(Base):
    """One version of the hospital's own ratios; the newest is in force."""

    __tablename__ = "staffing_ratio_version"

    version: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    #: role -> {visits_per_shift, shifts_per_day, minimum}
    ratios: Mapped[dict[str, Any]] = mapped_column(JSONB)
    #: {admitted_share, stay_days, occupancy}
    beds: Mapped[dict[str, Any]] = mapped_column(JSONB)
    why: Mapped[str] = mapped_column(Text)
    made_by: Mapped[uuid.UUID]
    made_by_name: Mapped[str] = mapped_column(Text)
    made_at: Mapped[UtcMoment]
