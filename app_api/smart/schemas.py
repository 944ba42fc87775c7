"""Shapes of requests and answers about clients.

Belongs here: pydantic models. Does not belong here: rules (`keys`, `service`).
"""

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app_api.smart import scopes
from app_api.wire import Page, ShortLine

SystemScope = Annotated[str, StringConstraints(strict=True, pattern=scopes.PATTERN)]
_Number = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9_-]{1,1024}$")]


class PublicKey(BaseModel):
    """A JSON Web Key (RFC 7517) without its private part: RSA for RS384, or EC on P-384 for ES384."""

    model_config = ConfigDict(extra="allow")

    kty: Literal["RSA", "EC"]
    kid: Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9._~:+/=-]{1,128}$")]
    alg: Literal["RS384", "ES384"] | None = None
    use: Literal["sig"] | None = None
    n: _Number | None = Field(None, description="RSA: the modulus, 2048 to 4096 bits")
    e: _Number | None = Field(None, description="RSA: the exponent")
    crv: Literal["P-384"] | None = Field(None, description="EC: the curve")
    x: _Number | None = None
    y: _Number | None = None


class KeySet(BaseModel):
    """A JSON Web Key Set; two keys and more let a client change from one to the next."""

    keys: Annotated[list[PublicKey], Field(min_length=1, max_length=8)]


class NewClient(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: ShortLine
    scopes: Annotated[list[SystemScope], Field(min_length=1, max_length=12)]
    jwks: KeySet


class KeyView(BaseModel):
    kid: str
    alg: str


class ClientView(BaseModel):
    """A registered client; its keys by name and algorithm."""

    client_id: uuid.UUID
    name: str
    scopes: list[str] = Field(description="Beyond these no token of it goes")
    keys: list[KeyView]
    created_at: datetime
    last_used_at: datetime | None = Field(description="When it was last given a token")
    revoked_at: datetime | None


class ClientPage(Page):
    items: list[ClientView]


class AccessToken(BaseModel):
    """The answer of RFC 6749, 5.1."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 (a kind, not a secret)
    expires_in: int = Field(description="Seconds")
    scope: str = Field(description="What was asked for, which is what was granted")


class TokenRefusal(BaseModel):
    """An error of the token endpoint (RFC 6749, 5.2)."""

    error: str
    error_description: str | None = None


def view(row: Any) -> ClientView:
    """Return a client's row as it is shown."""
    keys = [KeyView(kid=key["kid"], alg=key["alg"]) for key in row.public_keys]
    return ClientView(keys=keys, **{name: getattr(row, name) for name in _SHOWN})


_SHOWN = ("client_id", "name", "scopes", "created_at", "last_used_at", "revoked_at")
