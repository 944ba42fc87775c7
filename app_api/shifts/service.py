"""Beginning, pausing, ending a shift.

Belongs here: the acts and their rules. Does not belong here: HTTP, SQL text, `commit`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.envelope.audit import Entry, append
from app_api.identity.session_book import Principal
from app_api.queue import assigning
from app_api.queue import repository as queues
from app_api.queue.errors import QueueNotFoundError
from app_api.shifts import policy, repository
from app_api.shifts.policy import Duty
from app_api.shifts.schemas import MyShift, ShiftChange
from core import clock
from core.ids import new_uuid

OFF = MyShift(duty=Duty.OFF, since=None, began_at=None, queue_id=None, version=None, released_count=0)


async def mine(connection: AsyncConnection, person: Principal) -> MyShift:
    """Return what a person does now."""
    span = await repository.open_span(connection, person.user_id)
    if span is None:
        return OFF
    began = await repository.shift_began(connection, span.shift_id)
    return MyShift(
        duty=policy.DUTY_OF[span.kind],
        since=span.started_at,
        began_at=began,
        queue_id=span.queue_id,
        version=span.shift_version,
        released_count=0,
    )


async def change(
    connection: AsyncConnection,
    person: Principal,
    wish: ShiftChange,
    *,
    check_version: Callable[[int], None] = lambda _: None,
) -> tuple[MyShift, Sequence[Row[Any]]]:
    """Begin, pause, go on or end; at the end the patients who waited for the person are released and returned.

    Raises
    ------
    ShiftChangeError, QueueNotFoundError
    """
    await repository.lock_person(connection, person.user_id)
    span = await repository.open_span(connection, person.user_id)
    if span is not None:
        check_version(span.shift_version)
    policy.check_change(Duty.OFF if span is None else policy.DUTY_OF[span.kind], wish.to)
    if wish.queue_id is not None and await queues.queue_by_id(connection, wish.queue_id) is None:
        raise QueueNotFoundError(f"queue_id {wish.queue_id} is no queue")
    now = clock.now()
    if span is not None:
        await repository.end_span(connection, span.span_id, now)
    if wish.to is Duty.OFF:
        released = await assigning.release(connection, person.user_id)
        return OFF.model_copy(update={"released_count": len(released)}), released
    columns = {
        "shift_id": new_uuid() if span is None else span.shift_id,
        "shift_version": 1 if span is None else span.shift_version + 1,
        "user_id": person.user_id,
        "queue_id": wish.queue_id if span is None or wish.queue_id is not None else span.queue_id,
        "kind": policy.KIND_OF[wish.to],
        "started_at": now,
    }
    await repository.add_span(connection, columns)
    return await mine(connection, person), []


async def end_forgotten(connection: AsyncConnection, now: datetime) -> int:
    """End shifts that nobody ended, with an audit event each; return how many."""
    spans = await repository.forgotten(connection, now, policy.LONGEST)
    for span in spans:
        await repository.end_span(connection, span.span_id, now)
        await assigning.release(connection, span.user_id)
        entry = Entry(
            actor_id=None, actor_role="system", action="shift.lapse", object_kind="account",
            object_ids=(str(span.user_id),),
        )  # fmt: skip
        await append(connection, entry)
    return len(spans)
