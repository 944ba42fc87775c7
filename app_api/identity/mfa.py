"""The second factor: enrolling, codes that work once, recovery codes, sign-ins half way.

Belongs here: rules and SQL of `user_mfa`, `recovery_code`, `login_challenge`. Does not belong here: HTTP and
passwords (`mfa_router`, `service`).

A code of RFC 6238 is valid for its half minute and one to each side. That it works only once is decided by one UPDATE:
`last_step` may only grow, so of many submissions at once one wins.
"""

import hmac
import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pyotp
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.identity.context import AppContext
from app_api.identity.errors import BadCodeError, MfaEnabledError, NotSignedInError
from app_api.identity.session_book import Principal
from core import clock
from core.db.tables import LoginChallenge, Passkey, RecoveryCode, UserMfa
from core.key_ring import blind_digest
from core.vocabulary import Role

STEP_SECONDS = 30
CHALLENGE_LIFETIME = timedelta(minutes=10)
MAX_ATTEMPTS = 5
RECOVERY_CODES = 10
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True)
class Enrolment:
    """What is shown once, so that an authenticator can be set up."""

    secret: str
    uri: str
    qr_svg: str


async def state_of(connection: AsyncConnection, user_id: uuid.UUID) -> tuple[bool, int]:
    """Return whether a person has a confirmed second factor, and how many recovery codes are left."""
    confirmed = select(func.count()).where(UserMfa.user_id == user_id, UserMfa.confirmed_at.is_not(None))
    left = select(func.count()).where(RecoveryCode.user_id == user_id)
    row = (await connection.execute(select(confirmed.scalar_subquery(), left.scalar_subquery()))).one()
    return bool(row[0]), int(row[1])


def is_mandatory(context: AppContext, role: Role) -> bool:
    """Say whether an account of this role must have a second factor."""
    return context.settings.is_mfa_required and role is not Role.PATIENT


async def open_challenge(connection: AsyncConnection, user_id: uuid.UUID, hashed: bytes) -> None:
    """Remember that a password was right, by the hash of the token that goes on from here."""
    await connection.execute(delete(LoginChallenge).where(LoginChallenge.expires_at < clock.now()))
    expires_at = clock.now() + CHALLENGE_LIFETIME
    row = {"token_hash": hashed, "user_id": user_id, "attempts": 0, "expires_at": expires_at}
    await connection.execute(insert(LoginChallenge).values(**row))


async def challenged(connection: AsyncConnection, hashed: bytes, *, is_attempt: bool) -> uuid.UUID:
    """Return whose sign-in this challenge belongs to, and count the attempt.

    Raises
    ------
    NotSignedInError
        If there is none, it is too old, or too many codes were tried.
    """
    query = (
        update(LoginChallenge)
        .where(
            LoginChallenge.token_hash == hashed,
            LoginChallenge.expires_at > clock.now(),
            LoginChallenge.attempts < MAX_ATTEMPTS,
        )
        .values(attempts=LoginChallenge.attempts + (1 if is_attempt else 0))
        .returning(LoginChallenge.user_id)
    )
    user_id = (await connection.execute(query)).scalar_one_or_none()
    if user_id is None:
        raise NotSignedInError("sign in with e-mail and password first")
    return user_id


async def close_challenge(connection: AsyncConnection, hashed: bytes) -> None:
    await connection.execute(delete(LoginChallenge).where(LoginChallenge.token_hash == hashed))


async def enrol(context: AppContext, connection: AsyncConnection, person: Principal) -> Enrolment:
    """Make a secret for a person who has no confirmed one; an unconfirmed one is replaced.

    Raises
    ------
    MfaEnabledError
        If there is a confirmed one: whoever has only the password must not replace it.
    """
    import segno  # at the first use: a worker's start need not wait for it

    if (await state_of(connection, person.user_id))[0]:
        raise MfaEnabledError("this account has a second factor; an administrator can reset it if it is lost")
    secret = pyotp.random_base32()
    sealed = await context.vault.seal(connection, {"secret": secret}, "user_mfa", person.user_id)
    row = {"user_id": person.user_id, "last_step": 0, "confirmed_at": None, **sealed}
    await connection.execute(upsert(UserMfa).values(**row).on_conflict_do_update(index_elements=["user_id"], set_=row))
    uri = pyotp.TOTP(secret).provisioning_uri(name=person.email, issuer_name="MediSync")
    qr = segno.make(uri, error="m").svg_inline(scale=5, border=2, dark="#000", light="#fff", omitsize=True)
    return Enrolment(secret, uri, qr)


async def check_code(
    context: AppContext, connection: AsyncConnection, person: Principal, code: str
) -> list[str] | None:
    """Take a code of the authenticator or a recovery code; return recovery codes if this was the first code ever.

    Raises
    ------
    BadCodeError
        If it is wrong, too old or was used before.
    """
    text = code.replace(" ", "").replace("-", "").upper()
    if not (text.isascii() and text.isdigit() and len(text) == 6):
        await _use_recovery_code(context, connection, person.user_id, text)
        return None
    row = await _factor(connection, person.user_id)
    if row is None:
        raise BadCodeError("this code is not valid")
    document = await context.vault.open(connection, row.sealed, "user_mfa", person.user_id)
    step = _step_of(document["secret"], text)
    used = (
        update(UserMfa)
        .where(UserMfa.user_id == person.user_id, UserMfa.last_step < (step or 0))
        .values(last_step=step, confirmed_at=func.coalesce(UserMfa.confirmed_at, clock.now()))
    )
    if step is None or (await connection.execute(used)).rowcount != 1:
        raise BadCodeError("this code is not valid now, or was used already")
    return None if row.confirmed_at is not None else await _new_recovery_codes(context, connection, person.user_id)


async def reset(connection: AsyncConnection, user_id: uuid.UUID) -> None:
    """Take the second factor away, passkeys too: the next sign-in enrols a new one."""
    await connection.execute(delete(UserMfa).where(UserMfa.user_id == user_id))
    await connection.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    await connection.execute(delete(Passkey).where(Passkey.user_id == user_id))


def _step_of(secret: str, code: str) -> int | None:
    now, totp = int(clock.now().timestamp()) // STEP_SECONDS, pyotp.TOTP(secret)
    fits = [step for step in (now - 1, now, now + 1) if hmac.compare_digest(totp.at(step * STEP_SECONDS), code)]
    return fits[0] if fits else None


async def _factor(connection: AsyncConnection, user_id: uuid.UUID) -> Any:
    query = select(UserMfa.sealed, UserMfa.confirmed_at).where(UserMfa.user_id == user_id)
    return (await connection.execute(query)).one_or_none()


async def _new_recovery_codes(context: AppContext, connection: AsyncConnection, user_id: uuid.UUID) -> list[str]:
    await connection.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(16)) for _ in range(RECOVERY_CODES)]
    rows = [{"user_id": user_id, "digest": _digest(context, user_id, code)} for code in codes]
    await connection.execute(insert(RecoveryCode), rows)
    return ["-".join(code[i : i + 4] for i in range(0, 16, 4)) for code in codes]


async def _use_recovery_code(context: AppContext, connection: AsyncConnection, user_id: uuid.UUID, text: str) -> None:
    digest = _digest(context, user_id, text)
    gone = delete(RecoveryCode).where(RecoveryCode.user_id == user_id, RecoveryCode.digest == digest)
    if (await connection.execute(gone)).rowcount != 1:
        raise BadCodeError("this code is not valid, or was used already")


def _digest(context: AppContext, user_id: uuid.UUID, code: str) -> bytes:
    return blind_digest(context.settings.secrets["blind_index_key"], "recovery", f"{user_id} {code}")
