"""All SQL of reports.

Belongs here: provenance of many receipts, stored reports. Does not belong here: rules.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db.tables import Receipt, StoredReport


async def provenance_of(connection: AsyncConnection, receipts: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the provenance of each receipt that is there."""
    query = select(Receipt.receipt_id, Receipt.provenance).where(Receipt.receipt_id.in_(list(receipts)))
    return {row.receipt_id: row.provenance for row in await connection.execute(query)}


_HEADER = (
    StoredReport.report_id,
    StoredReport.role,
    StoredReport.as_of,
    StoredReport.made_at,
    StoredReport.is_suppressed,
    StoredReport.sha256,
    func.octet_length(StoredReport.content).label("size_bytes"),
)


async def stored(connection: AsyncConnection, *, roles: Iterable[str], offset: int, limit: int) -> Sequence[Row[Any]]:
    """Return stored reports of the roles without their bytes, the newest first."""
    query = select(*_HEADER).where(StoredReport.role.in_(list(roles)))
    query = query.order_by(StoredReport.made_at.desc(), StoredReport.report_id.desc())
    return (await connection.execute(query.offset(offset).limit(limit))).all()


async def stored_report(connection: AsyncConnection, report_id: str) -> Row[Any] | None:
    """Return one stored report with its bytes."""
    query = select(StoredReport.role, StoredReport.made_at, StoredReport.is_suppressed, StoredReport.content)
    return (await connection.execute(query.where(StoredReport.report_id == report_id))).one_or_none()
