"""All SQL of the administrator's page.

Belongs here: outcomes of the last months, ages of results, minutes that were served. Does not belong here: rules.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from serving.operations.uptime import Uptime, span

#: One pass over an index range; outcomes are known a while later, so the newest weeks say little.
OUTCOMES = text("""
    SELECT count(*) FILTER (WHERE outcome IN ('admitted', 'icu', 'deceased')) AS admitted, count(outcome) AS known
    FROM registration WHERE registered_at > :since AND registered_at <= :until
""")


async def outcomes(connection: AsyncConnection, *, since: datetime, until: datetime) -> Row[Any]:
    """Return how many registrations in (since, until] were admitted, and how many have a known outcome."""
    return (await connection.execute(OUTCOMES, {"since": since, "until": until})).one()


async def oldest_publication(connection: AsyncConnection) -> datetime | None:
    """Return when the section that was published longest ago was published."""
    query = (
        "SELECT min(newest) FROM (SELECT max(published_at) AS newest FROM analytics_result GROUP BY section) AS each"
    )
    return await connection.scalar(text(query))


_NOTE = text("""
    INSERT INTO served_minute (minute_at, slots, answered_count, failed_count)
    VALUES (:minute_at, :slot, :answered, :failed)
    ON CONFLICT (minute_at) DO UPDATE SET
        slots = served_minute.slots | excluded.slots,
        answered_count = served_minute.answered_count + excluded.answered_count,
        failed_count = served_minute.failed_count + excluded.failed_count
""")
_SERVED = text("""
    SELECT coalesce(sum(bit_count(slots::int::bit(6))), 0)::bigint AS served_slots,
           coalesce(sum(answered_count), 0)::bigint AS answered, coalesce(sum(failed_count), 0)::bigint AS failed
    FROM served_minute WHERE minute_at >= :since AND minute_at < :until
""")


async def note_served(
    connection: AsyncConnection, *, minute_at: datetime, slot: int, answered: int, failed: int
) -> None:
    """Add a slot and answers to a minute; many workers may do so at once."""
    values = {"minute_at": minute_at, "slot": slot, "answered": answered, "failed": failed}
    await connection.execute(_NOTE, values)


async def uptime(connection: AsyncConnection, *, now: datetime) -> Uptime:
    """Return what was served of the whole minutes that count at a moment."""
    since, until = span(await connection.scalar(text("SELECT min(minute_at) FROM served_minute")), now)
    found = (await connection.execute(_SERVED, {"since": since, "until": until})).one()
    return Uptime(since, until, found.served_slots, found.answered, found.failed)


async def forget_minutes(connection: AsyncConnection, *, before: datetime) -> None:
    """Delete minutes that ended long ago."""
    await connection.execute(text("DELETE FROM served_minute WHERE minute_at < :before"), {"before": before})
