"""All SQL around the model: releases, the champion's history, receipts.

Belongs here: queries. Does not belong here: rules, and `commit`.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core import clock
from core.db.tables import ChampionEvent, ModelRelease, Receipt

_HEADER = (
    ModelRelease.version,
    ModelRelease.verdict,
    ModelRelease.reasons,
    ModelRelease.metrics,
    ModelRelease.mlflow_run_id,
    ModelRelease.dagster_run_id,
    ModelRelease.payload_sha256,
    ModelRelease.released_at,
)
#: Whoever moves the alias holds this advisory lock until the commit: one move at a time among all workers.
_MOVE_LOCK = 0x6D6F7665


async def release(connection: AsyncConnection, version: int) -> Row[Any] | None:
    """Return a release with its bytes and signature."""
    query = select(*_HEADER, ModelRelease.payload, ModelRelease.signature).where(ModelRelease.version == version)
    return (await connection.execute(query)).one_or_none()


async def release_header(connection: AsyncConnection, version: int) -> Row[Any] | None:
    return (await connection.execute(select(*_HEADER).where(ModelRelease.version == version))).one_or_none()


async def releases(connection: AsyncConnection, *, before: int | None, limit: int) -> Sequence[Row[Any]]:
    """Return releases without their bytes, the newest version first."""
    query = select(*_HEADER).order_by(ModelRelease.version.desc()).limit(limit)
    if before is not None:
        query = query.where(ModelRelease.version < before)
    return (await connection.execute(query)).all()


async def newest_event(connection: AsyncConnection) -> Row[Any] | None:
    """Return the newest event that made a version champion; alarms about refused versions are none."""
    query = (
        select(ChampionEvent.version, ChampionEvent.previous_version, ChampionEvent.kind)
        .where(ChampionEvent.kind != "out_of_band")
        .order_by(ChampionEvent.event_id.desc())
        .limit(1)
    )
    return (await connection.execute(query)).one_or_none()


async def events(connection: AsyncConnection, *, limit: int) -> Sequence[Row[Any]]:
    """Return the history of the champion, newest first."""
    query = select(
        ChampionEvent.event_id,
        ChampionEvent.version,
        ChampionEvent.previous_version,
        ChampionEvent.kind,
        ChampionEvent.actor,
        ChampionEvent.reason,
        ChampionEvent.moved_at,
    )
    return (await connection.execute(query.order_by(ChampionEvent.event_id.desc()).limit(limit))).all()


async def lock_moves(connection: AsyncConnection) -> None:
    """Wait until no other move is under way; held until the transaction ends."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MOVE_LOCK})


async def add_event(
    connection: AsyncConnection, *, version: int, previous: int | None, kind: str, actor: str, reason: str
) -> None:
    await connection.execute(
        insert(ChampionEvent).values(
            version=version,
            previous_version=previous,
            kind=kind,
            actor=actor,
            reason=reason,
            moved_at=clock.now(),
        )
    )


async def latest_alarm(connection: AsyncConnection) -> int | None:
    """Return the version that the newest event of all kinds warns of, if it is a warning."""
    query = select(ChampionEvent.version, ChampionEvent.kind).order_by(ChampionEvent.event_id.desc()).limit(1)
    row = (await connection.execute(query)).one_or_none()
    return row.version if row is not None and row.kind == "out_of_band" else None


async def add_receipts(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert receipts; those that are there already came with a commit whose answer was lost."""
    await connection.execute(insert(Receipt).on_conflict_do_nothing(), list(rows))
