"""All SQL around the model: releases, the champion's history, requests for promotion, receipts.

Belongs here: queries. Does not belong here: rules, and `commit`.
"""

import uuid
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Row, cast, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core import clock
from core.db.tables import (
    ChampionEvent,
    ModelMonitoring,
    ModelRelease,
    PromotionRequest,
    Receipt,
    Registration,
    RiskAssessment,
    RiskOverride,
    UserAccount,
)

_HEADER = (
    ModelRelease.version,
    ModelRelease.verdict,
    ModelRelease.reasons,
    ModelRelease.metrics,
    ModelRelease.mlflow_run_id,
    ModelRelease.dagster_run_id,
    ModelRelease.payload_sha256,
    ModelRelease.released_at,
    ModelRelease.card,
    ModelRelease.origin,
)
_EVENT = (
    ChampionEvent.event_id,
    ChampionEvent.version,
    ChampionEvent.previous_version,
    ChampionEvent.kind,
    ChampionEvent.actor,
    ChampionEvent.reason,
    ChampionEvent.moved_at,
)
#: Kind of an event that warns and moves nothing.
OUT_OF_BAND = "out_of_band"
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


async def names_of(connection: AsyncConnection, actors: Iterable[str]) -> dict[str, str]:
    """Return actor -> display name, of those that are accounts; the others are their own name."""
    accounts: dict[uuid.UUID, str] = {}
    for actor in actors:
        with suppress(ValueError):
            accounts[uuid.UUID(actor)] = actor
    if not accounts:
        return {}
    query = select(UserAccount.user_id, UserAccount.display_name).where(UserAccount.user_id.in_(list(accounts)))
    return {accounts[row.user_id]: row.display_name for row in (await connection.execute(query)).all()}


async def newest_event(connection: AsyncConnection) -> Row[Any] | None:
    """Return the newest event that made a version champion; alarms about refused versions are none."""
    query = (
        select(ChampionEvent.version, ChampionEvent.previous_version, ChampionEvent.kind)
        .where(ChampionEvent.kind != OUT_OF_BAND)
        .order_by(ChampionEvent.event_id.desc())
        .limit(1)
    )
    return (await connection.execute(query)).one_or_none()


async def events(connection: AsyncConnection, *, before: int | None, limit: int) -> Sequence[Row[Any]]:
    """Return the history of the champion with its alarms, newest first."""
    query = select(*_EVENT).order_by(ChampionEvent.event_id.desc()).limit(limit)
    if before is not None:
        query = query.where(ChampionEvent.event_id < before)
    return (await connection.execute(query)).all()


async def move_after(connection: AsyncConnection, event_id: int) -> datetime | None:
    """Return when the champion moved next after an event; None when it has not."""
    query = select(func.min(ChampionEvent.moved_at)).where(
        ChampionEvent.event_id > event_id, ChampionEvent.kind != OUT_OF_BAND
    )
    return (await connection.execute(query)).scalar_one()


async def move_before(connection: AsyncConnection, moment: datetime) -> Row[Any] | None:
    """Return the move that made champion what was champion at a moment; None before the first one."""
    query = (
        select(*_EVENT)
        .where(ChampionEvent.kind != OUT_OF_BAND, ChampionEvent.moved_at <= moment)
        .order_by(ChampionEvent.event_id.desc())
        .limit(1)
    )
    return (await connection.execute(query)).one_or_none()


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
    return row.version if row is not None and row.kind == OUT_OF_BAND else None


async def add_request(connection: AsyncConnection, *, version: int, reason: str, actor: str) -> int:
    """Keep a wish to promote until a second administrator decides; return its number."""
    new = insert(PromotionRequest).values(
        version=version, reason=reason, requested_by=actor, requested_at=clock.now(), status="open"
    )
    return (await connection.execute(new.returning(PromotionRequest.request_id))).scalar_one()


async def request(connection: AsyncConnection, request_id: int) -> Row[Any] | None:
    """Return a request and hold its row until the transaction ends."""
    table = PromotionRequest
    query = select(*table.__table__.columns).where(table.request_id == request_id).with_for_update()
    return (await connection.execute(query)).one_or_none()


async def requests(connection: AsyncConnection, *, before: int | None, limit: int) -> Sequence[Row[Any]]:
    """Return requests, newest first."""
    table = PromotionRequest
    query = select(*table.__table__.columns).order_by(table.request_id.desc()).limit(limit)
    if before is not None:
        query = query.where(table.request_id < before)
    return (await connection.execute(query)).all()


async def decide_request(connection: AsyncConnection, request_id: int, *, status: str, actor: str) -> None:
    table = PromotionRequest
    change = update(table).where(table.request_id == request_id)
    await connection.execute(change.values(status=status, decided_by=actor, decided_at=clock.now()))


async def looks(
    connection: AsyncConnection, *, version: int | None, before: int | None, limit: int
) -> Sequence[Row[Any]]:
    """Return looks at versions in use, newest first."""
    table = ModelMonitoring
    query = select(*table.__table__.columns).order_by(table.monitoring_id.desc()).limit(limit)
    if version is not None:
        query = query.where(table.version == version)
    if before is not None:
        query = query.where(table.monitoring_id < before)
    return (await connection.execute(query)).all()


async def add_receipts(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert receipts; those that are there already came with a commit whose answer was lost."""
    await connection.execute(insert(Receipt).on_conflict_do_nothing(), list(rows))


async def add_predictions(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert what was predicted, without the patient; see `add_receipts`."""
    await connection.execute(insert(RiskAssessment).on_conflict_do_nothing(), list(rows))


_ASSESSMENT = (
    RiskAssessment.receipt_id,
    RiskAssessment.version,
    RiskAssessment.registration_key,
    RiskAssessment.level,
    RiskAssessment.probability_low,
    RiskAssessment.probability_moderate,
    RiskAssessment.probability_high,
    RiskAssessment.assessed_at,
)


async def assessment(connection: AsyncConnection, receipt_id: str) -> Row[Any] | None:
    """Return a kept assessment with the registration that it was asked for, found by the receipt's first raw row."""
    asked = cast(Receipt.provenance["raw_rows"][0]["registration_seq"].astext, BigInteger)
    query = (
        select(*_ASSESSMENT, Registration.registration_id, Registration.registered_at, Registration.patient_id)
        .join(Receipt, Receipt.receipt_id == RiskAssessment.receipt_id)
        .join(Registration, Registration.registration_seq == asked)
        .where(RiskAssessment.receipt_id == receipt_id)
    )
    return (await connection.execute(query)).one_or_none()


async def assessments(
    connection: AsyncConnection,
    registration_keys: Collection[str],
    *,
    receipt_id: str | None,
    since: datetime | None,
    until: datetime | None,
    offset: int,
    limit: int,
) -> Sequence[Row[Any]]:
    """Return what was assessed of some registrations within [since, until), the newest first."""
    query = select(*_ASSESSMENT).where(RiskAssessment.registration_key.in_(registration_keys))
    if receipt_id is not None:
        query = query.where(RiskAssessment.receipt_id == receipt_id)
    if since is not None:
        query = query.where(RiskAssessment.assessed_at >= since)
    if until is not None:
        query = query.where(RiskAssessment.assessed_at < until)
    query = query.order_by(RiskAssessment.assessed_at.desc(), RiskAssessment.receipt_id)
    return (await connection.execute(query.offset(offset).limit(limit))).all()


async def add_override(connection: AsyncConnection, **columns: Any) -> Row[Any]:
    """Insert an override and return its row."""
    new = insert(RiskOverride).values(**columns)
    return (await connection.execute(new.returning(*RiskOverride.__table__.columns))).one()


async def overrides(connection: AsyncConnection, *, before: int | None, limit: int) -> Sequence[Row[Any]]:
    """Return overrides, newest first."""
    query = select(*RiskOverride.__table__.columns).order_by(RiskOverride.override_id.desc()).limit(limit)
    if before is not None:
        query = query.where(RiskOverride.override_id < before)
    return (await connection.execute(query)).all()
