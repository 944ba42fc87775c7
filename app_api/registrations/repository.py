"""All SQL of registrations.

Belongs here: queries on `registration`, and whether a chart has its patient. Does not belong here: rules, and `commit`.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db.tables import Patient, Registration

_COLUMNS = tuple(column for column in Registration.__table__.columns if column.name != "created_by")


async def add(connection: AsyncConnection, columns: dict[str, Any]) -> Row[Any] | None:
    """Insert a registration and return its row; None when its id is taken."""
    query = (
        insert(Registration)
        .values(**columns)
        .on_conflict_do_nothing(index_elements=[Registration.registration_id])
        .returning(*_COLUMNS)
    )
    return (await connection.execute(query)).one_or_none()


async def by_id(connection: AsyncConnection, registration_id: str) -> Row[Any] | None:
    query = select(*_COLUMNS, Registration.created_by).where(Registration.registration_id == registration_id)
    return (await connection.execute(query)).one_or_none()


async def has_chart(connection: AsyncConnection, patient_id: str) -> bool:
    """Say whether a chart has this number."""
    return bool(await connection.scalar(select(exists().where(Patient.patient_id == patient_id))))


async def newest(connection: AsyncConnection, *, before: int | None, limit: int) -> Sequence[Row[Any]]:
    """Return registrations, the latest entered first, those with a sequence number below `before`."""
    query = select(*_COLUMNS).order_by(Registration.registration_seq.desc()).limit(limit)
    if before is not None:
        query = query.where(Registration.registration_seq < before)
    return (await connection.execute(query)).all()
