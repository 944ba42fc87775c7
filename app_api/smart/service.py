"""The acts on clients and their tokens: register, revoke, give a token, know a token again.

Belongs here: rules applied to rows. Does not belong here: HTTP, SQL text, `commit` of what an administrator does.
"""

import hashlib
import hmac
import re
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.identity.context import AppContext
from app_api.identity.session_book import Principal
from app_api.smart import assertions, keys, repository, scopes
from app_api.smart.assertions import Claimed
from app_api.smart.errors import (
    ClientScopeError,
    InvalidClientError,
    InvalidScopeError,
    TooManyClientsError,
    UnknownClientError,
)
from app_api.smart.schemas import NewClient
from core import clock
from core.ids import new_uuid

MAX_CLIENTS: Final = 200
TOKEN_LIFETIME: Final = timedelta(minutes=5)
#: How the audit names whoever acts as a client.
ROLE: Final = "smart_client"
_FORM: Final = re.compile(r"mss_([A-Za-z0-9]{8})_([A-Za-z0-9_-]{43})")
_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"


@dataclass(frozen=True)
class ClientReader:
    """A client that reads with a token: an actor of the audit, of no relation to any patient."""

    user_id: uuid.UUID
    #: Such as `Slot.r`.
    rights: frozenset[str]
    role: str = ROLE
    patient_id: None = None


async def register(connection: AsyncConnection, person: Principal, wish: NewClient) -> Row[Any]:
    """Add a client and return its row.

    Raises
    ------
    BadKeyError, ClientScopeError, TooManyClientsError
    """
    rights = scopes.rights_of(wish.scopes)
    if rights is None:
        raise ClientScopeError(f"allowed scopes are {', '.join(scopes.SUPPORTED)}")
    kept = keys.checked(wish.jwks.keys)
    if await repository.lock_clients(connection) >= MAX_CLIENTS:
        raise TooManyClientsError(f"there are at most {MAX_CLIENTS} clients that hold; revoke one first")
    columns = {
        "client_id": new_uuid(),
        "name": wish.name,
        "scopes": scopes.written(rights),
        "public_keys": kept,
        "created_by": person.user_id,
        "created_at": clock.now(),
    }
    return await repository.add_client(connection, columns)


async def revoke(connection: AsyncConnection, person: Principal, client_id: uuid.UUID) -> None:
    """End a client: from now on it gets no token, and those that it has open nothing.

    Raises
    ------
    UnknownClientError
    """
    if not await repository.revoke(connection, client_id, by=person.user_id, now=clock.now()):
        raise UnknownClientError(f"no client {client_id} that could be revoked")


async def authenticate(connection: AsyncConnection, assertion: str, claimed: Claimed, *, audience: str) -> Row[Any]:
    """Return the client that an assertion proves, and use the assertion up.

    Raises
    ------
    InvalidClientError
    """
    row = await known(connection, claimed)
    if row is None:
        raise assertions.unknown()
    proven = assertions.prove(assertion, claimed, row.public_keys, audience=audience, now=clock.now())
    digest = hashlib.sha256(proven.jti.encode(errors="surrogatepass")).digest()
    if not await repository.use_up(connection, row.client_id, digest, until=proven.expires_at):
        raise InvalidClientError("client_assertion was used before (jti)")
    return row


async def known(connection: AsyncConnection, claimed: Claimed) -> Row[Any] | None:
    """Return the client that an assertion names, proven or not."""
    try:
        client_id = uuid.UUID(claimed.client_id)
    except ValueError:
        return None
    # Written in one way only: iss and sub are compared with it as text.
    return await repository.client(connection, client_id) if str(client_id) == claimed.client_id else None


async def give_token(connection: AsyncConnection, client: Row[Any], asked: Sequence[str]) -> str:
    """Make an access token with the scopes that were asked for, and return it; it is not kept.

    Raises
    ------
    InvalidScopeError
        If one of them is unknown, or larger than what the client was registered for.
    """
    rights = scopes.rights_of(asked)
    if not rights:
        raise InvalidScopeError(f"scope is a list, parted by spaces, of {', '.join(scopes.SUPPORTED)}")
    if not rights <= (scopes.rights_of(client.scopes) or frozenset()):
        raise InvalidScopeError(f"this client was registered for {' '.join(client.scopes)}")
    token_id, secret = "".join(secrets.choice(_LETTERS) for _ in range(8)), secrets.token_urlsafe(32)
    now = clock.now()
    await repository.add_token(
        connection,
        token_id=token_id,
        secret_hash=_hash(secret),
        client_id=client.client_id,
        scopes=scopes.written(rights),
        expires_at=now + TOKEN_LIFETIME,
    )
    await repository.used(connection, client.client_id, now=now)
    return f"mss_{token_id}_{secret}"


async def find(context: AppContext, bearer: str) -> ClientReader | None:
    """Return which client an access token is of and what it may read; None if it is none of ours or has run out."""
    match = _FORM.fullmatch(bearer)
    if match is None:
        return None
    async with context.engine.connect() as connection:
        row = await repository.token(connection, match[1], now=clock.now())
    if row is None or not hmac.compare_digest(row.secret_hash, _hash(match[2])):
        return None
    return ClientReader(row.client_id, scopes.rights_of(row.scopes) or frozenset())


def is_access_token(bearer: str) -> bool:
    """Say whether a bearer token has the form of a client's."""
    return bearer.startswith("mss_")


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
