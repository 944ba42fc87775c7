"""HTTP of released models: the list, moving the champion, and the history of its moves.

Belongs here: `/api/models`. Does not belong here: the rules of a move (`promotion`), cards (`card_router`).
"""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy import Row

from app_api.envelope import Act, Write, problems_of_writes
from app_api.identity.access import need
from app_api.identity.context import AppContext, Context
from app_api.identity.session_book import Principal
from app_api.wire import Cursor, Limit, Moment, keyset_page
from core import clock
from serving.risk import card_repository, promotion, repository
from serving.risk.card import standing
from serving.risk.history import Reign, reigns
from serving.risk.holder import ModelHolder, Models
from serving.risk.model_schemas import (
    History,
    LookList,
    LookView,
    ModelList,
    ModelView,
    Move,
    Reason,
    ReignView,
    RequestList,
    RequestView,
    Waiting,
)

router = APIRouter(prefix="/api/models", tags=["models"])

Version = Annotated[int, Path(ge=1, le=2**31 - 1)]
RequestId = Annotated[int, Path(ge=1, le=2**53 - 1)]
_VERSION, _REQUEST = "model_version", "promotion_request"
#: What screens hear of when the champion or a request for one changes.
_TOPIC = "models"
Mover = Annotated[Principal, Depends(need("model.move"))]


@router.get("", dependencies=[Depends(need("model.list"))])
async def list_models(context: Context, models: Models, limit: Limit = 50, cursor: Cursor = None) -> ModelList:
    """List released versions, newest first, with the gate's verdicts."""
    async with context.engine.connect() as connection:
        before = None if cursor is None else min(cursor, 2**31 - 1)
        rows = await repository.releases(connection, before=before, limit=limit + 1)
        signed = await card_repository.newest_statements(connection)
    shown, following = keyset_page(rows, limit=limit, key=lambda row: row.version)
    found = [(row, standing(row, signed)) for row in shown]
    items = [
        ModelView(
            version=row.version,
            verdict=stands.verdict,
            reasons=list(stands.reasons),
            missing=list(stands.missing),
            metrics=row.metrics,
            mlflow_run_id=row.mlflow_run_id,
            dagster_run_id=row.dagster_run_id,
            is_champion=row.version == models.version,
            released_at=row.released_at,
        )
        for row, stands in found
    ]
    return ModelList(
        items=items,
        next=following,
        champion_version=models.version,
        troubles=models.troubles(),
        needs_four_eyes=context.settings.needs_four_eyes,
        dagster_address=context.settings.dagster_address,
        mlflow_address=context.settings.mlflow_address,
    )


@router.post("/{version}/promote", response_model=Move, responses={**problems_of_writes(404), 202: {"model": Waiting}})
async def promote_model(
    version: Version,
    body: Reason,
    person: Mover,
    context: Context,
    models: Models,
    request: Request,
    write: Write,
) -> Response:
    """Make a version champion; refused where the gate says REJECT or the card is incomplete.

    Where two people must agree (`MEDISYNC_NEEDS_FOUR_EYES`) it is a request, answered with 202.
    """
    alias, wish = request.app.state.alias, {"version": version, "actor": str(person.user_id), "reason": body.reason}

    async def ask(tx: Act) -> Waiting:
        tx.about(_VERSION, version, reason_code="asked_for")
        tx.tell(_TOPIC, {"version": version})
        return Waiting(version=version, request_id=await promotion.ask(tx.connection, alias, **wish))

    async def move(tx: Act) -> Move:
        tx.about(_VERSION, version, reason_code="promote")
        tx.tell(_TOPIC, {"version": version})
        return Move(version=version, previous_version=await promotion.promote(tx.connection, alias, **wish))

    if context.settings.needs_four_eyes:
        return await write.once(person, "model.move", ask, status=202)
    answer = await write.once(person, "model.move", move)
    await _announce(context, models)
    return answer


@router.get("/requests", dependencies=[Depends(need("model.list"))])
async def list_promotion_requests(context: Context, limit: Limit = 50, cursor: Cursor = None) -> RequestList:
    """List promotions that were asked for, newest first."""
    async with context.engine.connect() as connection:
        rows = await repository.requests(connection, before=cursor, limit=limit + 1)
        people = [one for row in rows for one in (row.requested_by, row.decided_by) if one]
        names = await repository.names_of(connection, people)
    shown, following = keyset_page(rows, limit=limit, key=lambda row: row.request_id)
    items = [_request(row, names) for row in shown]
    return RequestList(items=items, next=following)


@router.post("/requests/{request_id}/confirm", response_model=Move, responses=problems_of_writes(404))
async def confirm_promotion(
    request_id: RequestId, person: Mover, context: Context, models: Models, request: Request, write: Write
) -> Response:
    """Confirm as a second administrator what another one asked for."""

    async def act(tx: Act) -> Move:
        tx.about(_REQUEST, request_id)
        version, previous = await promotion.confirm(
            tx.connection, request.app.state.alias, request_id=request_id, actor=str(person.user_id)
        )
        tx.tell(_TOPIC, {"version": version})
        return Move(version=version, previous_version=previous)

    answer = await write.once(person, "model.move", act)
    await _announce(context, models)
    return answer


@router.post("/requests/{request_id}/withdraw", status_code=204, responses=problems_of_writes(404))
async def withdraw_promotion(request_id: RequestId, person: Mover, write: Write) -> Response:
    """Close a request without a promotion: withdrawn by whoever asked, refused by anybody else."""

    async def act(tx: Act) -> None:
        tx.about(_REQUEST, request_id)
        status = await promotion.withdraw(tx.connection, request_id=request_id, actor=str(person.user_id))
        tx.about(_REQUEST, request_id, reason_code=status)
        tx.tell(_TOPIC, {"request_id": request_id})

    return await write.once(person, "model.move", act)


@router.get("/history", dependencies=[Depends(need("model.list"))])
async def read_history(
    context: Context,
    at: Annotated[Moment | None, Query(description="Which version was champion then; now when left out")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> History:
    """Say which version was champion at a moment, and list every move and warning, newest first."""
    moment = at or clock.now()
    async with context.engine.connect() as connection:
        rows = await repository.events(connection, before=cursor, limit=limit + 1)
        newest = await repository.move_after(connection, rows[0].event_id) if rows else None
        then = await repository.move_before(connection, moment)
        ended = await repository.move_after(connection, then.event_id) if then else None
        names = await repository.names_of(connection, [row.actor for row in (*rows, *([then] if then else []))])
    shown, following = keyset_page(rows, limit=limit, key=lambda row: row.event_id)
    moves = {
        reign.event.event_id: reign
        for reign in reigns([row for row in shown if row.kind != repository.OUT_OF_BAND], until=newest)
    }
    items = [_reign(moves.get(row.event_id) or Reign(row, row.moved_at, row.moved_at), names) for row in shown]
    return History(
        at=moment,
        champion_at=_reign(Reign(then, then.moved_at, ended), names) if then else None,
        items=items,
        next=following,
    )


@router.post("/rollback", response_model=Move, responses=problems_of_writes())
async def roll_back_model(
    body: Reason, person: Mover, context: Context, models: Models, request: Request, write: Write
) -> Response:
    """Return to the champion before this one."""

    async def act(tx: Act) -> Move:
        tx.about(_VERSION, reason_code="rollback")
        version, left = await promotion.roll_back(
            tx.connection, request.app.state.alias, actor=str(person.user_id), reason=body.reason
        )
        tx.about(_VERSION, version, left, reason_code="rollback")
        tx.tell(_TOPIC, {"version": version})
        return Move(version=version, previous_version=left)

    answer = await write.once(person, "model.move", act)
    await _announce(context, models)
    return answer


@router.get("/monitoring", dependencies=[Depends(need("model.list"))])
async def list_monitoring(
    context: Context,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    limit: Limit = 10,
    cursor: Cursor = None,
) -> LookList:
    """List looks at the versions in use, newest first: drift of inputs and predictions, skill where outcomes landed."""
    async with context.engine.connect() as connection:
        rows = await repository.looks(connection, version=version, before=cursor, limit=limit + 1)
    shown, following = keyset_page(rows, limit=limit, key=lambda row: row.monitoring_id)
    items = [LookView.model_validate(row, from_attributes=True) for row in shown]
    return LookList(items=items, next=following)


def _request(row: Row[Any], names: Mapping[str, str]) -> RequestView:
    return RequestView(
        request_id=row.request_id,
        version=row.version,
        reason=row.reason,
        requested_by=row.requested_by,
        requested_by_name=names.get(row.requested_by, row.requested_by),
        requested_at=row.requested_at,
        expires_at=row.requested_at + promotion.REQUEST_LIFETIME,
        status="expired" if promotion.is_expired(row) else row.status,
        decided_by=row.decided_by,
        decided_by_name=None if row.decided_by is None else names.get(row.decided_by, row.decided_by),
        decided_at=row.decided_at,
    )


def _reign(reign: Reign, names: Mapping[str, str]) -> ReignView:
    event = reign.event
    return ReignView(
        event_id=event.event_id,
        version=event.version,
        previous_version=event.previous_version,
        kind=event.kind,
        actor=event.actor,
        actor_name=names.get(event.actor, event.actor),
        reason=event.reason,
        since=reign.since,
        until=reign.until,
    )


async def _announce(context: AppContext, models: ModelHolder) -> None:
    """Take the new champion here at once, and tell the other workers."""
    await models.poll()
    await context.valkey.publish("medisync:champion", "moved")
