"""Released models and the history of the champion.

Belongs here: signed bytes for serving and who moved the alias when. Does not belong here: experiments and metrics of
training (MLflow holds those).
"""

from typing import Any

from sqlalchemy import BigInteger, Identity, LargeBinary, Text
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
    #: PROMOTE, HOLD or REJECT.
    verdict: Mapped[str] = mapped_column(Text)
    reasons: Mapped[list[str]] = mapped_column(JSONB)
    metrics: Mapped[dict[str, Any]] = mapped_column(JSONB)
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    payload_sha256: Mapped[str] = mapped_column(Text)
    #: Ed25519 over the payload.
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    released_at: Mapped[UtcMoment]


class ChampionEvent(Base):
    """The alias moved: from which version to which, by whom and why. Rows are only ever added."""

    __tablename__ = "champion_event"

    event_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    version: Mapped[int]
    previous_version: Mapped[int | None]
    #: `bootstrap`, `promote`, `rollback` or `out_of_band`.
    kind: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    moved_at: Mapped[UtcMoment]
