"""The acts of identity: sign in, find who is asking, end sessions, make and change accounts.

Belongs here: rules applied to rows. Does not belong here: HTTP, SQL text, `commit`.
"""

import hashlib
import secrets
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from fastapi import Request
from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError as RowConflict
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.envelope.audit import Entry, append
from app_api.identity import passwords, policy, repository
from app_api.identity.context import AppContext
from app_api.identity.errors import (
    BadCredentialsError,
    BadPasswordError,
    EmailTakenError,
    LastAdministratorError,
    UnknownSessionError,
    UnknownUserError,
)
from app_api.identity.schemas import AccountChange, NewAccount
from app_api.identity.session_book import REVOKED_CHANNEL, OpenSession, Principal
from core import clock
from core.ids import new_uuid
from core.vocabulary import Language, Role


def token_hash(token: str) -> bytes:
    """Return what is stored of a session token; with 256 random bits a fast hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def session_id(stored: bytes) -> str:
    """Return the public name of a session."""
    return stored.hex()[:16]


def principal_of(row: Row[Any]) -> Principal:
    """Return who an account's row is now: a proven role that has run out gives a patient's rights."""
    role = policy.role_at(Role(row.role), row.role_expires_at, clock.now())
    ends = row.role_expires_at if role == row.role else None
    language = None if row.language is None else Language(row.language)
    return Principal(row.user_id, row.email, row.display_name, role, row.patient_id, ends, language)


def _still_has_role(person: Principal, now: datetime) -> bool:
    return policy.role_at(person.role, person.role_expires_at, now) is person.role


def _is_live(session: OpenSession, now: datetime) -> bool:
    role, seen, expires = session.principal.role, session.last_seen_at, session.expires_at
    return policy.is_live(role=role, last_seen_at=seen, expires_at=expires, now=now)


def _is_live(session: OpenSession, now: datetime) -> bool:
    role, seen, expires = session.principal.role, session.last_seen_at, session.expires_at
    return policy.is_live(role=role, last_seen_at=seen, expires_at=expires, now=now)


def _is_live(session: OpenSession, now: datetime) -> bool:
    role, seen, expires = session.principal.role, session.last_seen_at, session.expires_at
    return policy.is_live(role=role, last_seen_at=seen, expires_at=expires, now=now)


async def check_credentials(context: AppContext, *, email: str, password: str, address: str) -> Principal:
    """Return the person with this e-mail and password; an unknown e-mail takes as long as a wrong password.

    No connection is held while the password is hashed. Earlier failures are not forgotten by it: whoever knows the
    password and guesses codes would get new guesses by typing it again.

    Raises
    ------
    BadCredentialsError, TooManyAttemptsError
    """
    folded = policy.fold_email(email)
    await context.throttle.check(email=folded, address=address)
    async with context.engine.connect() as connection:
        row = await repository.credentials_of(connection, folded)
    stored = row.password_hash if row is not None and row.is_active else None
    if not await context.passwords.verify(stored, password) or row is None:
        await context.throttle.failed(email=folded, address=address)
        await _audit_failure(context, row)
        raise BadCredentialsError("the e-mail and the password do not belong together")
    if passwords.is_outdated(row.password_hash):
        renewed = await context.passwords.hash(password)
        async with context.engine.begin() as connection:
            await repository.change_account(connection, row.user_id, password_hash=renewed)
    return principal_of(row)


async def _audit_failure(context: AppContext, row: Row[Any] | None) -> None:
    entry = Entry(
        actor_id=None,
        actor_role="nobody",
        action="session.open",
        object_kind="account",
        object_ids=() if row is None else (str(row.user_id),),
        outcome="refused",
        reason_code=BadCredentialsError.code,
    )
    async with context.engine.begin() as connection:
        await append(connection, entry)


async def audit(
    connection: AsyncConnection, person: Principal, action: str, *, request: Request, fields: Sequence[str] = ()
) -> None:
    """Append an event about a person's own account or session."""
    entry = Entry(
        actor_id=person.user_id,
        actor_role=str(person.role),
        action=action,
        object_kind="account",
        object_ids=(str(person.user_id),),
        relation="own",
        fields=fields,
        request_id=request.scope.get("medisync.request_id"),
    )
    await append(connection, entry)


async def hash_new_password(
    context: AppContext, person: Principal, *, password: str, new_password: str, address: str
) -> str:
    """Return the hash of a new password of whoever knows the present one; guesses are throttled.

    Hashing may wait for others: the caller holds no connection meanwhile.

    Raises
    ------
    BadPasswordError, WeakPasswordError, TooManyAttemptsError
    """
    await check_present_password(context, person, password=password, address=address)
    words = (person.display_name, person.email.partition("@")[0])
    policy.check_password(new_password, role=person.role, words=words)
    return await context.passwords.hash(new_password)


async def change_password(connection: AsyncConnection, person: Principal, *, password_hash: str) -> None:
    """Set a new password and end all sessions; the second factor stays."""
    await repository.change_account(connection, person.user_id, password_hash=password_hash)
    await repository.end_sessions_of(connection, person.user_id)


async def check_present_password(context: AppContext, person: Principal, *, password: str, address: str) -> None:
    """Refuse whoever holds a session but does not know its person's password; guesses are throttled.

    Raises
    ------
    BadPasswordError, TooManyAttemptsError
    """
    await context.throttle.check(email=person.email, address=address)
    async with context.engine.connect() as connection:
        row = await repository.credentials_of(connection, person.email)
    if row is None or not await context.passwords.verify(row.password_hash, password):
        await context.throttle.failed(email=person.email, address=address)
        raise BadPasswordError("this is not the present password")


async def announce_changed_user(context: AppContext, user_id: uuid.UUID) -> None:
    """After the commit: have every worker read the person's account again."""
    context.sessions.drop_user(user_id)
    await context.valkey.publish(REVOKED_CHANNEL, f"changed:{user_id}")


async def open_new_session(connection: AsyncConnection, person: Principal) -> tuple[str, list[bytes]]:
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
        await repository.end_sessions(connection, surplus)
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
            await repository.end_sessions(connection, [key])
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


async def announce_revoked(context: AppContext, token_hashes: list[bytes]) -> None:
    """After the commit: make every worker forget these sessions at once."""
    for key in token_hashes:
        context.sessions.forget(key)
        await context.valkey.publish(REVOKED_CHANNEL, f"session:{key.hex()}")


async def announce_revoked_user(context: AppContext, user_id: uuid.UUID) -> None:
    """After the commit: make every worker forget a person's sessions at once."""
    context.sessions.forget_user(user_id)
    await context.valkey.publish(REVOKED_CHANNEL, f"user:{user_id}")


async def end_one_session(connection: AsyncConnection, person: Principal, wanted: str) -> bytes:
    """End one of the person's own sessions, named by its public id, and return its hash.

    Raises
    ------
    UnknownSessionError
        If the person has no such session.
    """
    for row in await repository.sessions_of(connection, person.user_id):
        if session_id(row.token_hash) == wanted:
            await repository.end_sessions(connection, [row.token_hash])
            return row.token_hash
    raise UnknownSessionError(f"you have no open session {wanted}")


async def hash_first_password(context: AppContext, wish: NewAccount) -> tuple[str, str | None]:
    """Return the hash of the password that a new account begins with, and that password if it was generated.

    Hashing may wait for others: where anybody may ask for it, the caller holds no connection meanwhile.

    Raises
    ------
    WeakPasswordError, TooManyAttemptsError
    """
    if wish.password is None:
        generated = policy.generated_password()
        return await context.passwords.hash(generated), generated
    words = (wish.display_name, policy.fold_email(wish.email).partition("@")[0])
    policy.check_password(wish.password, role=wish.role, words=words)
    return await context.passwords.hash(wish.password), None


async def create_account(connection: AsyncConnection, wish: NewAccount, *, password_hash: str) -> Row[Any]:
    """Make an account and return its row.

    Raises
    ------
    EmailTakenError
    """
    user_id = new_uuid()
    try:
        await repository.add_account(
            connection,
            user_id=user_id,
            email=policy.fold_email(wish.email),
            display_name=wish.display_name,
            role=wish.role.value,
            patient_id=wish.patient_id,
            password_hash=password_hash,
            is_active=True,
            created_at=clock.now(),
        )
    except RowConflict as error:
        raise EmailTakenError("an account with this e-mail exists") from error
    row = await repository.account(connection, user_id)
    assert row is not None, "the account was added in this transaction"
    return row


@asynccontextmanager
async def counted_registration(context: AppContext, *, email: str, address: str) -> AsyncIterator[None]:
    """Refuse a registration from an address that was refused too often: asking which e-mails have an account is slow.

    The e-mail's own count is not that of its sign-ins: nobody can delay another person's sign-in by registering.

    Raises
    ------
    TooManyAttemptsError
    """
    counted = f"register {policy.fold_email(email)}"
    await context.throttle.check(email=counted, address=address)
    try:
        yield
    except EmailTakenError:
        await context.throttle.failed(email=counted, address=address)
        raise


async def change_account(connection: AsyncConnection, user_id: uuid.UUID, wish: AccountChange) -> tuple[Row[Any], bool]:
    """Change an account; return its row and whether the person's sessions were ended (new role, or locked).

    Raises
    ------
    UnknownUserError, LastAdministratorError
    """
    before = await repository.account(connection, user_id)
    if before is None:
        raise UnknownUserError(f"no account {user_id}")
    takes_rights = wish.is_active is False or wish.role not in (None, Role.ADMIN)
    if takes_rights and await repository.lock_administrators(connection) == [user_id]:
        raise LastAdministratorError("this is the last administrator: make another one first")
    columns = wish.model_dump(exclude_none=True, mode="json")
    if wish.role is not None and wish.role.value != before.role:
        # The administrator vouches for the new role; what a document proved was the old one.
        columns["role_expires_at"] = None
    if columns:
        await repository.change_account(connection, user_id, **columns)
    ends = (wish.role is not None and wish.role.value != before.role) or wish.is_active is False
    if ends:
        await repository.end_sessions_of(connection, user_id)
    after = await repository.account(connection, user_id)
    assert after is not None, "the account was there in this transaction"
    return after, ends


#: How long the browser keeps the cookie; the server's clocks decide.
COOKIE_AGE = int(policy.ABSOLUTE_LIFETIME / timedelta(seconds=1))
