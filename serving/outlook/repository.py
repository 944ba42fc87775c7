"""All SQL of the outlook.

Belongs here: the ledger's rows. Does not belong here: the newest published payloads (`app_api.demand`), rules.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, and_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db.tables import ForecastActual, ForecastPromise


def _actuals() -> Any:
    table = ForecastActual
    return (
        select(table.series_id, table.month, table.count.label("actual"))
        .ext(distinct_on(table.series_id, table.month))
        .order_by(table.series_id, table.month, table.actual_id.desc())
    )


async def promises(
    connection: AsyncConnection, *, kind: str, role: str, series: str | None, before: int | None, limit: int
) -> Sequence[Row[Any]]:
    """Return promises, the latest frozen first, each with the newest count of its month if it is over."""
    table, actual = ForecastPromise, _actuals().subquery("actuals")
    joined = table.__table__.outerjoin(
        actual, and_(actual.c.series_id == table.series_id, actual.c.month == table.month)
    )
    query = select(*table.__table__.columns, actual.c.actual).select_from(joined)
    query = query.where(table.kind == kind, table.role == role)
    if series is not None:
        query = query.where(table.series_id == series)
    if before is not None:
        query = query.where(table.promise_id < before)
    return (await connection.execute(query.order_by(table.promise_id.desc()).limit(limit))).all()


async def counts_of_months(connection: AsyncConnection, months: Sequence[str]) -> Sequence[Row[Any]]:
    """Return the newest count of every series in these months: what must be known to hide small ones safely."""
    actual = _actuals().subquery("actuals")
    query = select(actual.c.series_id, actual.c.month, actual.c.actual).where(actual.c.month.in_(months))
    return (await connection.execute(query)).all()
