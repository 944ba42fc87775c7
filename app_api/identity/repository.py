"""All SQL of accounts and sessions.

Belongs here: queries. Does not belong here: rules, and `commit` (the router owns the transaction).
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db.tables import UserAccount, UserSession
from core.vocabulary import Role

#: What `sessions.principal_of` and the views read of an account.
ACCOUNT = (
    UserAccount.user_id,
    UserAccount.email,
    UserAccount.display_name,
    UserAccount.role,
    UserAccount.patient_id,
    UserAccount.is_active,
    UserAccount.created_at,
    UserAccount.role_expires_at,
    UserAccount.language,
)


async def credentials_of(connection: AsyncConnection, email: str) -> Row[Any] | None:
    """Return the account of an e-mail with its password_hash."""
    query = select(*ACCOUNT, UserAccount.password_hash).where(UserAccount.email == email)
    return (await connection.execute(query)).one_or_none()


async def account(connection: AsyncConnection, user_id: uuid.UUID) -> Row[Any] | None:
    return (await connection.execute(select(*ACCOUNT).where(UserAccount.user_id == user_id))).one_or_none()


async def accounts(connection: AsyncConnection, *, offset: int, limit: int) -> Sequence[Row[Any]]:
    query = select(*ACCOUNT).order_by(UserAccount.email).offset(offset).limit(limit)
    return (await connection.execute(query)).all()


async def add_account(connection: AsyncConnection, **columns: Any) -> None:
    await connection.execute(insert(UserAccount).values(**columns))


async def change_account(connection: AsyncConnection, user_id: uuid.UUID, **columns: Any) -> None:
    await connection.execute(update(UserAccount).where(UserAccount.user_id == user_id).values(**columns))


async def lock_account(connection: AsyncConnection, user_id: uuid.UUID) -> None:
    """Hold an account's row until the transaction ends."""
    await connection.execute(select(UserAccount.user_id).where(UserAccount.user_id == user_id).with_for_update())


async def lock_administrators(connection: AsyncConnection) -> Sequence[uuid.UUID]:
    """Return who can administrate, and hold those rows: two changes at once cannot take the last two away."""
    query = select(UserAccount.user_id).where(UserAccount.role == Role.ADMIN.value, UserAccount.is_active)
    return (await connection.execute(query.order_by(UserAccount.user_id).with_for_update())).scalars().all()


async def add_session(connection: AsyncConnection, **columns: Any) -> None:
    await connection.execute(insert(UserSession).values(**columns))


async def open_session(connection: AsyncConnection, token_hash: bytes) -> Row[Any] | None:
    """Return a session joined with its active account, whatever its age."""
    query = (
        select(
            *ACCOUNT,
            UserSession.token_hash,
            UserSession.created_at.label("opened_at"),
            UserSession.last_seen_at,
            UserSession.expires_at,
        )
        .join(UserAccount, UserAccount.user_id == UserSession.user_id)
        .where(UserSession.token_hash == token_hash, UserAccount.is_active)
    )
    return (await connection.execute(query)).one_or_none()


async def sessions_of(connection: AsyncConnection, user_id: uuid.UUID) -> Sequence[Row[Any]]:
    """Return a person's sessions, newest first."""
    query = (
        select(UserSession.token_hash, UserSession.created_at, UserSession.last_seen_at, UserSession.expires_at)
        .where(UserSession.user_id == user_id)
        .order_by(UserSession.created_at.desc(), UserSession.token_hash)
    )
    return (await connection.execute(query)).all()


#: What `endings` reads of a session that ends.
_ENDS = (
    UserSession.user_id,
    UserSession.token_hash,
    UserSession.last_seen_at,
    UserSession.expires_at,
    UserAccount.role,
    UserAccount.role_expires_at,
)

_TOUCH = text("""
    WITH used AS (
        SELECT session.token_hash, use.moment
        FROM unnest(CAST(:hashes AS bytea[]), CAST(:moments AS timestamptz[])) AS use (token_hash, moment)
        JOIN user_session AS session USING (token_hash)
        ORDER BY session.token_hash FOR NO KEY UPDATE OF session
    )
    UPDATE user_session AS session SET last_seen_at = greatest(session.last_seen_at, used.moment)
    FROM used WHERE session.token_hash = used.token_hash
""")


async def touch_sessions(connection: AsyncConnection, uses: Mapping[bytes, datetime]) -> None:
    """Write down when sessions were last used; the later of two workers' moments stands.

    Rows are locked in one order, so that two workers that write the same sessions wait for each other and no more.
    """
    await connection.execute(_TOUCH, {"hashes": list(uses), "moments": list(uses.values())})


async def end_sessions(connection: AsyncConnection, token_hashes: Sequence[bytes]) -> Sequence[Row[Any]]:
    """Delete sessions and return those that were there (`endings` writes their events)."""
    return await _end(connection, UserSession.token_hash.in_(token_hashes))


async def end_sessions_of(connection: AsyncConnection, user_id: uuid.UUID) -> Sequence[Row[Any]]:
    """Delete a person's sessions and return them (`endings` writes their events)."""
    return await _end(connection, UserSession.user_id == user_id)


async def _end(connection: AsyncConnection, which: ColumnElement[bool]) -> Sequence[Row[Any]]:
    query = delete(UserSession).where(which, UserAccount.user_id == UserSession.user_id).returning(*_ENDS)
    return (await connection.execute(query)).all()


async def resting_sessions(
    connection: AsyncConnection, *, expired_by: datetime, staff_since: datetime, patients_since: datetime
) -> Sequence[Row[Any]]:
    """Return sessions that ended by then, or were not used since then, and hold those that nobody else holds."""
    session = UserSession
    is_over = or_(
        session.expires_at <= expired_by,
        session.last_seen_at <= patients_since,
        and_(session.last_seen_at <= staff_since, UserAccount.role != Role.PATIENT.value),
    )
    query = select(*_ENDS).join(UserAccount, UserAccount.user_id == session.user_id).where(is_over)
    query = query.order_by(session.token_hash).limit(500)
    return (await connection.execute(query.with_for_update(of=UserSession, skip_locked=True))).all()
