"""All SQL of reports.

Belongs here: provenance of many receipts. Does not belong here: rules.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db.tables import Receipt


async def provenance_of(connection: AsyncConnection, receipts: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the provenance of each receipt that is there."""
    query = select(Receipt.receipt_id, Receipt.provenance).where(Receipt.receipt_id.in_(list(receipts)))
    return {row.receipt_id: row.provenance for row in await connection.execute(query)}
