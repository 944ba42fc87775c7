"""HTTP of shifts.

Belongs here: routes. Does not belong here: rules and SQL.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from app_api.envelope import Act, Write, problems_of_writes
from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.identity.session_book import Principal
from app_api.queue.views import tell
from app_api.shifts import policy, repository, service
from app_api.shifts.schemas import DutyLine, DutyList, MyShift, ShiftChange
from core.vocabulary import Role

router = APIRouter(prefix="/api/shifts", tags=["shifts"])
TOPIC = "shift"
Worker = Annotated[Principal, Depends(need("shift.own"))]


@router.get("", dependencies=[Depends(need("shift.read"))])
async def list_on_duty(context: Context) -> DutyList:
    """Who works and who pauses now."""
    async with context.engine.connect() as connection:
        rows = await repository.on_duty(connection)
    items = [
        DutyLine(
            user_id=row.user_id,
            display_name=row.display_name,
            role=Role(row.role),
            duty=policy.DUTY_OF[row.kind],
            since=row.started_at,
            queue_id=row.queue_id,
        )
        for row in rows
    ]
    return DutyList(items=items)


@router.get("/mine")
async def read_my_shift(context: Context, person: Worker) -> MyShift:
    """Whether I work, pause, or am off duty."""
    async with context.engine.connect() as connection:
        return await service.mine(connection, person)


@router.post("/mine", response_model=MyShift, responses=problems_of_writes(404))
async def change_my_shift(body: ShiftChange, write: Write, person: Worker) -> Response:
    """Begin, pause, go on or end; at the end the patients who waited for me may be called by anybody."""

    async def act(tx: Act) -> MyShift:
        tx.about("account", person.user_id, relation="own")
        shift, released = await service.change(tx.connection, person, body, check_version=tx.check_version_if_given)
        tx.version = shift.version
        tx.tell(TOPIC, {"user_id": str(person.user_id)})
        tell(tx, *(row.queue_id for row in released))
        return shift

    return await write.once(person, "shift.own", act)
