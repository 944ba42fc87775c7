"""All SQL of clients, their assertions and access tokens.

Belongs here: queries. Does not belong here: rules, and `commit`.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.locks import hold
from core.db.tables import SmartAccessToken, SmartAssertion, SmartClient

#: How long what has run out is kept.
_KEPT = timedelta(hours=1)
_CLIENT = tuple(SmartClient.__table__.columns)


async def lock_clients(connection: AsyncConnection) -> int:
    """Hold registrations of others until the transaction ends; return how many clients are not revoked."""
    await hold(connection, "smart_client")
    query = select(func.count()).select_from(SmartClient).where(SmartClient.revoked_at.is_(None))
    return (await connection.execute(query)).scalar_one()


async def add_client(connection: AsyncConnection, columns: dict[str, Any]) -> Row[Any]:
    return (await connection.execute(insert(SmartClient).values(**columns).returning(*_CLIENT))).one()


async def clients(connection: AsyncConnection, *, offset: int, limit: int) -> Sequence[Row[Any]]:
    """Return clients, those that hold first, then the newest first."""
    query = select(*_CLIENT).order_by(
        SmartClient.revoked_at.is_not(None), SmartClient.created_at.desc(), SmartClient.client_id
    )
    return (await connection.execute(query.offset(offset).limit(limit))).all()


async def client(connection: AsyncConnection, client_id: uuid.UUID) -> Row[Any] | None:
    """Return a client that is not revoked."""
    query = select(*_CLIENT).where(SmartClient.client_id == client_id, SmartClient.revoked_at.is_(None))
    return (await connection.execute(query)).one_or_none()


async def revoke(connection: AsyncConnection, client_id: uuid.UUID, *, by: uuid.UUID, now: datetime) -> bool:
    """End a client and its tokens; False where there is none to end."""
    query = update(SmartClient).where(SmartClient.client_id == client_id, SmartClient.revoked_at.is_(None))
    ended = await connection.execute(query.values(revoked_at=now, revoked_by=by).returning(SmartClient.client_id))
    await connection.execute(delete(SmartAccessToken).where(SmartAccessToken.client_id == client_id))
    return ended.scalar_one_or_none() is not None


async def use_up(connection: AsyncConnection, client_id: uuid.UUID, jti_hash: bytes, *, until: datetime) -> bool:
    """Write down that an assertion was used; False when it was used before, by whichever worker."""
    row = {"client_id": client_id, "jti_hash": jti_hash, "expires_at": until}
    query = upsert(SmartAssertion).values(**row).on_conflict_do_nothing().returning(SmartAssertion.client_id)
    return (await connection.execute(query)).scalar_one_or_none() is not None


async def add_token(connection: AsyncConnection, **columns: Any) -> None:
    await connection.execute(insert(SmartAccessToken).values(**columns))


async def used(connection: AsyncConnection, client_id: uuid.UUID, *, now: datetime) -> None:
    await connection.execute(update(SmartClient).where(SmartClient.client_id == client_id).values(last_used_at=now))


async def token(connection: AsyncConnection, token_id: str, *, now: datetime) -> Row[Any] | None:
    """Return a token that holds, of a client that is not revoked."""
    query = (
        select(SmartAccessToken.secret_hash, SmartAccessToken.scopes, SmartClient.client_id)
        .join(SmartClient, SmartClient.client_id == SmartAccessToken.client_id)
        .where(
            SmartAccessToken.token_id == token_id,
            SmartAccessToken.expires_at > now,
            SmartClient.revoked_at.is_(None),
        )
    )
    return (await connection.execute(query)).one_or_none()


async def sweep(connection: AsyncConnection, now: datetime) -> None:
    """Forget tokens and assertions that ran out an hour ago: by the clock of every worker they open nothing more."""
    for table in (SmartAccessToken, SmartAssertion):
        await connection.execute(delete(table).where(table.expires_at <= now - _KEPT))
