"""All SQL of demand.

Belongs here: the newest published forecast with its profile of the week, the model of beds, who is there now. Does not
belong here: rules.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db.tables import AnalyticsResult, BedModel, ForecastPromise, QueueEntry
from ml.beds.forecast import LOOK_BACK
from ml.beds.visits import LONGEST_STAY

#: States of an entry whose patient is in the department.
_THERE = ("waiting", "called", "in_service")


async def newest_published(connection: AsyncConnection, section: str) -> Row[Any] | None:
    """Return what the pipeline published last of a section: payload, moment and receipt."""
    table = AnalyticsResult
    query = select(table.payload, table.as_of, table.receipt_id).where(table.section == section)
    return (await connection.execute(query.order_by(table.result_id.desc()).limit(1))).one_or_none()


async def newest_forecast(connection: AsyncConnection) -> Row[Any] | None:
    return await newest_published(connection, "volume_forecast")


async def month_means(connection: AsyncConnection, months: Sequence[str]) -> dict[str, float]:
    """Return the newest published forecast of all registrations for each of the months."""
    query = (
        select(ForecastPromise.month, ForecastPromise.mean)
        .where(
            ForecastPromise.kind == "live",
            ForecastPromise.role == "served",
            ForecastPromise.series_id == "all",
            ForecastPromise.month.in_(months),
        )
        .order_by(ForecastPromise.made_at, ForecastPromise.promise_id)
    )
    return {row.month: row.mean for row in await connection.execute(query)}


def week_profile_of(forecast: Row[Any] | None) -> dict[tuple[int, int], float]:
    """Return the forecast's share of a week's registrations in each (ISO weekday, hour); empty while there is none."""
    shares = (forecast.payload.get("week_profile") if forecast is not None else None) or []
    return {(1 + number // 24, number % 24): share for number, share in enumerate(shares)}


async def newest_bed_model(connection: AsyncConnection) -> Row[Any] | None:
    query = select(BedModel.payload, BedModel.receipt_id, BedModel.published_at)
    return (await connection.execute(query.order_by(BedModel.model_id.desc()).limit(1))).one_or_none()


def present_query(now: datetime) -> Select[Any]:
    """Ask for those who wait or are with staff, without whose entries they are."""
    query = select(
        QueueEntry.acuity, QueueEntry.age_band, QueueEntry.news2_score, QueueEntry.arrived_at, QueueEntry.called_at
    ).where(QueueEntry.state.in_(_THERE), QueueEntry.arrived_at > now - LONGEST_STAY, QueueEntry.arrived_at <= now)
    return query.limit(1000)


def recent_query(now: datetime) -> Select[Any]:
    """Ask for the number of arrivals of the last hours."""
    return select(func.count()).where(QueueEntry.arrived_at > now - LOOK_BACK, QueueEntry.arrived_at <= now)


async def present(connection: AsyncConnection, *, now: datetime) -> Sequence[Row[Any]]:
    return (await connection.execute(present_query(now))).all()


async def recent_arrivals(connection: AsyncConnection, *, now: datetime) -> int:
    return (await connection.execute(recent_query(now))).scalar_one()
