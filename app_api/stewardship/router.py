"""HTTP of decisions and replays.

Belongs here: routes. Does not belong here: rules and SQL.
"""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from app_api.envelope import Act, Write, problems_of_writes
from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.identity.session_book import Principal
from app_api.problem_docs import problems
from app_api.stewardship import repository, service
from app_api.stewardship.schemas import (
    Decided,
    DecisionPage,
    DecisionView,
    Fix,
    ParkedDetail,
    ReplayView,
    ReplayWish,
    Waiver,
)
from app_api.stewardship.service import Who
from app_api.wire import Cursor, Limit, keyset_page

router = APIRouter(prefix="/api/quarantine", tags=["quality"])

RowId = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="`content_hash` of the parked row")]
_KIND = "quarantined_registration"


@router.get("/decisions", dependencies=[Depends(need("quarantine.history"))])
async def list_decisions(context: Context, limit: Limit = 50, cursor: Cursor = None) -> DecisionPage:
    """List what stewards decided, the latest first: rules, fields, reasons and names, never a value."""
    async with context.engine.connect() as connection:
        rows = await repository.decisions(connection, before=cursor, limit=limit + 1)
    shown, following = keyset_page(rows, limit=limit, key=lambda row: row.decision_seq)
    items = [DecisionView.model_validate(row, from_attributes=True) for row in shown]
    return DecisionPage(items=items, next=following)


@router.post("/replay", status_code=202, response_model=ReplayView, responses=problems_of_writes())
async def replay_quarantine(
    body: ReplayWish,
    write: Write,
    context: Context,
    person: Annotated[Principal, Depends(need("quarantine.replay"))],
) -> Response:
    """Have months made again: those named, or those with decisions that no run has honoured yet."""

    async def act(tx: Act) -> ReplayView:
        tx.about("replay")
        first_month = context.settings.history_start
        made = await service.ask_replay(tx.connection, body.months, who=_who(person), first_month=first_month)
        tx.about("replay", made.replay_id)
        return made

    return await write.once(person, "quarantine.replay", act, status=202)


@router.get("/replays/{replay_id}", responses=problems(404), dependencies=[Depends(need("quarantine.replay"))])
async def read_replay(replay_id: uuid.UUID, context: Context) -> ReplayView:
    """Read how far a replay is, with the counts of each month before and after."""
    async with context.engine.connect() as connection:
        return await service.replay(connection, replay_id, first_month=context.settings.history_start)


@router.get("/{content_hash}", response_model=ParkedDetail, responses=problems(404))
async def read_parked_row(
    content_hash: RowId, write: Write, person: Annotated[Principal, Depends(need("quarantine.read"))]
) -> Response:
    """Read a parked row as it came, its broken rules in words, and what was decided about it."""

    async def act(tx: Act) -> ParkedDetail:
        tx.about(_KIND, content_hash)
        return await service.look(tx.connection, content_hash)

    return await write.look(person, "quarantine.read", act)


@router.post("/{content_hash}/fix", response_model=Decided, responses=problems_of_writes(404))
async def fix_parked_row(
    content_hash: RowId,
    body: Fix,
    write: Write,
    context: Context,
    person: Annotated[Principal, Depends(need("quarantine.fix"))],
) -> Response:
    """Enter a corrected version of a parked row; the row as received stays as it is."""

    async def act(tx: Act) -> Decided:
        tx.about(_KIND, content_hash, fields=sorted(body.changes))
        first_month = context.settings.history_start
        return await service.fix(tx.connection, content_hash, body, who=_who(person), first_month=first_month)

    return await write.once(person, "quarantine.fix", act)


@router.post("/{content_hash}/waive", response_model=Decided, responses=problems_of_writes(404))
async def waive_parked_row(
    content_hash: RowId,
    body: Waiver,
    write: Write,
    context: Context,
    person: Annotated[Principal, Depends(need("quarantine.waive"))],
) -> Response:
    """Let a parked row break rules, for a reason and, if so wished, until a moment."""

    async def act(tx: Act) -> Decided:
        tx.about(_KIND, content_hash)
        first_month = context.settings.history_start
        return await service.waive(tx.connection, content_hash, body, who=_who(person), first_month=first_month)

    return await write.once(person, "quarantine.waive", act)


def _who(person: Principal) -> Who:
    return Who(person.user_id, person.display_name)
