"""All SQL of appointments.

Belongs here: queries. Does not belong here: rules, and `commit`.
"""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Table, case, exists, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.locks import hold
from core.db.tables import Appointment, Provider, QueueEntry, Room, Schedule, WaitListEntry

OPEN = ("held", "requested", "booked", "arrived", "checked_in")
#: SQLSTATE of an exclusion violation.
_EXCLUDED = "23P01"

_OFFER = exists().where(WaitListEntry.offer_id == Appointment.appointment_id, WaitListEntry.status == "offered")
_APPOINTMENT = (
    *(column for column in Appointment.__table__.columns if column.name != "during"),
    func.lower(Appointment.during).label("starts_at"),
    func.upper(Appointment.during).label("ends_at"),
    Provider.name.label("provider_name"),
    Provider.time_zone,
    Provider.facility,
    Provider.specialty,
    Room.name.label("room_name"),
    _OFFER.label("is_offer"),
)


def span(starts_at: datetime, ends_at: datetime) -> Range[datetime]:
    return Range(starts_at, ends_at, bounds="[)")


async def add_named(
    connection: AsyncConnection, table: type[Provider | Room], columns: dict[str, Any]
) -> Row[Any] | None:
    """Insert a provider or a room; None when the name is taken."""
    base = table.__table__
    assert isinstance(base, Table)
    query = upsert(base).values(**columns).on_conflict_do_nothing().returning(*base.columns)
    return (await connection.execute(query)).one_or_none()


async def providers(connection: AsyncConnection) -> Sequence[Row[Any]]:
    query = select(*Provider.__table__.columns).where(Provider.is_active).order_by(Provider.name).limit(500)
    return (await connection.execute(query)).all()


async def provider(connection: AsyncConnection, provider_id: uuid.UUID) -> Row[Any] | None:
    query = select(*Provider.__table__.columns).where(Provider.provider_id == provider_id)
    return (await connection.execute(query)).one_or_none()


async def lock_provider(connection: AsyncConnection, provider_id: uuid.UUID) -> Row[Any] | None:
    query = select(*Provider.__table__.columns).where(Provider.provider_id == provider_id).with_for_update()
    return (await connection.execute(query)).one_or_none()


async def change_provider(connection: AsyncConnection, provider_id: uuid.UUID, columns: dict[str, Any]) -> Row[Any]:
    query = (
        update(Provider)
        .where(Provider.provider_id == provider_id)
        .values(**columns, version=Provider.version + 1)
        .returning(*Provider.__table__.columns)
    )
    return (await connection.execute(query)).one()


async def rooms(connection: AsyncConnection) -> Sequence[Row[Any]]:
    return (await connection.execute(select(*Room.__table__.columns).order_by(Room.name).limit(500))).all()


async def has_room(connection: AsyncConnection, room_id: uuid.UUID) -> bool:
    return (await connection.execute(select(Room.room_id).where(Room.room_id == room_id))).first() is not None


async def add_schedule(connection: AsyncConnection, columns: dict[str, Any]) -> None:
    await connection.execute(insert(Schedule).values(**columns))


async def schedules(
    connection: AsyncConnection, *, provider_id: uuid.UUID | None = None, schedule_id: uuid.UUID | None = None
) -> Sequence[Row[Any]]:
    query = (
        select(
            *Schedule.__table__.columns,
            Provider.name.label("provider_name"),
            Provider.is_active.label("provider_is_active"),
            Provider.time_zone,
            Provider.specialty,
        )
        .join(Provider, Provider.provider_id == Schedule.provider_id)
        .order_by(Provider.name, Schedule.weekday, Schedule.starts_local)
        .limit(1000)
    )
    if provider_id is not None:
        query = query.where(Schedule.provider_id == provider_id)
    if schedule_id is not None:
        query = query.where(Schedule.schedule_id == schedule_id)
    return (await connection.execute(query)).all()


async def taken(
    connection: AsyncConnection,
    *,
    provider_id: uuid.UUID,
    room_ids: set[uuid.UUID],
    start: datetime,
    end: datetime,
    now: datetime,
) -> Sequence[Row[Any]]:
    """Return what stands in the way between two moments; an expired hold does not."""
    query = select(
        Appointment.provider_id,
        Appointment.room_id,
        func.lower(Appointment.during).label("starts_at"),
        func.upper(Appointment.during).label("ends_at"),
    ).where(
        Appointment.status.in_(OPEN),
        or_(Appointment.status != "held", Appointment.hold_expires_at > now),
        Appointment.during.overlaps(span(start, end)),
        or_(Appointment.provider_id == provider_id, Appointment.room_id.in_(room_ids)),
    )
    return (await connection.execute(query)).all()


async def expire_holds(connection: AsyncConnection, now: datetime) -> Sequence[Row[Any]]:
    """End the holds whose time is over; return their ids. Rows that others work on are left to them."""
    due = (
        select(Appointment.appointment_id)
        .where(Appointment.status == "held", Appointment.hold_expires_at <= now)
        .with_for_update(skip_locked=True)
    )
    query = (
        update(Appointment)
        .where(Appointment.appointment_id.in_(due.scalar_subquery()))
        .values(status="expired", version=Appointment.version + 1)
        .returning(Appointment.appointment_id)
    )
    return (await connection.execute(query)).all()


async def expire_requests(connection: AsyncConnection, now: datetime) -> int:
    """End the requests that nobody confirmed before their time."""
    query = (
        update(Appointment)
        .where(Appointment.status == "requested", func.lower(Appointment.during) <= now)
        .values(status="expired", version=Appointment.version + 1)
    )
    return (await connection.execute(query)).rowcount


async def follow_queue(connection: AsyncConnection) -> int:
    """Complete the appointments whose visit is completed, and cancel those whose patient left unseen."""
    ended = {"completed": "completed", "left": "cancelled", "closed": "cancelled"}
    query = (
        update(Appointment)
        .where(Appointment.status == "checked_in", QueueEntry.appointment_id == Appointment.appointment_id)
        .where(QueueEntry.state.in_(ended))
        .values(
            status=case(ended, value=QueueEntry.state),
            cancel_reason=case((QueueEntry.state != "completed", "left without being seen")),
            version=Appointment.version + 1,
        )
    )
    return (await connection.execute(query)).rowcount


async def mark_no_shows(connection: AsyncConnection, before: datetime) -> int:
    """Record those who were booked and never came."""
    query = (
        update(Appointment)
        .where(Appointment.status == "booked", func.upper(Appointment.during) < before)
        .values(status="no_show", version=Appointment.version + 1)
    )
    return (await connection.execute(query)).rowcount


async def queue_up(connection: AsyncConnection, *names: str) -> None:
    """Wait for others who book the same provider, room or patient, always in the same order.

    The exclusion constraints alone are right but impolite: two rows that exclude each other, inserted at the same
    moment, wait for each other until PostgreSQL kills one.
    """
    for name in sorted(set(names)):
        await hold(connection, name)


async def add(connection: AsyncConnection, columns: dict[str, Any]) -> bool:
    """Insert an appointment; False when PostgreSQL refuses an overlap. The transaction lives on (savepoint)."""
    return await _unless_overlapping(connection, insert(Appointment).values(**columns))


async def change(connection: AsyncConnection, appointment_id: uuid.UUID, columns: dict[str, Any]) -> bool:
    """Change an appointment that the caller has locked; False when its new time overlaps another."""
    query = (
        update(Appointment)
        .where(Appointment.appointment_id == appointment_id)
        .values(**columns, version=Appointment.version + 1)
    )
    return await _unless_overlapping(connection, query)


async def _unless_overlapping(connection: AsyncConnection, query: Any) -> bool:
    try:
        async with connection.begin_nested():
            await connection.execute(query)
    except IntegrityError as error:
        if getattr(error.orig, "sqlstate", None) == _EXCLUDED:
            return False
        raise
    return True


async def lock(connection: AsyncConnection, appointment_id: uuid.UUID) -> bool:
    """Lock an appointment; False when there is none."""
    query = select(Appointment.appointment_id).where(Appointment.appointment_id == appointment_id).with_for_update()
    return (await connection.execute(query)).first() is not None


async def by_id(connection: AsyncConnection, appointment_id: uuid.UUID) -> Row[Any] | None:
    query = _joined().where(Appointment.appointment_id == appointment_id)
    return (await connection.execute(query)).one_or_none()


def _joined() -> Any:
    return (
        select(*_APPOINTMENT)
        .join(Provider, Provider.provider_id == Appointment.provider_id)
        .outerjoin(Room, Room.room_id == Appointment.room_id)
    )


async def listed(
    connection: AsyncConnection,
    *,
    patient_id: str | None,
    provider_id: uuid.UUID | None,
    start: datetime | None,
    end: datetime | None,
    offset: int,
    limit: int,
) -> Sequence[Row[Any]]:
    """Return appointments by time."""
    query = _joined().order_by(func.lower(Appointment.during), Appointment.appointment_id).offset(offset).limit(limit)
    if patient_id is not None:
        query = query.where(Appointment.patient_id == patient_id)
    if provider_id is not None:
        query = query.where(Appointment.provider_id == provider_id)
    if start is not None:
        query = query.where(func.upper(Appointment.during) > start)
    if end is not None:
        query = query.where(func.lower(Appointment.during) < end)
    return (await connection.execute(query)).all()


async def starting(
    connection: AsyncConnection,
    *,
    appointment_id: uuid.UUID | None,
    patient_id: str | None,
    provider_id: uuid.UUID | None,
    room_id: uuid.UUID | None,
    statuses: Collection[str] | None,
    since: datetime | None,
    until: datetime | None,
    offset: int,
    limit: int,
) -> Sequence[Row[Any]]:
    """Return appointments that begin within [since, until), by time; what is None does not matter."""
    starts_at = func.lower(Appointment.during)
    query = _joined().order_by(starts_at, Appointment.appointment_id).offset(offset).limit(limit)
    for column, value in (
        (Appointment.appointment_id, appointment_id),
        (Appointment.patient_id, patient_id),
        (Appointment.provider_id, provider_id),
        (Appointment.room_id, room_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if statuses is not None:
        query = query.where(Appointment.status.in_(statuses))
    if since is not None:
        query = query.where(starts_at >= since)
    if until is not None:
        query = query.where(starts_at < until)
    return (await connection.execute(query)).all()


async def add_to_wait_list(connection: AsyncConnection, columns: dict[str, Any]) -> None:
    await connection.execute(insert(WaitListEntry).values(**columns))


async def wait_list(
    connection: AsyncConnection, *, patient_id: str | None = None, wait_list_id: uuid.UUID | None = None
) -> Sequence[Row[Any]]:
    query = (
        select(*WaitListEntry.__table__.columns, Provider.name.label("provider_name"))
        .join(Provider, Provider.provider_id == WaitListEntry.provider_id)
        .order_by(WaitListEntry.created_at)
        .limit(200)
    )
    if patient_id is not None:
        query = query.where(WaitListEntry.patient_id == patient_id)
    if wait_list_id is not None:
        return (await connection.execute(query.where(WaitListEntry.wait_list_id == wait_list_id))).all()
    return (await connection.execute(query.where(WaitListEntry.status.in_(("waiting", "offered"))))).all()


async def first_who_fits(
    connection: AsyncConnection, provider_id: uuid.UUID, starts_at: datetime, ends_at: datetime
) -> Sequence[Row[Any]]:
    """Return those on the wait list of a provider in use who would take that time, the first to ask first, locked."""
    query = (
        select(*WaitListEntry.__table__.columns)
        .where(exists().where(Provider.provider_id == WaitListEntry.provider_id, Provider.is_active))
        .where(
            WaitListEntry.provider_id == provider_id,
            WaitListEntry.status == "waiting",
            WaitListEntry.not_before <= starts_at,
            WaitListEntry.not_after >= ends_at,
        )
        .order_by(WaitListEntry.created_at, WaitListEntry.wait_list_id)
        .limit(20)
        .with_for_update(skip_locked=True)
    )
    return (await connection.execute(query)).all()


async def set_wait_list(connection: AsyncConnection, condition: Any, **columns: Any) -> None:
    await connection.execute(
        update(WaitListEntry).where(condition).values(**columns, version=WaitListEntry.version + 1)
    )
