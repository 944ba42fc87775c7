"""All SQL of alerts.

Belongs here: queries on alerts and dispositions. Does not belong here: rules, and `commit`.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, insert, select, true
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import Select

from core.db.tables import SurgeAlert, SurgeClosedPeriod, SurgeDisposition

_DECISION = (
    SurgeDisposition.disposition,
    SurgeDisposition.why,
    SurgeDisposition.decided_by_name,
    SurgeDisposition.decided_by_role,
    SurgeDisposition.decided_at,
)


def _newest() -> Any:
    """The newest disposition of the alert of the outer query."""
    return (
        select(*_DECISION)
        .where(SurgeDisposition.alert_id == SurgeAlert.alert_id)
        .order_by(SurgeDisposition.disposition_id.desc())
        .limit(1)
        .lateral("newest")
    )


def _alerts() -> tuple[Select[Any], Any]:
    newest = _newest()
    query = select(
        *SurgeAlert.__table__.columns,
        newest.c.disposition,
        newest.c.why,
        newest.c.decided_by_name,
        newest.c.decided_by_role,
        newest.c.decided_at,
    ).select_from(SurgeAlert.__table__.outerjoin(newest, true()))
    return query, newest


async def alerts(
    connection: AsyncConnection, *, grain: str, only_open: bool, offset: int, limit: int
) -> Sequence[Row[Any]]:
    """Return alerts, the newest period first, in each the strongest first."""
    query, newest = _alerts()
    query = query.where(SurgeAlert.grain == grain)
    if only_open:
        query = query.where(newest.c.disposition.is_(None))
    query = query.order_by(SurgeAlert.period_start_date.desc(), SurgeAlert.rank, SurgeAlert.alert_id)
    return (await connection.execute(query.offset(offset).limit(limit))).all()


async def alert(connection: AsyncConnection, alert_id: uuid.UUID) -> Row[Any] | None:
    query, _ = _alerts()
    return (await connection.execute(query.where(SurgeAlert.alert_id == alert_id))).one_or_none()


async def standing(connection: AsyncConnection, *, grain: str) -> dict[str, dict[str | None, int]]:
    """Return how many alerts stand at each disposition (None: nobody looked), by kind."""
    newest = _newest()
    query = (
        select(SurgeAlert.kind, newest.c.disposition, func.count().label("alert_count"))
        .select_from(SurgeAlert.__table__.outerjoin(newest, true()))
        .where(SurgeAlert.grain == grain)
        .group_by(SurgeAlert.kind, newest.c.disposition)
    )
    found: dict[str, dict[str | None, int]] = {"live": {}, "replayed": {}}
    for row in await connection.execute(query):
        found[row.kind][row.disposition] = row.alert_count
    return found


async def newest_period(connection: AsyncConnection, *, grain: str) -> Row[Any] | None:
    table = SurgeClosedPeriod
    query = select(table.period, table.alert_count, table.budget).where(table.grain == grain)
    return (await connection.execute(query.order_by(table.period.desc()).limit(1))).one_or_none()


async def add_disposition(connection: AsyncConnection, columns: dict[str, Any]) -> None:
    await connection.execute(insert(SurgeDisposition).values(**columns))


async def dispositions(connection: AsyncConnection, alert_id: uuid.UUID) -> Sequence[Row[Any]]:
    """Return the dispositions of an alert, the newest first."""
    query = select(*_DECISION).where(SurgeDisposition.alert_id == alert_id)
    return (await connection.execute(query.order_by(SurgeDisposition.disposition_id.desc()))).all()
