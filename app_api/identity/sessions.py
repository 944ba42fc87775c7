"""Sessions and who they belong to: opened, found, ended, and told of to the other workers.

Belongs here: rules applied to rows of sessions. Does not belong here: passwords and accounts (`service`), the memory of
a worker (`session_book`), HTTP, SQL text, `commit`.
"""

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.identity import endings, policy, repository
from app_api.identity.context import AppContext
from app_api.identity.endings import By, Ending
from app_api.identity.errors import UnknownSessionError
from app_api.identity.session_book import REVOKED_CHANNEL, OpenSession, Principal
from core import clock
from core.vocabulary import Language, Role

#: How long the browser keeps the cookie; the server's clocks decide.
COOKIE_AGE = int(policy.ABSOLUTE_LIFETIME / timedelta(seconds=1))


def token_hash(token: str) -> bytes:
    """Return what is stored of a session token; with 256 random bits a fast hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def principal_of(row: Row[Any]) -> Principal:
    """Return who an account's row is now: a proven role that has run out gives a patient's rights."""
    role = policy.role_at(Role(row.role), row.role_expires_at, clock.now())
    ends = row.role_expires_at if role == row.role else None
    language = None if row.language is None else Language(row.language)
    return Principal(row.user_id, row.email, row.display_name, role, row.patient_id, ends, language)


def by(person: Principal, request_id: str | None = None) -> By:
    """Return a person as the one who ends a session."""
    return By(person.user_id, str(person.role), request_id)


async def open_new_session(
    connection: AsyncConnection, person: Principal, *, request_id: str | None = None
) -> tuple[str, list[bytes]]:
    """Open a session and return its token, and the hashes of the oldest sessions that had to give way."""
    token = secrets.token_urlsafe(32)
    now = clock.now()
    await repository.add_session(
        connection,
        token_hash=token_hash(token),
        user_id=person.user_id,
        created_at=now,
        last_seen_at=now,
        expires_at=now + policy.ABSOLUTE_LIFETIME,
    )
    rows = await repository.sessions_of(connection, person.user_id)
    surplus = [row.token_hash for row in rows[policy.MAX_SESSIONS :]]
    if surplus:
        await endings.end(connection, surplus, Ending.SURPLUS, by=by(person, request_id))
    return token, surplus


async def find_session(context: AppContext, token: str, *, is_use: bool = True) -> OpenSession | None:
    """Return the live session of a token, None when there is none or it has ended.

    A use is noted (unless the caller only looks) and written down by `session_uses` with those of others: no request
    waits for that.
    """
    key, book, now = token_hash(token), context.sessions, clock.now()
    session = book.find(key)
    if session is None or not _still_has_role(session.principal, now):
        generation = book.generation
        async with context.engine.connect() as connection:
            row = await repository.open_session(connection, key)
        if row is None:
            return None
        session = OpenSession(key, principal_of(row), row.last_seen_at, row.expires_at)
        book.remember(session, generation=generation)
    if not _is_live(session, now):
        async with context.engine.begin() as connection:
            await endings.end(connection, [key], endings.limit_passed(session.expires_at, now), by=endings.SYSTEM)
        book.forget(key)
        return None
    if is_use and now - session.last_seen_at >= policy.TOUCH_INTERVAL:
        book.touched(key, now)
    return session


def remembered_session(context: AppContext, token: str) -> OpenSession | None:
    """Return the live session of a token if this worker remembers it, and note the use; a look without waiting."""
    key = token_hash(token)
    session, now = context.sessions.find(key), clock.now()
    if session is None or not _still_has_role(session.principal, now) or not _is_live(session, now):
        return None
    if now - session.last_seen_at >= policy.TOUCH_INTERVAL:
        context.sessions.touched(key, now)
    return session


def _still_has_role(person: Principal, now: datetime) -> bool:
    return policy.role_at(person.role, person.role_expires_at, now) is person.role


def _is_live(session: OpenSession, now: datetime) -> bool:
    role, seen, expires = session.principal.role, session.last_seen_at, session.expires_at
    return policy.is_live(role=role, last_seen_at=seen, expires_at=expires, now=now)


async def end_one_session(
    connection: AsyncConnection, person: Principal, wanted: str, *, request_id: str | None
) -> bytes:
    """End one of the person's own sessions, named by its public id, and return its hash.

    Raises
    ------
    UnknownSessionError
        If the person has no such session.
    """
    for row in await repository.sessions_of(connection, person.user_id):
        if endings.session_id(row.token_hash) == wanted:
            await endings.end(connection, [row.token_hash], Ending.ENDED_BY_OWNER, by=by(person, request_id))
            return row.token_hash
    raise UnknownSessionError(f"you have no open session {wanted}")


async def announce_revoked(context: AppContext, token_hashes: list[bytes]) -> None:
    """After the commit: make every worker forget these sessions at once."""
    for key in token_hashes:
        context.sessions.forget(key)
        await context.valkey.publish(REVOKED_CHANNEL, f"session:{key.hex()}")


async def announce_revoked_user(context: AppContext, user_id: uuid.UUID) -> None:
    """After the commit: make every worker forget a person's sessions at once."""
    context.sessions.forget_user(user_id)
    await context.valkey.publish(REVOKED_CHANNEL, f"user:{user_id}")


async def announce_changed_user(context: AppContext, user_id: uuid.UUID) -> None:
    """After the commit: have every worker read the person's account again."""
    context.sessions.drop_user(user_id)
    await context.valkey.publish(REVOKED_CHANNEL, f"changed:{user_id}")
