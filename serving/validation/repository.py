"""All SQL of data quality.

Belongs here: queries on validation runs and parked rows. Does not belong here: rules, and `commit`.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import Select

from core.db.tables import QuarantinedRegistration as Parked
from core.db.tables import SourceContract, ValidationRun

_SUMMARY = (
    ValidationRun.validation_run_id,
    ValidationRun.suite,
    ValidationRun.suite_version,
    ValidationRun.month,
    ValidationRun.dagster_run_id,
    ValidationRun.row_count,
    ValidationRun.failed_row_count,
    ValidationRun.is_success,
    ValidationRun.ran_at,
)


async def runs(
    connection: AsyncConnection, *, suite: str | None, month: str | None, offset: int, limit: int
) -> Sequence[Row[Any]]:
    """Return runs, the latest first."""
    query = select(*_SUMMARY).order_by(ValidationRun.ran_at.desc(), ValidationRun.validation_run_id)
    if suite is not None:
        query = query.where(ValidationRun.suite == suite)
    if month is not None:
        query = query.where(ValidationRun.month == month)
    return (await connection.execute(query.offset(offset).limit(limit))).all()


async def run(connection: AsyncConnection, run_id: uuid.UUID) -> Row[Any] | None:
    query = select(*_SUMMARY, ValidationRun.rules).where(ValidationRun.validation_run_id == run_id)
    return (await connection.execute(query)).one_or_none()


async def newest_by_month(connection: AsyncConnection, *, suite: str | None, months: int) -> Sequence[Row[Any]]:
    """Return the newest run of each suite and month with its rules, of the latest `months` months."""
    latest = select(ValidationRun.month).distinct().order_by(ValidationRun.month.desc()).limit(months)
    query = (
        select(*_SUMMARY, ValidationRun.rules)
        .where(ValidationRun.month.in_(latest.scalar_subquery()))
        .ext(distinct_on(ValidationRun.suite, ValidationRun.month))
        .order_by(ValidationRun.suite, ValidationRun.month, ValidationRun.ran_at.desc())
    )
    if suite is not None:
        query = query.where(ValidationRun.suite == suite)
    return (await connection.execute(query)).all()


async def contracts(
    connection: AsyncConnection, *, source: str | None, before: int | None, limit: int
) -> Sequence[Row[Any]]:
    """Return versions and refusals of contracts, the latest first."""
    query = select(*SourceContract.__table__.columns).order_by(SourceContract.contract_seq.desc()).limit(limit)
    if source is not None:
        query = query.where(SourceContract.source == source)
    if before is not None:
        query = query.where(SourceContract.contract_seq < before)
    return (await connection.execute(query)).all()


def _filtered(query: Select[Any], status: str, month: str | None, reason: str | None) -> Select[Any]:
    query = query.where(Parked.status == status)
    if month is not None:
        query = query.where(Parked.month == month)
    if reason is not None:
        query = query.where(Parked.reasons.contains([reason]))
    return query


async def parked(
    connection: AsyncConnection, *, status: str, month: str | None, reason: str | None, after: str | None, limit: int
) -> Sequence[Row[Any]]:
    """Return parked rows in the order of their hash, those after `after`."""
    query = _filtered(
        select(
            Parked.content_hash,
            Parked.month,
            Parked.source,
            Parked.source_record,
            Parked.reasons,
            Parked.raw,
            Parked.status,
            Parked.dagster_run_id,
            Parked.quarantined_at,
        ),
        status,
        month,
        reason,
    )
    if after is not None:
        query = query.where(Parked.content_hash > after)
    return (await connection.execute(query.order_by(Parked.content_hash).limit(limit))).all()


async def parked_counts(
    connection: AsyncConnection, *, status: str, month: str | None, reason: str | None
) -> tuple[int, dict[str, int]]:
    """Return how many rows fit, and how many of them broke each rule."""
    total = await connection.scalar(_filtered(select(func.count()).select_from(Parked), status, month, reason))
    code = func.unnest(Parked.reasons).label("code")
    broken = _filtered(select(code), status, month, reason).subquery()
    query = (
        select(broken.c.code, func.count().label("broken_count"))
        .group_by(broken.c.code)
        .order_by(func.count().desc(), broken.c.code)
    )
    return total or 0, {row.code: row.broken_count for row in await connection.execute(query)}
