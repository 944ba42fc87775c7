"""All SQL of layers.

Belongs here: when each asset was last made, and the profiles of months. Does not belong here: rules.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, literal, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db.tables import LayerProfile, Receipt, ValidationRun

_ASSET = Receipt.provenance["asset"].astext


async def newest(connection: AsyncConnection, asset: str, *, limit: int) -> Sequence[Row[Any]]:
    """Return the profiles of a layer's newest months."""
    query = select(*LayerProfile.__table__.c).where(LayerProfile.asset == asset)
    return (await connection.execute(query.order_by(LayerProfile.month.desc()).limit(limit))).all()


async def last_made(connection: AsyncConnection) -> Sequence[Row[Any]]:
    """Return (asset, made_at, dagster_run_id, receipt_id) of every asset's newest materialization.

    What is published has a receipt; layers have the runs of their suites, which are made in the same run.
    """
    published = (
        select(
            _ASSET.label("asset"),
            Receipt.created_at.label("made_at"),
            Receipt.provenance["dagster_run_id"].astext.label("dagster_run_id"),
            Receipt.receipt_id.label("receipt_id"),
        )
        .where(Receipt.kind == "analytics", _ASSET.is_not(None))
        .ext(distinct_on(_ASSET))
        .order_by(_ASSET, Receipt.created_at.desc())
        .subquery()
    )
    checked = (
        select(
            ValidationRun.suite.label("asset"),
            ValidationRun.ran_at.label("made_at"),
            ValidationRun.dagster_run_id.label("dagster_run_id"),
            literal(None).label("receipt_id"),
        )
        .ext(distinct_on(ValidationRun.suite))
        .order_by(ValidationRun.suite, ValidationRun.ran_at.desc())
        .subquery()
    )
    both = union_all(select(published), select(checked)).subquery()
    newest_of_each = (
        select(both).ext(distinct_on(both.c.asset)).order_by(both.c.asset, both.c.made_at.desc(), both.c.receipt_id)
    ).subquery()
    return (await connection.execute(select(newest_of_each).order_by(newest_of_each.c.made_at))).all()
