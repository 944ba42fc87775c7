"""HTTP of queues.

Belongs here: routes. Does not belong here: rules and SQL.
"""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.envelope import Act, Write, problems_of_writes
from app_api.identity.access import CurrentSession, ReaderLanguage, need
from app_api.identity.context import Context
from app_api.identity.errors import ForbiddenError
from app_api.identity.session_book import Principal
from app_api.patients.service import take_on
from app_api.problem_docs import problems
from app_api.queue import closing, policy, repository, service, told, waits
from app_api.queue.errors import EntryNotFoundError, QueueNotFoundError
from app_api.queue.scales import SCALES
from app_api.queue.schemas import (
    CallNext,
    DayClosed,
    EntryList,
    EntryView,
    NewEntry,
    NewQueue,
    Position,
    PositionList,
    QueueChange,
    QueuePage,
    QueueView,
    Transition,
    Wall,
    WallCall,
)
from app_api.queue.views import answer_entry, entry_views, tell
from app_api.wire import Limit, Line, keyset_page
from core import clock
from core.vocabulary import Language, Role

router = APIRouter(tags=["queues"])

NameCursor = Annotated[Line | None, Query(max_length=120, description="`next` of the page before")]


@router.get("/api/queues", dependencies=[Depends(need("queue.list"))])
async def list_queues(context: Context, limit: Limit = 50, cursor: NameCursor = None) -> QueuePage:
    """List queues by name, with how many wait and since when the longest."""
    async with context.engine.connect() as connection:
        rows = await repository.queues(connection, after=cursor, limit=limit + 1, now=clock.now())
    shown, following = keyset_page(rows, limit=limit, key=lambda row: row.name)
    return QueuePage(items=[_queue_view(row) for row in shown], next=following)


@router.post("/api/queues", status_code=201, response_model=QueueView, responses=problems_of_writes())
async def create_queue(
    body: NewQueue, write: Write, person: Annotated[Principal, Depends(need("queue.create"))]
) -> Response:
    """Make a queue."""

    async def act(tx: Act) -> QueueView:
        row = await service.create_queue(tx.connection, body)
        return _answer_queue(tx, row)

    return await write.once(person, "queue.create", act, status=201)


@router.patch("/api/queues/{queue_id}", response_model=QueueView, responses=problems_of_writes(404))
async def configure_queue(
    queue_id: uuid.UUID, body: QueueChange, write: Write, person: Annotated[Principal, Depends(need("queue.configure"))]
) -> Response:
    """Choose the triage scale, its target times, and when the day is closed by itself."""

    async def act(tx: Act) -> QueueView:
        tx.about("queue", queue_id, fields=sorted(body.model_dump(exclude_unset=True)))
        row = await service.configure(tx.connection, queue_id, body, check_version=tx.check_version)
        return _answer_queue(tx, row)

    return await write.once(person, "queue.configure", act)


def _answer_queue(tx: Act, row: Row[Any]) -> QueueView:
    tx.about("queue", row.queue_id)
    tx.version = row.version
    tell(tx, row.queue_id)
    return _queue_view(row)


def _queue_view(row: Row[Any]) -> QueueView:
    return QueueView.model_validate({**row._mapping, "level_names": SCALES[row.acuity_scale].level_names})


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
        return EntryList(items=await entry_views(tx.connection, rows, person))

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
        return await answer_entry(tx, row, person)

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
    """Call the next patient: one patient to one desk, in strict order; 204 when nobody waits.

    The caller joins the patient's care team, so that the chart opens.
    """

    async def act(tx: Act) -> EntryView | None:
        tx.about("queue", queue_id, relation="any")
        desk = None if body is None else body.desk
        row = await service.call_next(tx.connection, queue_id, desk=desk, actor_id=person.user_id)
        if row is None:
            return None
        await take_on(tx, person, row.patient_id)
        return await answer_entry(tx, row, person)

    return await write.once(person, "queue.call", act)


@router.post("/api/queues/{queue_id}/close-day", response_model=DayClosed, responses=problems_of_writes(404))
async def close_day(
    queue_id: uuid.UUID, write: Write, person: Annotated[Principal, Depends(need("queue.close_day"))]
) -> Response:
    """Close whatever is still open at the end of the day; these are no observed waits."""

    async def act(tx: Act) -> DayClosed:
        tx.about("queue", queue_id, relation="any")
        count = await closing.close_day(tx.connection, queue_id, actor_id=person.user_id)
        tell(tx, queue_id)
        return DayClosed(closed_count=count)

    return await write.once(person, "queue.close_day", act)


@router.get("/api/queues/{queue_id}/wall", dependencies=[Depends(need("queue.wall"))], responses=problems(404))
async def read_wall(queue_id: uuid.UUID, context: Context, session: CurrentSession) -> Wall:
    """What hangs on the wall: tickets and desks, no names and no ids of patients."""
    if session.queue_id not in (None, queue_id):
        raise ForbiddenError(f"this token is of a screen of queue {session.queue_id} and of no other")
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
    return Wall(
        queue_name=queue.name,
        calls=shown,
        next_tickets=waiting[:6],
        waiting_count=len(waiting),
        as_of=now,
        address_ends_at=None if session.scopes is None else session.expires_at,
    )


@router.get("/api/queue-entries/called-by-me", response_model=EntryList)
async def list_my_calls(write: Write, person: Annotated[Principal, Depends(need("queue.call"))]) -> Response:
    """Whom I called and am not finished with."""

    async def look(tx: Act) -> EntryList:
        rows = await repository.of_caller(tx.connection, person.user_id)
        tx.about("queue_entry", *(row.entry_id for row in rows), relation="assigned")
        return EntryList(items=await entry_views(tx.connection, rows, person))

    return await write.look(person, "queue.call", look)


@router.get("/api/queue-entries/mine")
async def list_my_positions(
    context: Context, person: Annotated[Principal, Depends(need("queue.position"))], language: ReaderLanguage
) -> PositionList:
    """A patient's own places in line; empty for anybody else."""
    if person.patient_id is None:
        return PositionList(items=[])
    async with context.engine.begin() as connection:
        entries = await repository.of_patient(connection, person.patient_id)
        return PositionList(items=[await _position(connection, entry, language) for entry in entries])


@router.get("/api/queue-entries/{entry_id}/position", response_model=Position, responses=problems(404))
async def read_position(
    entry_id: uuid.UUID,
    write: Write,
    person: Annotated[Principal, Depends(need("queue.position"))],
    language: ReaderLanguage,
) -> Response:
    """Place in line and how long it may take, as an interval with its receipt, or why there is no estimate."""

    async def look(tx: Act) -> Position:
        tx.about("queue_entry", entry_id, relation="own" if person.role is Role.PATIENT else "any")
        entry = await repository.entry_by_id(tx.connection, entry_id)
        # A patient cannot tell an entry that is not theirs from one that is not there.
        if entry is None or (person.role is Role.PATIENT and entry.patient_id != person.patient_id):
            raise EntryNotFoundError("no such queue entry")
        return await _position(tx.connection, entry, language)

    return await write.look(person, "queue.position", look)


async def _position(connection: AsyncConnection, entry: Row[Any], language: Language) -> Position:
    now = clock.now()
    queue = await repository.queue_by_id(connection, entry.queue_id)
    assert queue is not None, "a foreign key holds it"
    rows = await repository.open_entries(connection, entry.queue_id)
    place = waits.place_of(entry, rows)
    wait, reason = await told.tell(connection, entry, open_entries=rows, now=now)
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
        no_wait_reason=waits.said_in(language, reason),
    )


@router.post("/api/queue-entries/{entry_id}/transition", response_model=EntryView, responses=problems_of_writes(404))
async def move_entry(
    entry_id: uuid.UUID, body: Transition, write: Write, person: Annotated[Principal, Depends(need("queue.move"))]
) -> Response:
    """Move on: `in_service`, `completed`, `left`, `waiting` (back in line, or with `queue_id` to another queue).

    With `completed` it may be said where the patient goes: what the beds of the next hours are foreseen by.
    """

    async def act(tx: Act) -> EntryView:
        tx.about("queue_entry", entry_id, relation="any")
        row, was_in = await service.transition(
            tx.connection,
            entry_id,
            body.to,
            queue_id=body.queue_id,
            actor_id=person.user_id,
            check_version=tx.check_version_if_given,
            disposition=body.disposition,
        )
        return await answer_entry(tx, row, person, was_in)

    return await write.once(person, "queue.move", act)


@router.post("/api/queue-entries/{entry_id}/undo", response_model=EntryView, responses=problems_of_writes(404))
async def undo_move(
    entry_id: uuid.UUID, write: Write, person: Annotated[Principal, Depends(need("queue.move"))]
) -> Response:
    """Take the last move back, within 15 minutes: the entry stands again where it stood."""

    async def act(tx: Act) -> EntryView:
        tx.about("queue_entry", entry_id, relation="any")
        row, was_in = await service.undo(tx.connection, entry_id, actor_id=person.user_id)
        return await answer_entry(tx, row, person, was_in)

    return await write.once(person, "queue.move", act)
