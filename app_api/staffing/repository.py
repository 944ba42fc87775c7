"""All SQL of staffing.

Belongs here: versions of the ratio table. Does not belong here: rules, and `commit`.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.locks import hold
from core.db.tables import StaffingRatioVersion

_COLUMNS = (
    StaffingRatioVersion.version,
    StaffingRatioVersion.ratios,
    StaffingRatioVersion.beds,
    StaffingRatioVersion.why,
    StaffingRatioVersion.made_by_name,
    StaffingRatioVersion.made_at,
)


async def versions(connection: AsyncConnection, *, limit: int) -> Sequence[Row[Any]]:
    """Return versions of the table, the newest first."""
    query = select(*_COLUMNS).order_by(StaffingRatioVersion.version.desc()).limit(limit)
    return (await connection.execute(query)).all()


async def lock(connection: AsyncConnection) -> None:
    """Have two administrators come one after the other, so that each has seen the version before theirs."""
    await hold(connection, "staffing_ratio_version")


async def add(connection: AsyncConnection, columns: dict[str, Any]) -> Row[Any]:
    query = insert(StaffingRatioVersion).values(**columns).returning(*_COLUMNS)
    return (await connection.execute(query)).one()
