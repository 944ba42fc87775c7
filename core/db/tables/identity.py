"""Accounts and their sessions.

Belongs here: who may sign in, and the open sessions. Does not belong here: patients as persons under care.
"""

import uuid

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, UtcMoment
from core.db.tables.sealed import Sealed
from core.vocabulary import Language, Role

_LANGUAGES = ", ".join(f"'{language}'" for language in Language)
_ROLES = ", ".join(f"'{role}'" for role in Role)


class UserAccount(Base):
    """One person, one e-mail (kept folded to lower case), one role."""

    __tablename__ = "user_account"
    __table_args__ = (
        CheckConstraint(f"role IN ({_ROLES})", name="role_known"),
        CheckConstraint("email = lower(email)", name="email_folded"),
        CheckConstraint(f"language IN ({_LANGUAGES})", name="language_known"),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(Text, unique=True)
    display_name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    #: Of a patient's account: which patient it is.
    patient_id: Mapped[str | None] = mapped_column(Text)
    #: argon2id in PHC string form.
    password_hash: Mapped[str] = mapped_column(Text)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[UtcMoment]
    #: Of a role that was proven by a document: from this moment on the account has a patient's rights.
    role_expires_at: Mapped[UtcMoment | None]
    #: Of what the person reads; None: what the browser asks for.
    language: Mapped[str | None] = mapped_column(Text)


class UserSession(Base):
    """An open session; the token itself is known to the browser only, here is its SHA-256."""

    __tablename__ = "user_session"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.user_id", ondelete="CASCADE"), index=True)
    created_at: Mapped[UtcMoment]
    last_seen_at: Mapped[UtcMoment]
    expires_at: Mapped[UtcMoment]


class UserMfa(Sealed, Base):
    """A second factor by time-based codes (RFC 6238); the sealed document holds the secret."""

    __tablename__ = "user_mfa"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.user_id", ondelete="CASCADE"), primary_key=True)
    #: Number of the last half minute whose code was used: a code works once.
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    #: None: shown, but not yet proven by a first code.
    confirmed_at: Mapped[UtcMoment | None]


class RecoveryCode(Base):
    """One of ten codes for a lost authenticator: a keyed hash, gone once used."""

    __tablename__ = "recovery_code"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.user_id", ondelete="CASCADE"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)


class LoginChallenge(Base):
    """A sign-in whose password was right and whose second factor is awaited; opens nothing by itself."""

    __tablename__ = "login_challenge"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.user_id", ondelete="CASCADE"))
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    expires_at: Mapped[UtcMoment]


class Passkey(Base):
    """A WebAuthn credential beside the time-based codes: its public key and how often it signed."""

    __tablename__ = "passkey"

    passkey_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.user_id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    #: COSE key, as the authenticator gave it.
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    #: As last reported; an authenticator that counts may only go up, else there is a copy of it.
    sign_count: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(Text)
    transports: Mapped[list[str]] = mapped_column(ARRAY(Text))
    #: Whether it is kept by a provider and may be on several machines.
    is_backed_up: Mapped[bool]
    created_at: Mapped[UtcMoment]
    last_used_at: Mapped[UtcMoment | None]


class PasskeyCeremony(Base):
    """A challenge that was given out and not answered yet: one a session or sign-in, gone with the first answer."""

    __tablename__ = "passkey_ceremony"
    __table_args__ = (CheckConstraint("purpose IN ('register', 'sign_in')", name="purpose_known"),)

    #: SHA-256 of the session's or the sign-in's token.
    holder: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.user_id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(Text)
    challenge: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[UtcMoment]


class ApiToken(Base):
    """A machine's credential: acts for its owner within its scopes; the secret is known to the machine only."""

    __tablename__ = "api_token"

    #: The eight characters after `mds_`.
    token_id: Mapped[str] = mapped_column(Text, primary_key=True)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.user_id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(Text)
    #: Actions of the permission table.
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    #: Of a wall screen: the one queue whose wall it may read.
    queue_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("queue.queue_id", ondelete="CASCADE"))
    created_at: Mapped[UtcMoment]
    expires_at: Mapped[UtcMoment]
    last_used_at: Mapped[UtcMoment | None]
    revoked_at: Mapped[UtcMoment | None]


class Verification(Sealed, Base):
    """Proof of a profession that somebody uploaded, and what was decided; the sealed document holds the file."""

    __tablename__ = "verification"
    __table_args__ = (
        CheckConstraint("status IN ('pending', 'approved', 'rejected')", name="status_known"),
        CheckConstraint("media_type IN ('application/pdf', 'image/jpeg', 'image/png')", name="media_type_known"),
    )

    verification_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.user_id", ondelete="CASCADE"), index=True)
    wanted_role: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int]
    file_sha256: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text, default="pending")
    uploaded_by: Mapped[uuid.UUID]
    uploaded_at: Mapped[UtcMoment]
    decided_by: Mapped[uuid.UUID | None]
    decided_at: Mapped[UtcMoment | None]
    reason: Mapped[str | None] = mapped_column(Text)
    #: Of an approval: after this moment the role falls back to that of a patient.
    expires_at: Mapped[UtcMoment | None]


class StaffProfile(Sealed, Base):
    """A doctor's or a nurse's profile; the sealed words are licence number and authority.

    Unit to extension are one's own; qualifications and licence are an administrator's. A licence has no end of its own:
    it ends with the document that proved the role.
    """

    __tablename__ = "staff_profile"
    __table_args__ = (
        CheckConstraint("shift_preference IN ('early', 'late', 'night', 'any')", name="shift_preference_known"),
        CheckConstraint("(licence_digest IS NULL) = (verification_id IS NULL)", name="licence_proven"),
        CheckConstraint("(verified_by IS NULL) = (verified_at IS NULL)", name="verified_whole"),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.user_id", ondelete="CASCADE"), primary_key=True)
    unit: Mapped[str | None] = mapped_column(Text)
    #: ISO 639-1.
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text))
    shift_preference: Mapped[str | None] = mapped_column(Text)
    extension: Mapped[str | None] = mapped_column(Text)
    qualifications: Mapped[list[str]] = mapped_column(ARRAY(Text))
    verification_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("verification.verification_id"))
    #: Keyed hash of the licence number: one licence, one account.
    licence_digest: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    verified_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user_account.user_id"))
    verified_at: Mapped[UtcMoment | None]
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[UtcMoment]


class MfaResetRequest(Base):
    """A wish of one administrator to take an account's second factor away; another one must agree."""

    __tablename__ = "mfa_reset_request"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'approved', 'refused')", name="status_known"),
        CheckConstraint("decided_by <> requested_by", name="two_people"),
        Index("uq_mfa_reset_request_open", "user_id", unique=True, postgresql_where=text("status = 'open'")),
    )

    request_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.user_id", ondelete="CASCADE"))
    requested_by: Mapped[uuid.UUID]
    requested_at: Mapped[UtcMoment]
    reason: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text, default="open")
    decided_by: Mapped[uuid.UUID | None]
    decided_at: Mapped[UtcMoment | None]
