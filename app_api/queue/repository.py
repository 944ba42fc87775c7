"""All SQL of queues.

Belongs here: queries on `queue`, `queue_entry`, `queue_move`, `waiting_model`. Does not belong here: rules, `commit`.

Everything that changes who waits in a queue locks the queue's row first (`lock_queues`), in a statement of its own:
at READ COMMITTED the next statement then sees all that was committed before the lock was got. FOR NO KEY UPDATE, so
that foreign keys to the row do not wait.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, case, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.queue.policy import OPEN
from core.db.tables import Patient, Queue, QueueEntry, QueueMove, WaitingModel
from ml.waiting.order import MAX_OVERTAKES

_QUEUE = tuple(Queue.__table__.columns)
ENTRY = tuple(QueueEntry.__table__.columns)
_OWED = QueueEntry.overtakes >= MAX_OVERTAKES
_DUE_AT = QueueEntry.arrived_at + func.make_interval(
    0, 0, 0, 0, 0, func.coalesce(Queue.target_minutes[QueueEntry.acuity], 0)
)
#: `ml.waiting.order.rank` in SQL.
RANK = (
    QueueEntry.is_immediate.desc(),
    _OWED.desc(),
    case((_OWED, QueueEntry.arrived_at), else_=QueueEntry.virtual_at),
    QueueEntry.entry_seq,
)


async def add_queue(connection: AsyncConnection, columns: dict[str, Any]) -> Row[Any] | None:
    """Insert a queue; None when its name or its ticket letters are taken."""
    query = upsert(Queue).values(**columns).on_conflict_do_nothing().returning(*_QUEUE)
    return (await connection.execute(query)).one_or_none()


async def queues(connection: AsyncConnection, *, after: str | None, limit: int, now: datetime) -> Sequence[Row[Any]]:
    """Return queues by name, with how many wait (and past their target), since when, and how many are with staff."""
    waiting = QueueEntry.state == "waiting"
    counts = (
        select(
            QueueEntry.queue_id,
            func.count().filter(waiting).label("waiting_count"),
            func.count().filter(QueueEntry.state.in_(("called", "in_service"))).label("with_staff_count"),
            func.min(QueueEntry.arrived_at).filter(waiting).label("oldest_arrived_at"),
            func.count().filter(waiting, now > _DUE_AT).label("breached_count"),
        )
        .join(Queue, Queue.queue_id == QueueEntry.queue_id)
        .where(QueueEntry.state.in_(OPEN))
        .group_by(QueueEntry.queue_id)
        .subquery()
    )
    query = (
        select(
            *_QUEUE,
            func.coalesce(counts.c.waiting_count, 0).label("waiting_count"),
            func.coalesce(counts.c.with_staff_count, 0).label("with_staff_count"),
            counts.c.oldest_arrived_at,
            func.coalesce(counts.c.breached_count, 0).label("breached_count"),
        )
        .outerjoin(counts, counts.c.queue_id == Queue.queue_id)
        .order_by(Queue.name)
        .limit(limit)
    )
    if after is not None:
        query = query.where(Queue.name > after)
    return (await connection.execute(query)).all()


async def targets_of(connection: AsyncConnection, queue_ids: set[uuid.UUID]) -> Mapping[uuid.UUID, list[int]]:
    """Return the target times of queues, of levels 1 to 5 in minutes."""
    if not queue_ids:
        return {}
    query = select(Queue.queue_id, Queue.target_minutes).where(Queue.queue_id.in_(queue_ids))
    return {row.queue_id: row.target_minutes for row in (await connection.execute(query)).all()}


async def queues_with_day_end(connection: AsyncConnection) -> Sequence[Row[Any]]:
    """Return queues whose day ends, in the order in which `lock_queues` locks: who locks them all meets no transfer."""
    query = select(*_QUEUE).where(Queue.day_ends_local.is_not(None)).order_by(Queue.queue_id)
    return (await connection.execute(query)).all()


async def change_queue(connection: AsyncConnection, queue_id: uuid.UUID, columns: dict[str, Any]) -> Row[Any]:
    """Change a queue that the caller has locked."""
    query = update(Queue).where(Queue.queue_id == queue_id).values(**columns).returning(*_QUEUE)
    return (await connection.execute(query)).one()


async def queue_by_id(connection: AsyncConnection, queue_id: uuid.UUID) -> Row[Any] | None:
    return (await connection.execute(select(*_QUEUE).where(Queue.queue_id == queue_id))).one_or_none()


async def lock_queues(connection: AsyncConnection, *queue_ids: uuid.UUID) -> dict[uuid.UUID, Row[Any]]:
    """Lock queues, always in the same order so that two transfers cannot wait for each other."""
    found: dict[uuid.UUID, Row[Any]] = {}
    for queue_id in sorted(set(queue_ids)):
        query = select(*_QUEUE).where(Queue.queue_id == queue_id).with_for_update(key_share=True)
        row = (await connection.execute(query)).one_or_none()
        if row is not None:
            found[queue_id] = row
    return found


async def next_ticket(connection: AsyncConnection, queue_id: uuid.UUID, today: date) -> Row[Any]:
    """Count the queue's tickets up, from one each day, and return `ticket_date` and `last_ticket`.

    The caller holds the queue's lock. A day never comes back, though a change of the time zone may say so: its tickets
    were given out.
    """
    is_new_day = or_(Queue.ticket_date.is_(None), Queue.ticket_date < today)
    query = (
        update(Queue)
        .where(Queue.queue_id == queue_id)
        .values(
            ticket_date=case((is_new_day, today), else_=Queue.ticket_date),
            last_ticket=case((is_new_day, 1), else_=Queue.last_ticket + 1),
        )
        .returning(Queue.ticket_date, Queue.last_ticket)
    )
    return (await connection.execute(query)).one()


async def add_entry(connection: AsyncConnection, columns: dict[str, Any]) -> Row[Any] | None:
    """Insert an entry; None when the patient stands in this queue already."""
    query = (
        upsert(QueueEntry)
        .values(**columns)
        .on_conflict_do_nothing(
            index_elements=[QueueEntry.queue_id, QueueEntry.patient_id],
            # As text: with bound values PostgreSQL cannot infer the partial index once it plans generically.
            index_where=text("state IN ('waiting', 'called', 'in_service')"),
        )
        .returning(*ENTRY)
    )
    return (await connection.execute(query)).one_or_none()


async def entry_by_id(connection: AsyncConnection, entry_id: uuid.UUID) -> Row[Any] | None:
    return (await connection.execute(select(*ENTRY).where(QueueEntry.entry_id == entry_id))).one_or_none()


async def birth_year_of(connection: AsyncConnection, patient_id: str) -> int | None:
    """Return a patient's year of birth; None where it, or the patient, is not known."""
    query = select(Patient.birth_year).where(Patient.patient_id == patient_id)
    return (await connection.execute(query)).scalar_one_or_none()


async def has_open_entry(connection: AsyncConnection, queue_id: uuid.UUID, patient_id: str) -> bool:
    query = select(QueueEntry.entry_id).where(
        QueueEntry.queue_id == queue_id, QueueEntry.patient_id == patient_id, QueueEntry.state.in_(OPEN)
    )
    return (await connection.execute(query)).first() is not None


async def open_entries(connection: AsyncConnection, queue_id: uuid.UUID) -> Sequence[Row[Any]]:
    """Return those who wait, in the order of the queue, then those with staff."""
    query = (
        select(*ENTRY)
        .where(QueueEntry.queue_id == queue_id, QueueEntry.state.in_(OPEN))
        .order_by((QueueEntry.state == "waiting").desc(), *RANK)
        .limit(1000)
    )
    return (await connection.execute(query)).all()


async def of_patient(connection: AsyncConnection, patient_id: str) -> Sequence[Row[Any]]:
    """Return a patient's open entries."""
    query = (
        select(*ENTRY)
        .where(QueueEntry.patient_id == patient_id, QueueEntry.state.in_(OPEN))
        .order_by(QueueEntry.arrived_at)
        .limit(20)
    )
    return (await connection.execute(query)).all()


async def of_caller(connection: AsyncConnection, user_id: uuid.UUID) -> Sequence[Row[Any]]:
    """Return the entries that a person called and has not finished with."""
    query = (
        select(*ENTRY)
        .where(QueueEntry.called_by == user_id, QueueEntry.state.in_(("called", "in_service")))
        .order_by(QueueEntry.called_at)
        .limit(50)
    )
    return (await connection.execute(query)).all()


async def first_waiting(
    connection: AsyncConnection, queue_id: uuid.UUID, may_be_called: ColumnElement[bool]
) -> Row[Any] | None:
    """Return the first in line among those whom the rule lets through."""
    waiting = select(*ENTRY).where(QueueEntry.queue_id == queue_id, QueueEntry.state == "waiting", may_be_called)
    return (await connection.execute(waiting.order_by(*RANK).limit(1))).one_or_none()


async def count_overtakes(connection: AsyncConnection, called: Row[Any]) -> None:
    """Count one more for everyone whom the called one overtakes (`ml.waiting.order.is_overtaken`)."""
    if called.is_immediate:
        return
    came_before = func.row(QueueEntry.arrived_at, QueueEntry.entry_seq) < func.row(called.arrived_at, called.entry_seq)
    await connection.execute(
        update(QueueEntry)
        .where(
            QueueEntry.queue_id == called.queue_id,
            QueueEntry.state == "waiting",
            QueueEntry.is_immediate.is_(False),
            came_before,
        )
        .values(overtakes=QueueEntry.overtakes + 1)
    )


async def change(connection: AsyncConnection, entry: Row[Any], columns: dict[str, Any]) -> Row[Any] | None:
    """Change an entry that is still at the version that was read; None when it moved meanwhile."""
    query = (
        update(QueueEntry)
        .where(QueueEntry.entry_id == entry.entry_id, QueueEntry.version == entry.version)
        .values(**columns, version=entry.version + 1)
        .returning(*ENTRY)
    )
    return (await connection.execute(query)).one_or_none()


async def add_move(connection: AsyncConnection, columns: dict[str, Any]) -> None:
    await connection.execute(insert(QueueMove).values(**columns))


async def last_move(connection: AsyncConnection, entry_id: uuid.UUID) -> Row[Any] | None:
    query = (
        select(*QueueMove.__table__.columns)
        .where(QueueMove.entry_id == entry_id)
        .order_by(QueueMove.entry_version.desc())
        .limit(1)
    )
    return (await connection.execute(query)).one_or_none()


async def wall_calls(connection: AsyncConnection, queue_id: uuid.UUID, *, since: datetime) -> Sequence[Row[Any]]:
    """Return the newest calls, tickets only."""
    query = (
        select(QueueEntry.ticket_code, QueueEntry.desk, QueueEntry.called_at, QueueEntry.state)
        .where(QueueEntry.queue_id == queue_id, QueueEntry.called_at >= since)
        .where(QueueEntry.state.in_(("called", "in_service")))
        .order_by(QueueEntry.called_at.desc())
        .limit(8)
    )
    return (await connection.execute(query)).all()


async def recent_calls(connection: AsyncConnection, queue_id: uuid.UUID, *, now: datetime) -> Sequence[Row[Any]]:
    """Return the calls of the last four hours (moment, arrival, level), the newest first: the flow."""
    query = (
        select(QueueEntry.called_at, QueueEntry.arrived_at, QueueEntry.acuity)
        .where(QueueEntry.queue_id == queue_id, QueueEntry.called_at > now - timedelta(hours=4))
        .where(QueueEntry.called_at <= now)
        .order_by(QueueEntry.called_at.desc())
        .limit(400)
    )
    return (await connection.execute(query)).all()


async def newest_model(connection: AsyncConnection) -> Row[Any] | None:
    query = select(WaitingModel.payload, WaitingModel.receipt_id, WaitingModel.published_at)
    return (await connection.execute(query.order_by(WaitingModel.model_id.desc()).limit(1))).one_or_none()
