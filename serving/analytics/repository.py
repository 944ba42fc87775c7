"""All SQL of the analytics API.

Belongs here: reading published results and the registrations of the last day. Does not belong here: rules, bytes.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db.tables import AnalyticsResult, Receipt
from core.vocabulary import ANALYTICS_SECTIONS


async def newest_result_id(connection: AsyncConnection) -> int:
    """Return the number of the newest published analysis; 0 when there is none."""
    newest = select(func.coalesce(func.max(AnalyticsResult.result_id), 0))
    return await connection.scalar(newest.where(AnalyticsResult.section.in_(ANALYTICS_SECTIONS))) or 0


async def newest_of_each(connection: AsyncConnection) -> Sequence[Row[Any]]:
    """Return the newest result of each section."""
    query = select(
        AnalyticsResult.result_id,
        AnalyticsResult.section,
        AnalyticsResult.as_of,
        AnalyticsResult.receipt_id,
        AnalyticsResult.payload,
        AnalyticsResult.published_at,
    ).ext(distinct_on(AnalyticsResult.section))
    query = query.where(AnalyticsResult.section.in_(ANALYTICS_SECTIONS))
    query = query.order_by(AnalyticsResult.section, AnalyticsResult.result_id.desc())
    return (await connection.execute(query)).all()


async def receipt(connection: AsyncConnection, receipt_id: str) -> Row[Any] | None:
    query = select(Receipt.receipt_id, Receipt.kind, Receipt.provenance, Receipt.created_at)
    return (await connection.execute(query.where(Receipt.receipt_id == receipt_id))).one_or_none()


#: One pass over the index range of the last 24 hours, grouped three ways.
LAST_DAY = text("""
    SELECT GROUPING(hour_start_at, condition, acuity) AS which, hour_start_at, condition, acuity,
           count(*) AS registrations
    FROM (
        SELECT date_trunc('hour', registered_at, 'UTC') AS hour_start_at, condition, acuity
        FROM registration WHERE registered_at > :since AND registered_at <= :until
    ) AS day
    GROUP BY GROUPING SETS ((hour_start_at), (condition), (acuity))
""")
#: Bits of GROUPING: a column that is not grouped by sets its bit, the first column the highest.
BY_HOUR, BY_CONDITION, BY_ACUITY = 0b011, 0b101, 0b110


async def last_day(connection: AsyncConnection, *, since: datetime, until: datetime) -> Sequence[Row[Any]]:
    """Return counts of the registrations in (since, until], each row marked by `which` with its grouping."""
    return (await connection.execute(LAST_DAY, {"since": since, "until": until})).all()


async def newest_seq(connection: AsyncConnection) -> int:
    """Return the number of the newest row, 0 when there is none."""
    return await connection.scalar(text("SELECT coalesce(max(registration_seq), 0) FROM registration"))


async def latest_registered_at(connection: AsyncConnection, *, until: datetime) -> datetime | None:
    """Return the moment of the latest registration that is not in the future."""
    query = text("SELECT max(registered_at) FROM registration WHERE registered_at <= :until")
    return await connection.scalar(query, {"until": until})
