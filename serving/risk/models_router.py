"""HTTP of released models: the list, and moving the champion.

Belongs here: `/api/models`. Does not belong here: the rules of a move (`promotion`).
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from app_api.identity.access import need
from app_api.identity.context import AppContext, Context
from app_api.identity.session_book import Principal
from app_api.problem_docs import problems
from app_api.wire import Cursor, Limit
from serving.risk import promotion, repository
from serving.risk.holder import ModelHolder, Models
from serving.risk.schemas import ModelList, ModelView, Move, Reason

router = APIRouter(prefix="/api/models", tags=["models"])

Version = Annotated[int, Path(ge=1, le=2**31 - 1)]
Mover = Annotated[Principal, Depends(need("model.move"))]


@router.get("", dependencies=[Depends(need("model.list"))])
async def list_models(context: Context, models: Models, limit: Limit = 50, cursor: Cursor = None) -> ModelList:
    """List released versions, newest first, with the gate's verdicts."""
    async with context.engine.connect() as connection:
        before = None if cursor is None else min(cursor, 2**31 - 1)
        rows = await repository.releases(connection, before=before, limit=limit + 1)
    items = [
        ModelView(
            version=row.version,
            verdict=row.verdict,
            reasons=row.reasons,
            metrics=row.metrics,
            mlflow_run_id=row.mlflow_run_id,
            dagster_run_id=row.dagster_run_id,
            is_champion=row.version == models.version,
            released_at=row.released_at,
        )
        for row in rows[:limit]
    ]
    return ModelList(
        items=items,
        next=items[-1].version if len(rows) > limit else None,
        champion_version=models.version,
        troubles=models.troubles(),
        dagster_address=context.settings.dagster_address,
        mlflow_address=context.settings.mlflow_address,
    )


@router.post("/{version}/promote", responses=problems(404, 409))
async def promote_model(
    version: Version, body: Reason, person: Mover, context: Context, models: Models, request: Request
) -> Move:
    """Make a version champion; refused where the gate says REJECT."""
    async with context.engine.begin() as connection:
        previous = await promotion.promote(
            connection, request.app.state.alias, version=version, actor=str(person.user_id), reason=body.reason
        )
    await _announce(context, models)
    return Move(version=version, previous_version=previous)


@router.post("/rollback", responses=problems(409))
async def roll_back_model(body: Reason, person: Mover, context: Context, models: Models, request: Request) -> Move:
    """Return to the champion before this one."""
    async with context.engine.begin() as connection:
        version, left = await promotion.roll_back(
            connection, request.app.state.alias, actor=str(person.user_id), reason=body.reason
        )
    await _announce(context, models)
    return Move(version=version, previous_version=left)


async def _announce(context: AppContext, models: ModelHolder) -> None:
    """Take the new champion here at once, and tell the other workers."""
    await models.poll()
    await context.valkey.publish("medisync:champion", "moved")
