"""Programs that come by SMART Backend Services: which there are, what they have used up, what they hold.

Belongs here: clients, their assertions and access tokens. Does not belong here: machine tokens of people (`identity`).
"""

import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, UtcMoment


class SmartClient(Base):
    """A program that an administrator registered, with its public keys; a revoked one stays, as the audit names it."""

    __tablename__ = "smart_client"
    __table_args__ = (
        CheckConstraint("cardinality(scopes) > 0", name="has_scopes"),
        CheckConstraint("(revoked_by IS NULL) = (revoked_at IS NULL)", name="revoked_whole"),
    )

    client_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    #: SMART's scopes (version 2) beyond which no token of it goes.
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    #: Public members only of each JWK.
    public_keys: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    created_by: Mapped[uuid.UUID]
    created_at: Mapped[UtcMoment]
    last_used_at: Mapped[UtcMoment | None]
    revoked_by: Mapped[uuid.UUID | None]
    revoked_at: Mapped[UtcMoment | None]


class SmartAssertion(Base):
    """An assertion that was used: its row keeps it from being used again until it has run out."""

    __tablename__ = "smart_assertion"

    client_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("smart_client.client_id"), primary_key=True)
    #: SHA-256 of its `jti`.
    jti_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    expires_at: Mapped[UtcMoment] = mapped_column(index=True)


class SmartAccessToken(Base):
    """An access token of five minutes; the secret is known to the client only."""

    __tablename__ = "smart_access_token"

    #: The eight characters after `mss_`.
    token_id: Mapped[str] = mapped_column(Text, primary_key=True)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    client_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("smart_client.client_id"), index=True)
    #: As granted, version 2.
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    expires_at: Mapped[UtcMoment] = mapped_column(index=True)
