"""All SQL of the administrator's page.

Belongs here: outcomes of the last months, ages of results. Does not belong here: rules.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

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
