"""Passkeys (WebAuthn) as a second factor: challenges, registering, signing, removing.

Belongs here: rules and SQL of `passkey` and `passkey_ceremony`. Does not belong here: HTTP (`passkeys_router`), codes
(`mfa`), the cryptography (`relying_party`).

A challenge belongs to one session or one sign-in half way, lives for two minutes, and is gone with the first answer,
right or wrong. A passkey stands beside an authenticator with its recovery codes, never in their place: losing it locks
nobody out, and removing it leaves no account without a second factor.
"""

import secrets
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.identity import mfa, relying_party
from app_api.identity.context import AppContext
from app_api.identity.errors import (
    BadPasskeyError,
    NoSecondFactorError,
    PasskeyKnownError,
    TooManyPasskeysError,
    UnknownPasskeyError,
)
from app_api.identity.session_book import Principal
from core import clock
from core.db.tables import Passkey, PasskeyCeremony
from core.ids import new_uuid

CEREMONY_LIFETIME = timedelta(minutes=2)
MAX_PASSKEYS = 10
Purpose = Literal["register", "sign_in"]

_TIMEOUT = int(CEREMONY_LIFETIME / timedelta(milliseconds=1))
_PASSKEY = tuple(Passkey.__table__.columns)


async def of_user(connection: AsyncConnection, user_id: uuid.UUID) -> Sequence[Row[Any]]:
    """Return a person's passkeys, the oldest first."""
    query = select(*_PASSKEY).where(Passkey.user_id == user_id).order_by(Passkey.created_at)
    return (await connection.execute(query)).all()


async def has_any(connection: AsyncConnection, user_id: uuid.UUID) -> bool:
    query = select(func.count()).select_from(Passkey).where(Passkey.user_id == user_id)
    return (await connection.execute(query)).scalar_one() > 0


async def begin_registration(
    context: AppContext, connection: AsyncConnection, person: Principal, *, holder: bytes
) -> dict[str, Any]:
    """Return the options that a browser makes a new passkey by.

    Raises
    ------
    NoSecondFactorError
        If there is no authenticator yet: without recovery codes a lost key would lock its owner out.
    TooManyPasskeysError
    """
    if not (await mfa.state_of(connection, person.user_id))[0]:
        raise NoSecondFactorError("set up an authenticator first: its recovery codes help when a passkey is lost")
    known = await of_user(connection, person.user_id)
    if len(known) >= MAX_PASSKEYS:
        raise TooManyPasskeysError(f"an account has at most {MAX_PASSKEYS} passkeys; remove one first")
    challenge = await _given_out(connection, person.user_id, holder=holder, purpose="register")
    return relying_party.registration_options(context.settings, person, challenge, known, timeout=_TIMEOUT)


async def register(
    context: AppContext,
    connection: AsyncConnection,
    person: Principal,
    *,
    challenge: bytes,
    credential: dict[str, Any],
    name: str,
) -> Row[Any]:
    """Keep a new passkey whose answer to the challenge is right.

    Raises
    ------
    BadPasskeyError
        If the answer is to another challenge, from another site, or malformed.
    PasskeyKnownError
        If somebody has it already.
    """
    try:
        verified = relying_party.registered(context.settings, credential, challenge)
    except relying_party.RefusedAnswerError as error:
        raise BadPasskeyError("the browser's answer does not fit this site or this moment; begin again") from error
    values = {
        "passkey_id": new_uuid(),
        "user_id": person.user_id,
        "credential_id": verified.credential_id,
        "public_key": verified.credential_public_key,
        "sign_count": verified.sign_count,
        "name": name,
        "transports": relying_party.transports(credential),
        "is_backed_up": verified.credential_backed_up,
        "created_at": clock.now(),
    }
    query = upsert(Passkey).values(**values).on_conflict_do_nothing().returning(*_PASSKEY)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise PasskeyKnownError("this passkey is registered already")
    return row


async def begin_sign_in(
    context: AppContext, connection: AsyncConnection, person: Principal, *, holder: bytes
) -> dict[str, Any]:
    """Return the options that a browser signs with one of the person's passkeys by.

    Raises
    ------
    UnknownPasskeyError
        If the person has none.
    """
    known = await of_user(connection, person.user_id)
    if not known:
        raise UnknownPasskeyError("this account has no passkey")
    challenge = await _given_out(connection, person.user_id, holder=holder, purpose="sign_in")
    return relying_party.sign_in_options(context.settings, challenge, known, timeout=_TIMEOUT)


async def check(
    context: AppContext, connection: AsyncConnection, person: Principal, *, challenge: bytes, credential: dict[str, Any]
) -> None:
    """Take the answer of one of the person's passkeys, and note how often it signed.

    Raises
    ------
    BadPasskeyError
        If the passkey is not theirs, the answer does not fit challenge or site, or its counter did not go up, as that
        of a copied authenticator would not.
    """
    refusal = BadPasskeyError("this passkey was not accepted; begin again, or use a code")
    try:
        credential_id = relying_party.credential_id(credential)
        query = select(*_PASSKEY).where(Passkey.credential_id == credential_id, Passkey.user_id == person.user_id)
        row = (await connection.execute(query.with_for_update())).one_or_none()
        if row is None:
            raise refusal
        sign_count = relying_party.signed(context.settings, credential, challenge, row)
    except relying_party.RefusedAnswerError as error:
        raise refusal from error
    used = update(Passkey).where(Passkey.passkey_id == row.passkey_id)
    await connection.execute(used.values(sign_count=sign_count, last_used_at=clock.now()))


async def take_challenge(connection: AsyncConnection, user_id: uuid.UUID, *, holder: bytes, purpose: Purpose) -> bytes:
    """Return the challenge that was given out to this session or sign-in, once.

    Raises
    ------
    BadPasskeyError
        If there is none, or it is too old.
    """
    query = (
        delete(PasskeyCeremony)
        .where(
            PasskeyCeremony.holder == holder,
            PasskeyCeremony.user_id == user_id,
            PasskeyCeremony.purpose == purpose,
        )
        .returning(PasskeyCeremony.challenge, PasskeyCeremony.expires_at)
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None or row.expires_at <= clock.now():
        raise BadPasskeyError("no challenge is open, or it is older than two minutes; begin again")
    return row.challenge


async def remove(connection: AsyncConnection, user_id: uuid.UUID, passkey_id: uuid.UUID) -> None:
    """Remove one of the person's own passkeys.

    Raises
    ------
    UnknownPasskeyError
    """
    gone = delete(Passkey).where(Passkey.user_id == user_id, Passkey.passkey_id == passkey_id)
    if (await connection.execute(gone)).rowcount != 1:
        raise UnknownPasskeyError("you have no such passkey")


async def _given_out(connection: AsyncConnection, user_id: uuid.UUID, *, holder: bytes, purpose: Purpose) -> bytes:
    """Make a challenge and keep it; one that was not answered gives way, and of several made at once the last stays."""
    now = clock.now()
    await connection.execute(delete(PasskeyCeremony).where(PasskeyCeremony.expires_at < now))
    challenge = secrets.token_bytes(64)
    row = {"holder": holder, "user_id": user_id, "purpose": purpose, "challenge": challenge,
           "expires_at": now + CEREMONY_LIFETIME}  # fmt: skip
    query = upsert(PasskeyCeremony).values(**row)
    await connection.execute(query.on_conflict_do_update(index_elements=["holder"], set_=row))
    return challenge
