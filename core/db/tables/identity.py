"""Accounts and their sessions.

Belongs here: who may sign in, and the open sessions. Does not belong here: patients as persons under care.
"""

import uuid

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, UtcMoment
from core.vocabulary import Role

_ROLES = ", ".join(f"'{role}'" for role in Role)


class UserAccount(Base):
    """One person, one e-mail (kept folded to lower case), one role."""

    __tablename__ = "user_account"
    __table_args__ = (
        CheckConstraint(f"role IN ({_ROLES})", name="role_known"),
        CheckConstraint("email = lower(email)", name="email_folded"),
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


class UserSession(Base):
    """An open session; the token itself is known to the browser only, here is its SHA-256."""

    __tablename__ = "user_session"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.user_id", ondelete="CASCADE"), index=True)
    created_at: Mapped[UtcMoment]
    last_seen_at: Mapped[UtcMoment]
    expires_at: Mapped[UtcMoment]
