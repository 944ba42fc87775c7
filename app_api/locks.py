"""PostgreSQL's advisory locks, held until the commit: one at a time, also where there is no row yet to lock.

Belongs here: taking a lock by a name or a digest. Does not belong here: what it protects (the domains say so).
"""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection


async def hold(connection: AsyncConnection, name: str) -> None:
    """Wait for whoever holds this name, and hold it."""
    await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


async def hold_digest(connection: AsyncConnection, digest: bytes) -> None:
    """Wait for whoever holds this keyed hash, and hold it."""
    number = int.from_bytes(digest[:8], "big", signed=True)
    await connection.execute(select(func.pg_advisory_xact_lock(number)))
