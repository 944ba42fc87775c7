"""Machine tokens: `mds_`, eight characters that name it, and a secret of 256 bits.

Belongs here: making, finding and ending tokens. Does not belong here: HTTP (`tokens_router`).

A token acts for its owner with some of the owner's rights, looked up at each use: whoever loses a role or the account
loses the token's rights with it. What concerns accounts, sessions and tokens themselves no token may do.
"""

import hashlib
import hmac
import re
import secrets
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError as RowConflict
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api import permissions
from app_api.identity import repository
from app_api.identity.context import AppContext
from app_api.identity.errors import ScopeError, TooManyTokensError, UnknownTokenError, UnknownTokenQueueError
from app_api.identity.session_book import OpenSession, Principal
from app_api.identity.sessions import principal_of
from core import clock
from core.db.tables import ApiToken, UserAccount
from core.vocabulary import Role

_FORM = re.compile(r"mds_([A-Za-z0-9]{8})_([A-Za-z0-9_-]{43})")
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
#: The one right that a token may have for a single queue.
WALL = "queue.wall"
MAX_LIFETIME = timedelta(days=90)
#: Of one person, at a time.
MAX_TOKENS = 50
#: `last_used_at` is written at most this often.
_TOUCH = timedelta(minutes=1)
#: Never for machines: signing in, accounts, clients, moving models, emergency access, reviews.
_NOT_FOR_TOKENS = (
    "session.",
    "user.",
    "token.",
    "smart_client.",
    "model.move",
    "patient.break_glass",
    "break_glass.",
    "verification.",
)


def allowed_scopes(role: Role) -> list[str]:
    """Return the actions that a token of somebody with this role may be given."""
    return sorted(
        action
        for action, roles in permissions.PERMISSIONS.items()
        if role in roles and not action.startswith(_NOT_FOR_TOKENS)
    )


async def make(
    connection: AsyncConnection,
    person: Principal,
    *,
    name: str,
    scopes: Sequence[str],
    lifetime: timedelta,
    queue_id: uuid.UUID | None = None,
) -> tuple[Row[Any], str]:
    """Make a token; return its row and the token itself, which is not kept.

    Parameters
    ----------
    queue_id : uuid.UUID, optional
        Of a wall screen: the one queue whose wall it may read.

    Raises
    ------
    ScopeError
        If the person has not that right, no token may have it, or the queue would bind none of the rights.
    TooManyTokensError, UnknownTokenQueueError
    """
    for scope in scopes:
        if scope not in allowed_scopes(person.role):
            raise ScopeError(f"the right {scope[:64]!r} cannot be given to a token of the role {person.role}")
    if queue_id is not None and set(scopes) != {WALL}:
        raise ScopeError(f"queue_id binds a token with the right {WALL} alone; this one is given {', '.join(scopes)}")
    await repository.lock_account(connection, person.user_id)
    if len(await tokens_of(connection, person.user_id)) >= MAX_TOKENS:
        raise TooManyTokensError(f"a person has at most {MAX_TOKENS} tokens that hold; end one first")
    token_id, secret = "".join(secrets.choice(_LETTERS) for _ in range(8)), secrets.token_urlsafe(32)
    now = clock.now()
    row = {
        "token_id": token_id, "secret_hash": _hash(secret), "user_id": person.user_id, "name": name,
        "scopes": sorted(set(scopes)), "queue_id": queue_id, "created_at": now,
        "expires_at": now + min(lifetime, MAX_LIFETIME),
    }  # fmt: skip
    try:
        await connection.execute(insert(ApiToken).values(**row))
    except RowConflict as error:
        if queue_id is None:
            raise
        raise UnknownTokenQueueError(f"queue_id {queue_id} is no queue") from error
    made = await connection.execute(select(*_SHOWN).where(ApiToken.token_id == token_id))
    return made.one(), f"mds_{token_id}_{secret}"


_SHOWN = (
    ApiToken.token_id, ApiToken.name, ApiToken.scopes, ApiToken.queue_id, ApiToken.created_at, ApiToken.expires_at,
    ApiToken.last_used_at,
)  # fmt: skip


async def tokens_of(connection: AsyncConnection, user_id: uuid.UUID) -> Sequence[Row[Any]]:
    """Return a person's tokens that still hold, newest first."""
    query = select(*_SHOWN).where(
        ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None), ApiToken.expires_at > clock.now()
    )
    return (await connection.execute(query.order_by(ApiToken.created_at.desc()))).all()


async def revoke(connection: AsyncConnection, user_id: uuid.UUID, token_id: str) -> bytes:
    """End a token and return the hash of its secret, which its open sockets are known by.

    Raises
    ------
    UnknownTokenError
    """
    query = update(ApiToken).where(
        ApiToken.user_id == user_id, ApiToken.token_id == token_id, ApiToken.revoked_at.is_(None)
    )
    ended = await connection.execute(query.values(revoked_at=clock.now()).returning(ApiToken.secret_hash))
    secret_hash = ended.scalar_one_or_none()
    if secret_hash is None:
        raise UnknownTokenError(f"you have no token {token_id}")
    return secret_hash


async def find(context: AppContext, bearer: str) -> OpenSession | None:
    """Return whom a token acts for and with which rights; None if it is none of ours or has ended."""
    match = _FORM.fullmatch(bearer)
    if match is None:
        return None
    now = clock.now()
    query = (
        select(
            *repository.ACCOUNT,
            ApiToken.secret_hash, ApiToken.scopes, ApiToken.queue_id, ApiToken.expires_at, ApiToken.last_used_at,
        )
        .join(UserAccount, UserAccount.user_id == ApiToken.user_id)
        .where(
            ApiToken.token_id == match[1], ApiToken.revoked_at.is_(None), ApiToken.expires_at > now,
            UserAccount.is_active,
        )
    )  # fmt: skip
    async with context.engine.begin() as connection:
        row = (await connection.execute(query)).one_or_none()
        if row is None or not hmac.compare_digest(row.secret_hash, _hash(match[2])):
            return None
        if row.last_used_at is None or now - row.last_used_at > _TOUCH:
            await connection.execute(update(ApiToken).where(ApiToken.token_id == match[1]).values(last_used_at=now))
    return OpenSession(row.secret_hash, principal_of(row), now, row.expires_at, frozenset(row.scopes), row.queue_id)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
