"""All SQL of decisions and replays.

Belongs here: queries. Does not belong here: rules, and `commit`.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import clock
from core.db.tables import MonthCount, QuarantineDecision, QuarantinedRegistration, ReplayRequest, ValidationRun
from core.ids import visit_key

_SUITE = "validated_registrations"
#: Decisions are made one after another, so that their numbers are in the order in which they can be seen.
_ONE_AT_A_TIME = 7_311_042
_VIEW = tuple(column for column in QuarantineDecision.__table__.columns if column.name != "corrected")


async def hold_turn(connection: AsyncConnection) -> None:
    """Wait until no other decision or replay is being written."""
    await connection.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))


async def parked(connection: AsyncConnection, content_hash: str, *, to_change: bool = False) -> Row[Any] | None:
    query = select(*QuarantinedRegistration.__table__.columns).where(
        QuarantinedRegistration.content_hash == content_hash
    )
    return (await connection.execute(query.with_for_update() if to_change else query)).one_or_none()


async def set_status(connection: AsyncConnection, content_hash: str, status: str) -> None:
    await connection.execute(
        update(QuarantinedRegistration)
        .where(QuarantinedRegistration.content_hash == content_hash)
        .values(status=status)
    )


async def rules_of(connection: AsyncConnection, month: str) -> dict[str, dict[str, Any]]:
    """Return the rules of the suite as the newest validation of the month (or of any month) told them, by code."""
    for filters in ([ValidationRun.month == month], []):
        query = (
            select(ValidationRun.rules)
            .where(ValidationRun.suite == _SUITE, *filters)
            .order_by(ValidationRun.ran_at.desc())
            .limit(1)
        )
        rules = await connection.scalar(query)
        if rules:
            return {rule["rule"]: rule for rule in rules}
    return {}


async def decide(connection: AsyncConnection, **columns: Any) -> Row[Any]:
    """Write a decision and return it."""
    return (await connection.execute(insert(QuarantineDecision).values(**columns).returning(*_VIEW))).one()


async def decisions_of(connection: AsyncConnection, content_hash: str) -> Sequence[Row[Any]]:
    query = select(*_VIEW).where(QuarantineDecision.content_hash == content_hash)
    return (await connection.execute(query.order_by(QuarantineDecision.decision_seq))).all()


async def decisions(connection: AsyncConnection, *, before: int | None, limit: int) -> Sequence[Row[Any]]:
    """Return decisions, the latest first, those numbered below `before`."""
    query = select(*_VIEW).order_by(QuarantineDecision.decision_seq.desc()).limit(limit)
    if before is not None:
        query = query.where(QuarantineDecision.decision_seq < before)
    return (await connection.execute(query)).all()


async def note_visit(connection: AsyncConnection, registration_id: str, months: Sequence[str]) -> None:
    """Enter a visit in months and note that each of its months must look at the others."""
    arguments = {"key": visit_key(registration_id), "months": list(months), "now": clock.now()}
    await connection.execute(
        text("INSERT INTO visit_month SELECT :key, unnest(CAST(:months AS TEXT[])) ON CONFLICT DO NOTHING"),
        {"key": arguments["key"], "months": arguments["months"]},
    )
    await connection.execute(
        text(
            "INSERT INTO visit_move (visit_key, month, other_month, noted_at) "
            "SELECT a.visit_key, a.month, b.month, :now FROM visit_month a "
            "JOIN visit_month b ON b.visit_key = a.visit_key AND b.month <> a.month WHERE a.visit_key = :key "
            "ON CONFLICT DO NOTHING"
        ),
        {"key": arguments["key"], "now": arguments["now"]},
    )


async def months_to_replay(connection: AsyncConnection) -> list[str]:
    """Return the months with decisions that their newest materialization had not seen."""
    rows = await connection.execute(
        text(
            "WITH told AS (SELECT month, max(decision_seq) AS newest FROM ("
            "  SELECT month, decision_seq FROM quarantine_decision"
            "  UNION ALL SELECT new_month, decision_seq FROM quarantine_decision) AS touching GROUP BY month) "
            "SELECT told.month FROM told WHERE told.newest > coalesce((SELECT c.decision_seq FROM month_count c "
            "WHERE c.month = told.month ORDER BY c.count_seq DESC LIMIT 1), 0) ORDER BY told.month"
        )
    )
    return list(rows.scalars())


async def ask_replay(connection: AsyncConnection, **columns: Any) -> Row[Any]:
    query = insert(ReplayRequest).values(**columns).returning(*ReplayRequest.__table__.columns)
    return (await connection.execute(query)).one()


async def replay(connection: AsyncConnection, replay_id: uuid.UUID) -> Row[Any] | None:
    query = select(*ReplayRequest.__table__.columns).where(ReplayRequest.replay_id == replay_id)
    return (await connection.execute(query)).one_or_none()


async def counts(connection: AsyncConnection, month: str, replay_seq: int) -> tuple[Row[Any] | None, Row[Any] | None]:
    """Return the last count of a month before a replay, and the newest one that had seen it."""
    query = select(*MonthCount.__table__.columns).where(MonthCount.month == month)
    newest = query.order_by(MonthCount.count_seq.desc()).limit(1)
    before = await connection.execute(newest.where(MonthCount.replay_seq < replay_seq))
    after = await connection.execute(newest.where(MonthCount.replay_seq >= replay_seq))
    return before.one_or_none(), after.one_or_none()
