"""Is the worker alive, is it ready, and what it measures.

Belongs here: `/livez`, `/readyz`, `/metrics`. Does not belong here: the health of other processes (`medisync status`).
Only PostgreSQL decides readiness: if the absence of Valkey or of the model registry made workers unready, the whole
fleet would vanish for something that nobody at a bedside needs.
"""

import asyncio
from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from app_api.identity.context import Context
from serving.problems import is_transient
from serving.risk.holder import Models

router = APIRouter(tags=["health"])
DATABASE_SECONDS = 1.0


class Alive(BaseModel):
    status: Literal["alive"]


class Readiness(BaseModel):
    """`ready`: all is well; `degraded`: serves, with something missing; `unready`: send no requests."""

    status: Literal["ready", "degraded", "unready"]
    database: Literal["ready", "away", "behind"]
    valkey: Literal["ready", "away"]
    model_registry: Literal["ready", "away"]
    model_version: int | None
    details: list[str]
    #: Here too, since the sign-in page and patients read no analytics.
    is_synthetic: bool


@router.get("/livez")
async def read_livez() -> Alive:
    """The event loop turns; asks nobody."""
    return Alive(status="alive")


@router.get("/readyz", response_model=Readiness, responses={503: {"model": Readiness, "description": "Unready"}})
async def read_readyz(request: Request, context: Context, models: Models) -> JSONResponse:
    """Say whether requests can be served, and what is missing."""
    database, valkey = await asyncio.gather(
        _database(context.engine, request.app.state.schema_head), context.valkey.ping()
    )
    details = list(models.troubles())
    if database != "ready":
        details.insert(0, f"the database is {database}")
    if not valkey:
        details.append("Valkey is away: live updates fall back to polling")
    registry_ready = models.is_registry_reachable
    status = "unready" if database != "ready" else "ready" if valkey and not details else "degraded"
    answer = Readiness(
        status=status,
        database=database,
        valkey="ready" if valkey else "away",
        model_registry="ready" if registry_ready else "away",
        model_version=models.version,
        details=details,
        is_synthetic=context.settings.is_demo,
    )
    return JSONResponse(answer.model_dump(), status_code=503 if status == "unready" else 200)


async def _database(engine: AsyncEngine, head: str) -> Literal["ready", "away", "behind"]:
    try:
        async with asyncio.timeout(DATABASE_SECONDS), engine.connect() as connection:
            revision = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        # A reachable database without the table is one that was never migrated.
        return "away" if is_transient(error) else "behind"
    return "ready" if revision == head else "behind"


@router.get("/metrics", include_in_schema=False)
async def read_metrics(request: Request) -> Response:
    """Prometheus metrics of all workers."""
    return Response(request.app.state.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
