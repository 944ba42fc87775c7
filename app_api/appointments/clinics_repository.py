"""SQL of clinics: their settings, and what a patient has there.

Belongs here: queries. Does not belong here: rules, `commit`.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, union
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.locks import hold
from core.db.tables import Appointment, Clinic, Provider, Queue, Room


async def clinics(connection: AsyncConnection) -> Sequence[Row[Any]]:
    return (await connection.execute(select(*Clinic.__table__.columns).order_by(Clinic.facility))).all()


async def clinic(connection: AsyncConnection, facility: str) -> Row[Any] | None:
    query = select(*Clinic.__table__.columns).where(Clinic.facility == facility)
    return (await connection.execute(query)).one_or_none()


async def facilities(connection: AsyncConnection) -> Sequence[str]:
    """Return where there is a provider, a room or a queue, by name."""
    names = union(select(Provider.facility), select(Room.facility), select(Queue.facility)).subquery()
    return (await connection.execute(select(names.c.facility).order_by(names.c.facility))).scalars().all()


async def lock(connection: AsyncConnection, facility: str) -> None:
    """Let one change of a clinic go on at a time, also of one that has no row yet."""
    await hold(connection, f"clinic:{facility}")


async def keep(connection: AsyncConnection, columns: dict[str, Any]) -> None:
    query = upsert(Clinic).values(**columns)
    await connection.execute(query.on_conflict_do_update(index_elements=["facility"], set_=columns))


async def of_patient_at(
    connection: AsyncConnection, patient_id: str, facility: str, *, since: datetime, but: uuid.UUID | None
) -> Sequence[Row[Any]]:
    """Return a patient's appointments at a facility since a moment: provider, start, status."""
    starts_at = func.lower(Appointment.during)
    query = (
        select(Appointment.provider_id, starts_at.label("starts_at"), Appointment.status)
        .join(Provider, Provider.provider_id == Appointment.provider_id)
        .where(Appointment.patient_id == patient_id, Provider.facility == facility, starts_at > since)
    )
    if but is not None:
        query = query.where(Appointment.appointment_id != but)
    return (await connection.execute(query)).all()
