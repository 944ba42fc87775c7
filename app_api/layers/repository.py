"""All SQL of layer profiles.

Belongs here: that one query. Does not belong here: rules.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db.tables import LayerProfile


async def newest(connection: AsyncConnection, asset: str, *, limit: int) -> Sequence[Row[Any]]:
    """Return the profiles of a layer's newest months."""
    query = select(*LayerProfile.__table__.c).where(LayerProfile.asset == asset)
    return (await connection.execute(query.order_by(LayerProfile.month.desc()).limit(limit))).all()
