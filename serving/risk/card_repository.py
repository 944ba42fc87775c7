"""SQL of what people state of the model.

Belongs here: queries on `model_statement`. Does not belong here: which attributes there are (`ml.card`).
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, insert, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from core import clock
from core.db.tables import ModelStatement
from core.vocabulary import RISK_MODEL_NAME

_COLUMNS = (
    ModelStatement.statement_id,
    ModelStatement.attribute,
    ModelStatement.revision,
    ModelStatement.text,
    ModelStatement.owner,
    ModelStatement.signed_by,
    ModelStatement.signed_at,
)


async def newest_statements(connection: AsyncConnection) -> dict[str, Row[Any]]:
    """Return the newest revision of each attribute that was ever signed."""
    query = (
        select(*_COLUMNS)
        .where(ModelStatement.model_name == RISK_MODEL_NAME)
        .ext(distinct_on(ModelStatement.attribute))
        .order_by(ModelStatement.attribute, ModelStatement.revision.desc())
    )
    return {row.attribute: row for row in (await connection.execute(query)).all()}


async def statements(
    connection: AsyncConnection, *, attribute: str | None, before: int | None, limit: int
) -> Sequence[Row[Any]]:
    """Return every revision, newest first."""
    query = select(*_COLUMNS).where(ModelStatement.model_name == RISK_MODEL_NAME)
    if attribute is not None:
        query = query.where(ModelStatement.attribute == attribute)
    if before is not None:
        query = query.where(ModelStatement.statement_id < before)
    return (await connection.execute(query.order_by(ModelStatement.statement_id.desc()).limit(limit))).all()


async def add_statements(
    connection: AsyncConnection, texts: dict[str, tuple[int, str]], *, owner: str, signed_by: str
) -> None:
    """Add revisions: attribute -> (revision, text)."""
    now = clock.now()
    rows = [
        {
            "model_name": RISK_MODEL_NAME,
            "attribute": attribute,
            "revision": revision,
            "text": text,
            "owner": owner,
            "signed_by": signed_by,
            "signed_at": now,
        }
        for attribute, (revision, text) in texts.items()
    ]
    await connection.execute(insert(ModelStatement), rows)
