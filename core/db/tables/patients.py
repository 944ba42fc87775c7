"""Patients as persons under care: who they are, who may be whom, who cares for them, and who broke the glass.

Belongs here: identity of patients and the right to see them. Does not belong here: what happened to them (`records`).
In clear stand only sex, birth year and ids; everything that names a person is in the sealed document.
"""

import uuid
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, UtcMoment
from core.db.tables.sealed import Sealed

_PATIENT = "patient.patient_id"


class Patient(Sealed, Base):
    """A person under care. The id is text: registrations and imported rows use the same one."""

    __tablename__ = "patient"
    __table_args__ = (
        Index("ix_patient_created_at", "created_at"),
        Index("ix_patient_not_compared", "compared_form", postgresql_where=text("compared_form = 0")),
    )

    patient_id: Mapped[str] = mapped_column(Text, primary_key=True)
    sex: Mapped[str] = mapped_column(Text)
    birth_year: Mapped[int | None] = mapped_column(SmallInteger)
    #: Made up by the demo hospital.
    is_synthetic: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    #: Under which form of the keys (`ml.linkage.keys`) it was compared with all others; 0: not yet, or changed since.
    compared_form: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    created_by: Mapped[uuid.UUID | None]
    created_at: Mapped[UtcMoment]
    updated_at: Mapped[UtcMoment]


class PatientIndex(Base):
    """Blind index: keyed hashes of what a patient is looked up by; equality shows, the value does not."""

    __tablename__ = "patient_index"
    __table_args__ = (Index("ix_patient_index_patient_id", "patient_id"),)

    #: `identifier`, `phone`, `email`, `family_name_birth_date`, or a key of `ml.linkage.keys`.
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    patient_id: Mapped[str] = mapped_column(Text, ForeignKey(_PATIENT, ondelete="CASCADE"), primary_key=True)


class PatientPair(Base):
    """Two patients who may be one person: the match score with its reasons (levels of agreement, no values)."""

    __tablename__ = "patient_pair"
    __table_args__ = (
        CheckConstraint("first_id < second_id", name="ordered"),
        CheckConstraint("state IN ('match', 'possible_match')", name="state_known"),
        CheckConstraint("status IN ('open', 'same_person', 'different_people')", name="status_known"),
        CheckConstraint("(status = 'open') = (decided_at IS NULL)", name="decided_whole"),
        UniqueConstraint("first_id", "second_id"),
        Index("ix_patient_pair_status_probability", "status", "probability"),
        Index("ix_patient_pair_second_id", "second_id"),
    )

    pair_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    first_id: Mapped[str] = mapped_column(Text, ForeignKey(_PATIENT, ondelete="CASCADE"))
    second_id: Mapped[str] = mapped_column(Text, ForeignKey(_PATIENT, ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(Text)
    #: Sum of the contributions in bits, without the prior.
    bits: Mapped[float] = mapped_column(Float)
    probability: Mapped[float] = mapped_column(Float)
    #: A list of `field`, `level`, `bits`.
    contributions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    scored_at: Mapped[UtcMoment]
    status: Mapped[str] = mapped_column(Text, default="open")
    version: Mapped[int] = mapped_column(default=1)
    decided_by: Mapped[uuid.UUID | None]
    decided_at: Mapped[UtcMoment | None]


class LinkageEstimate(Base):
    """How often two people's fields agree by chance, counted among the hospital's own entries: no entry is in it."""

    __tablename__ = "linkage_estimate"

    estimated_at: Mapped[UtcMoment] = mapped_column(primary_key=True)
    #: Patients of the hospital at that time, and how many of them were drawn.
    size: Mapped[int]
    sample_count: Mapped[int]
    #: Field -> level -> probability.
    u: Mapped[dict[str, dict[str, float]]] = mapped_column(JSONB)


class CareTeam(Base):
    """Who is assigned to a patient."""

    __tablename__ = "care_team"
    __table_args__ = (Index("ix_care_team_user_id", "user_id"),)

    patient_id: Mapped[str] = mapped_column(Text, ForeignKey(_PATIENT, ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.user_id", ondelete="CASCADE"), primary_key=True)
    assigned_at: Mapped[UtcMoment]
    ends_at: Mapped[UtcMoment | None]


class BreakGlass(Sealed, Base):
    """Emergency access to one patient for an hour; the sealed document holds the reason."""

    __tablename__ = "break_glass"
    __table_args__ = (
        CheckConstraint("expires_at > granted_at", name="lasts"),
        CheckConstraint("verdict IN ('justified', 'not_justified')", name="verdict_known"),
        Index("ix_break_glass_user_id_patient_id", "user_id", "patient_id"),
    )

    grant_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[str] = mapped_column(Text, ForeignKey(_PATIENT, ondelete="CASCADE"))
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.user_id"))
    granted_at: Mapped[UtcMoment]
    expires_at: Mapped[UtcMoment]
    reviewed_at: Mapped[UtcMoment | None]
    reviewed_by: Mapped[uuid.UUID | None]
    verdict: Mapped[str | None] = mapped_column(Text)
