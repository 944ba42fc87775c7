"""The acts on accounts: passwords checked and changed, accounts made and changed.

Belongs here: rules applied to rows. Does not belong here: sessions (`sessions`), HTTP, SQL text, `commit`.
"""

import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Request
from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError as RowConflict
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.envelope.audit import Entry, append
from app_api.identity import endings, passwords, policy, repository, sessions
from app_api.identity.context import AppContext, request_id_of
from app_api.identity.endings import By, Ending
from app_api.identity.errors import (
    BadCredentialsError,
    BadPasswordError,
    EmailTakenError,
    LastAdministratorError,
    UnknownUserError,
)
from app_api.identity.schemas import AccountChange, NewAccount
from app_api.identity.session_book import Principal
from core import clock
from core.ids import new_uuid
from core.vocabulary import Role


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
    return sessions.principal_of(row)


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


async def open_session(
    connection: AsyncConnection, person: Principal, *, request: Request, factor: str | None = None
) -> tuple[str, list[bytes]]:
    """Open a session, audited with the second factor it was opened by; as `sessions.open_new_session` otherwise."""
    opened = await sessions.open_new_session(connection, person, request_id=request_id_of(request))
    fields = () if factor is None else (factor,)
    session = endings.session_id(sessions.token_hash(opened[0]))
    await audit(connection, person, "session.open", request=request, fields=fields, session=session)
    return opened


async def audit(
    connection: AsyncConnection,
    person: Principal,
    action: str,
    *,
    request: Request,
    fields: Sequence[str] = (),
    session: str | None = None,
) -> None:
    """Append an event about a person's own account, or a session of it."""
    entry = Entry(
        actor_id=person.user_id,
        actor_role=str(person.role),
        action=action,
        object_kind="account",
        object_ids=(str(person.user_id), *([] if session is None else [session])),
        relation="own",
        fields=fields,
        request_id=request_id_of(request),
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


async def change_password(connection: AsyncConnection, person: Principal, *, password_hash: str, by: By) -> None:
    """Set a new password and end all sessions; the second factor stays."""
    await repository.change_account(connection, person.user_id, password_hash=password_hash)
    await endings.end_all_of(connection, person.user_id, Ending.PASSWORD_CHANGED, by=by)


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


async def change_account(
    connection: AsyncConnection, user_id: uuid.UUID, wish: AccountChange, *, by: By
) -> tuple[Row[Any], bool]:
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
    is_locked = wish.is_active is False
    ends = (wish.role is not None and wish.role.value != before.role) or is_locked
    if ends:
        await endings.end_all_of(connection, user_id, Ending.LOCKED if is_locked else Ending.ROLE_CHANGED, by=by)
    if columns:
        await repository.change_account(connection, user_id, **columns)
    after = await repository.account(connection, user_id)
    assert after is not None, "the account was there in this transaction"
    return after, ends
