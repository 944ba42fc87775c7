"""Released models, what people sign of them, the history of the champion, and what was served.

Belongs here: signed bytes for serving, statements, who moved the alias when, predictions and their monitoring. Does not
belong here: experiments and metrics of training (MLflow holds those).

Rows of `champion_event`, `model_statement`, `model_monitoring` and `risk_override` are only ever added: the database
refuses to change or delete one.
"""

import uuid
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, UtcMoment


class ModelRelease(Base):
    """One registered version as signed bytes in the fixed release format (`ml.release`)."""

    __tablename__ = "model_release"

    #: Version number in the MLflow registry.
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    mlflow_run_id: Mapped[str] = mapped_column(Text)
    dagster_run_id: Mapped[str] = mapped_column(Text)
    #: PROMOTE, HOLD or REJECT: on the figures alone; the card is looked at when somebody asks.
    verdict: Mapped[str] = mapped_column(Text)
    reasons: Mapped[list[str]] = mapped_column(JSONB)
    metrics: Mapped[dict[str, Any]] = mapped_column(JSONB)
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    payload_sha256: Mapped[str] = mapped_column(Text)
    #: Ed25519 over the payload.
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    released_at: Mapped[UtcMoment]
    #: Attributes of the card that the run filled; null on versions from before there was a card.
    card: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    #: Where it comes from: code, data, validation runs, environment.
    origin: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    #: Distributions of inputs and predictions at training, to measure drift against.
    reference: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


class ModelStatement(Base):
    """What a person states of a line of models and signs; the newest revision holds for every version."""

    __tablename__ = "model_statement"
    __table_args__ = (UniqueConstraint("model_name", "attribute", "revision"),)

    statement_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    model_name: Mapped[str] = mapped_column(Text)
    attribute: Mapped[str] = mapped_column(Text)
    revision: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    #: Who answers for it, such as "clinical safety lead".
    owner: Mapped[str] = mapped_column(Text)
    #: The account (or the operator at the command line) that signed.
    signed_by: Mapped[str] = mapped_column(Text)
    signed_at: Mapped[UtcMoment]


class ChampionEvent(Base):
    """The alias moved: from which version to which, by whom and why. Rows are only ever added."""

    __tablename__ = "champion_event"

    event_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    version: Mapped[int]
    previous_version: Mapped[int | None]
    #: `bootstrap`, `promote`, `rollback`, `registry` (moved in MLflow itself, and the gate agrees), or `out_of_band`: a
    #: warning of a move that was refused.
    kind: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    moved_at: Mapped[UtcMoment]


class PromotionRequest(Base):
    """A promotion that waits for a second administrator, or was decided by one."""

    __tablename__ = "promotion_request"

    request_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    version: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    requested_by: Mapped[str] = mapped_column(Text)
    requested_at: Mapped[UtcMoment]
    #: `open`, `confirmed`, `withdrawn` (by whoever asked) or `refused` (by another administrator).
    status: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[UtcMoment | None]


class RiskAssessment(Base):
    """One served prediction without the patient: what was said by which version, to be met by its outcome."""

    __tablename__ = "risk_assessment"
    __table_args__ = (Index("ix_risk_assessment_version_assessed_at", "version", "assessed_at"),)

    #: The receipt of the same answer.
    receipt_id: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int]
    #: Keyed hash of the registration that it was asked for; null when none was named.
    registration_key: Mapped[str | None] = mapped_column(Text, index=True)
    feature_sha256: Mapped[str] = mapped_column(Text)
    #: Null when the model abstained.
    level: Mapped[str | None] = mapped_column(Text)
    score: Mapped[float | None]
    probability_low: Mapped[float | None]
    probability_moderate: Mapped[float | None]
    probability_high: Mapped[float | None]
    assessed_at: Mapped[UtcMoment]


class RiskOverride(Base):
    """A clinician's decision other than the models', as feedback on them; rows are only ever added."""

    __tablename__ = "risk_override"

    override_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    #: Of the assessment. No foreign key: its receipt is written a moment after its answer.
    receipt_id: Mapped[str] = mapped_column(Text, index=True)
    version: Mapped[int]
    #: What the models said; null when they abstained.
    said: Mapped[str | None] = mapped_column(Text)
    level: Mapped[str] = mapped_column(Text)
    #: `core.vocabulary.OverrideReason`.
    reason: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[uuid.UUID]
    decided_at: Mapped[UtcMoment]


class ModelMonitoring(Base):
    """One look at a version in use: drift of inputs and predictions, and how it did where outcomes have come."""

    __tablename__ = "model_monitoring"
    __table_args__ = (Index("ix_model_monitoring_version_monitoring_id", "version", "monitoring_id"),)

    monitoring_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    version: Mapped[int]
    dagster_run_id: Mapped[str] = mapped_column(Text)
    suggests_retrain: Mapped[bool]
    report: Mapped[dict[str, Any]] = mapped_column(JSONB)
    measured_at: Mapped[UtcMoment]
