"""All SQL of staffing.

Belongs here: versions of the ratio table, the newest published forecast. Does not belong here: rules, and `commit`.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db.tables import AnalyticsResult, StaffingRatioVersion

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
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('staffing_ratio_version'))"))


async def add(connection: AsyncConnection, columns: dict[str, Any]) -> Row[Any]:
    query = insert(StaffingRatioVersion).values(**columns).returning(*_COLUMNS)
    return (await connection.execute(query)).one()


async def newest_forecast(connection: AsyncConnection) -> Row[Any] | None:
    table = AnalyticsResult
    query = select(table.payload, table.as_of, table.receipt_id).where(table.section == "volume_forecast")
    return (await connection.execute(query.order_by(table.result_id.desc()).limit(1))).one_or_none()
