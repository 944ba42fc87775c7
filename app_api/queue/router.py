"""HTTP of queues.

Belongs here: routes. Does not belong here: rules and SQL.
"""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.envelope import Act, Write, problems_of_writes
from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.identity.session_book import Principal
from app_api.problem_docs import problems
from app_api.queue import policy, repository, service, waits
from app_api.queue.errors import EntryNotFoundError, QueueNotFoundError
from app_api.queue.schemas import (
    CallNext,
    DayClosed,
    EntryList,
    EntryView,
    NewEntry,
    NewQueue,
    Position,
    PositionList,
    QueuePage,
    QueueView,
    Transition,
    Wall,
    WallCall,
)
from app_api.wire import Limit, Line
from core import clock
from core.vocabulary import Role

router = APIRouter(tags=["queues"])
TOPIC = "queue"

NameCursor = Annotated[Line | None, Query(max_length=120, description="`next` of the page before")]


def _view(row: Row[Any]) -> EntryView:
    due_at = policy.due_at(row.arrived_at, row.acuity)
    return EntryView.model_validate({**row._mapping, "due_at": due_at})


def _tell(tx: Act, *queue_ids: uuid.UUID) -> None:
    for queue_id in dict.fromkeys(queue_ids):
        tx.tell(TOPIC, {"queue_id": str(queue_id)})


def _answer(tx: Act, row: Row[Any], *queue_ids: uuid.UUID) -> EntryView:
    tx.about("queue_entry", row.entry_id, patient_id=row.patient_id, relation="any")
    tx.version = row.version
    _tell(tx, row.queue_id, *queue_ids)
    return _view(row)


@router.get("/api/queues", dependencies=[Depends(need("queue.list"))])
async def list_queues(context: Context, limit: Limit = 50, cursor: NameCursor = None) -> QueuePage:
    """List queues by name, with how many wait and since when the longest."""
    async with context.engine.connect() as connection:
        rows = await repository.queues(connection, after=cursor, limit=limit + 1)
    items = [QueueView.model_validate(row, from_attributes=True) for row in rows[:limit]]
    return QueuePage(items=items, next=items[-1].name if len(rows) > limit else None)


@router.post("/api/queues", status_code=201, response_model=QueueView, responses=problems_of_writes())
async def create_queue(
    body: NewQueue, write: Write, person: Annotated[Principal, Depends(need("queue.create"))]
) -> Response:
    """Make a queue."""

    async def act(tx: Act) -> QueueView:
        row = await service.create_queue(tx.connection, body)
        tx.about("queue", row.queue_id)
        _tell(tx, row.queue_id)
        return QueueView.model_validate(row, from_attributes=True)

    return await write.once(person, "queue.create", act, status=201)


@router.get("/api/queues/{queue_id}/entries", response_model=EntryList, responses=problems(404))
async def list_entries(
    queue_id: uuid.UUID, write: Write, person: Annotated[Principal, Depends(need("queue.read"))]
) -> Response:
    """Show who waits, in the order in which they will be called, then who is with staff."""

    async def look(tx: Act) -> EntryList:
        tx.about("queue", queue_id, relation="any")
        if await repository.queue_by_id(tx.connection, queue_id) is None:
            raise QueueNotFoundError("no such queue")
        rows = await repository.open_entries(tx.connection, queue_id)
        return EntryList(items=[_view(row) for row in rows])

    return await write.look(person, "queue.read", look)


@router.post(
    "/api/queues/{queue_id}/entries", status_code=201, response_model=EntryView, responses=problems_of_writes(404)
)
async def add_entry(
    queue_id: uuid.UUID, body: NewEntry, write: Write, person: Annotated[Principal, Depends(need("queue.add"))]
) -> Response:
    """Put a patient in line; the level may come from NEWS2, which makes it stricter, never laxer."""

    async def act(tx: Act) -> EntryView:
        tx.about("queue", queue_id, relation="any")
        row = await service.join(tx.connection, queue_id, body, actor_id=person.user_id)
        return _answer(tx, row)

    return await write.once(person, "queue.add", act, status=201)


@router.post(
    "/api/queues/{queue_id}/call-next",
    response_model=EntryView,
    responses={204: {"description": "Nobody waits"}} | problems_of_writes(404),
)
async def call_next(
    queue_id: uuid.UUID,
    write: Write,
    person: Annotated[Principal, Depends(need("queue.call"))],
    body: CallNext | None = None,
) -> Response:
    """Call the next patient: one patient to one desk, in strict order; 204 when nobody waits."""

    async def act(tx: Act) -> EntryView | None:
        tx.about("queue", queue_id, relation="any")
        desk = None if body is None else body.desk
        row = await service.call_next(tx.connection, queue_id, desk=desk, actor_id=person.user_id)
        return None if row is None else _answer(tx, row)

    return await write.once(person, "queue.call", act)


@router.post("/api/queues/{queue_id}/close-day", response_model=DayClosed, responses=problems_of_writes(404))
async def close_day(
    queue_id: uuid.UUID, write: Write, person: Annotated[Principal, Depends(need("queue.close_day"))]
) -> Response:
    """Close whatever is still open at the end of the day; these are no observed waits."""

    async def act(tx: Act) -> DayClosed:
        tx.about("queue", queue_id, relation="any")
        count = await service.close_day(tx.connection, queue_id, actor_id=person.user_id)
        _tell(tx, queue_id)
        return DayClosed(closed_count=count)

    return await write.once(person, "queue.close_day", act)


@router.get("/api/queues/{queue_id}/wall", dependencies=[Depends(need("queue.wall"))], responses=problems(404))
async def read_wall(queue_id: uuid.UUID, context: Context) -> Wall:
    """What hangs on the wall: tickets and desks, no names and no ids of patients."""
    now = clock.now()
    async with context.engine.connect() as connection:
        queue = await repository.queue_by_id(connection, queue_id)
        if queue is None:
            raise QueueNotFoundError("no such queue")
        calls = await repository.wall_calls(connection, queue_id, since=service.wall_since(now))
        rows = await repository.open_entries(connection, queue_id)
    waiting = [row.ticket_code for row in rows if row.state == "waiting"]
    shown = [
        WallCall(ticket_code=row.ticket_code, desk=row.desk, called_at=row.called_at, is_new=row.state == "called")
        for row in calls
    ]
    return Wall(queue_name=queue.name, calls=shown, next_tickets=waiting[:6], waiting_count=len(waiting), as_of=now)


@router.get("/api/queue-entries/called-by-me", response_model=EntryList)
async def list_my_calls(write: Write, person: Annotated[Principal, Depends(need("queue.call"))]) -> Response:
    """Whom I called and am not finished with."""

    async def look(tx: Act) -> EntryList:
        rows = await repository.of_caller(tx.connection, person.user_id)
        tx.about("queue_entry", *(row.entry_id for row in rows), relation="assigned")
        return EntryList(items=[_view(row) for row in rows])

    return await write.look(person, "queue.call", look)


@router.get("/api/queue-entries/mine")
async def list_my_positions(
    context: Context, person: Annotated[Principal, Depends(need("queue.position"))]
) -> PositionList:
    """A patient's own places in line; empty for anybody else."""
    if person.patient_id is None:
        return PositionList(items=[])
    async with context.engine.connect() as connection:
        entries = await repository.of_patient(connection, person.patient_id)
        return PositionList(items=[await _position(connection, entry) for entry in entries])


@router.get("/api/queue-entries/{entry_id}/position", response_model=Position, responses=problems(404))
async def read_position(
    entry_id: uuid.UUID, write: Write, person: Annotated[Principal, Depends(need("queue.position"))]
) -> Response:
    """Place in line and how long it may take, as an interval with its receipt, or why there is no estimate."""

    async def look(tx: Act) -> Position:
        tx.about("queue_entry", entry_id, relation="own" if person.role is Role.PATIENT else "any")
        entry = await repository.entry_by_id(tx.connection, entry_id)
        # A patient cannot tell an entry that is not theirs from one that is not there.
        if entry is None or (person.role is Role.PATIENT and entry.patient_id != person.patient_id):
            raise EntryNotFoundError("no such queue entry")
        return await _position(tx.connection, entry)

    return await write.look(person, "queue.position", look)


async def _position(connection: AsyncConnection, entry: Row[Any]) -> Position:
    now = clock.now()
    queue = await repository.queue_by_id(connection, entry.queue_id)
    assert queue is not None, "a foreign key holds it"
    rows = await repository.open_entries(connection, entry.queue_id)
    calls = await repository.recent_calls(connection, entry.queue_id, now=now)
    model = await repository.newest_model(connection)
    place = waits.place_of(entry, rows)
    wait, reason = waits.estimate(entry, open_entries=rows, calls=calls, model=model, now=now)
    return Position(
        entry_id=entry.entry_id,
        ticket_code=entry.ticket_code,
        queue_name=queue.name,
        state=policy.State(entry.state),
        arrived_at=entry.arrived_at,
        place=place,
        ahead_count=None if place is None else place - 1,
        desk=entry.desk,
        wait=wait,
        no_wait_reason=reason,
    )


@router.post("/api/queue-entries/{entry_id}/transition", response_model=EntryView, responses=problems_of_writes(404))
async def move_entry(
    entry_id: uuid.UUID, body: Transition, write: Write, person: Annotated[Principal, Depends(need("queue.move"))]
) -> Response:
    """Move on: `in_service`, `completed`, `left`, `waiting` (back in line, or with `queue_id` to another queue)."""

    async def act(tx: Act) -> EntryView:
        tx.about("queue_entry", entry_id, relation="any")
        row, was_in = await service.transition(
            tx.connection,
            entry_id,
            body.to,
            queue_id=body.queue_id,
            actor_id=person.user_id,
            check_version=tx.check_version_if_given,
        )
        return _answer(tx, row, was_in)

    return await write.once(person, "queue.move", act)


@router.post("/api/queue-entries/{entry_id}/undo", response_model=EntryView, responses=problems_of_writes(404))
async def undo_move(
    entry_id: uuid.UUID, write: Write, person: Annotated[Principal, Depends(need("queue.move"))]
) -> Response:
    """Take the last move back, within 15 minutes: the entry stands again where it stood."""

    async def act(tx: Act) -> EntryView:
        tx.about("queue_entry", entry_id, relation="any")
        row, was_in = await service.undo(tx.connection, entry_id, actor_id=person.user_id)
        return _answer(tx, row, was_in)

    return await write.once(person, "queue.move", act)
