"""Deciding about parked rows and having months made again.

Belongs here: the acts and their rules. Does not belong here: HTTP, SQL text, `commit`.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.stewardship import policy, repository
from app_api.stewardship.errors import (
    AlreadyDecidedError,
    NothingToReplayError,
    NotWaivableError,
    ParkedRowMissingError,
    ReplayMissingError,
)
from app_api.stewardship.schemas import (
    BrokenRule,
    Counts,
    Decided,
    DecisionView,
    Fix,
    ParkedDetail,
    ReplayMonth,
    ReplayView,
    Waiver,
)
from core import clock
from core.errors import InputError
from core.ids import new_uuid
from core.vocabulary import Severity


@dataclass(frozen=True)
class Who:
    """Whoever decides: an account, or nobody's account at the command line."""

    user_id: uuid.UUID | None
    name: str


async def look(connection: AsyncConnection, content_hash: str) -> ParkedDetail:
    """Return a parked row with its rules in words.

    Raises
    ------
    ParkedRowMissingError
    """
    row = await _parked(connection, content_hash)
    rules = await repository.rules_of(connection, row.month)
    told = await repository.decisions_of(connection, content_hash)
    return ParkedDetail(
        content_hash=row.content_hash,
        month=row.month,
        source=row.source,
        source_record=row.source_record,
        status=row.status,
        raw=row.raw,
        rules=[_in_words(code, rules.get(code, {})) for code in row.reasons],
        fixable=list(policy.FIXABLE),
        decisions=[_view(one) for one in told],
        quarantined_at=row.quarantined_at,
    )


async def fix(connection: AsyncConnection, content_hash: str, wish: Fix, *, who: Who, first_month: str) -> Decided:
    """Enter a corrected version of a parked row: a new raw row, recorded now; the row as received stays as it is.

    Parameters
    ----------
    first_month : str
        Where the pipeline's history begins, YYYY-MM.

    Raises
    ------
    ParkedRowMissingError, AlreadyDecidedError, FieldFaultError, MonthOutsideError
    """
    await repository.hold_turn(connection)
    row = await _parked(connection, content_hash, to_change=True)
    if row.status == "fixed":
        raise AlreadyDecidedError("this row was fixed already; fix its new version if that was parked")
    now = clock.now()
    corrected = policy.corrected(row.raw, wish.changes, now=now)
    new_month = policy.month_of(corrected["registered_at"], otherwise=row.month, now=now)
    policy.history(first_month, now=now).ensure(row.month, new_month)
    decision = await repository.decide(
        connection,
        content_hash=content_hash,
        month=row.month,
        kind="fix",
        rules=row.reasons,
        fields=sorted(wish.changes),
        corrected=corrected,
        new_month=new_month,
        reason=wish.reason,
        decided_by=who.user_id,
        decided_by_name=who.name,
        decided_at=now,
    )
    if corrected["registration_id"]:
        await repository.note_visit(connection, corrected["registration_id"], sorted({row.month, new_month}))
    await repository.set_status(connection, content_hash, "fixed")
    return Decided(
        decision=_view(decision), status="fixed", months_to_replay=await repository.months_to_replay(connection)
    )


async def waive(connection: AsyncConnection, content_hash: str, wish: Waiver, *, who: Who, first_month: str) -> Decided:
    """Let a row break rules; it goes on once every critical rule that it broke is waived.

    Raises
    ------
    ParkedRowMissingError, AlreadyDecidedError, NotWaivableError, MonthOutsideError, InputError
    """
    await repository.hold_turn(connection)
    row = await _parked(connection, content_hash, to_change=True)
    if row.status != "open":
        raise AlreadyDecidedError(f"this row was {row.status} already")
    now = clock.now()
    if wish.expires_at is not None and wish.expires_at <= now:
        raise InputError("expires_at is in the past; a waiver ends later than now", code="expires_in_past")
    policy.history(first_month, now=now).ensure(row.month)
    told = await repository.rules_of(connection, row.month)
    critical = {code for code in row.reasons if told.get(code, {}).get("severity", "critical") == Severity.CRITICAL}
    wanted = wish.rules if wish.rules is not None else [code for code in row.reasons if code in critical]
    rules = policy.rules_to_waive(row.reasons, wanted)
    if not rules:
        raise NotWaivableError("this row broke no critical rule", code="rule_not_broken")
    decision = await repository.decide(
        connection,
        content_hash=content_hash,
        month=row.month,
        kind="waive",
        rules=rules,
        fields=[],
        new_month=row.month,
        reason=wish.reason,
        decided_by=who.user_id,
        decided_by_name=who.name,
        decided_at=now,
        expires_at=wish.expires_at,
    )
    in_force = {
        rule
        for one in await repository.decisions_of(connection, content_hash)
        if one.kind == "waive" and (one.expires_at is None or one.expires_at > now)
        for rule in one.rules
    }
    status = "waived" if critical <= in_force else "open"
    await repository.set_status(connection, content_hash, status)
    return Decided(
        decision=_view(decision), status=status, months_to_replay=await repository.months_to_replay(connection)
    )


async def ask_replay(
    connection: AsyncConnection, months: list[str] | None, *, who: Who, first_month: str
) -> ReplayView:
    """Ask the pipeline to make months again; its sensor sees the wish within half a minute.

    Raises
    ------
    NothingToReplayError
        If no months are named and no decision waits.
    MonthOutsideError
        If a month is named that the pipeline never makes.
    """
    await repository.hold_turn(connection)
    made = policy.history(first_month, now=clock.now())
    made.ensure(*(months or ()))
    wanted = sorted(set(months)) if months else await repository.months_to_replay(connection)
    if not wanted:
        raise NothingToReplayError("no decision waits to be honoured; name months to make them again all the same")
    row = await repository.ask_replay(
        connection,
        replay_id=new_uuid(),
        months=wanted,
        requested_by=who.user_id,
        requested_by_name=who.name,
        requested_at=clock.now(),
    )
    return await _progress(connection, row, made)


async def replay(connection: AsyncConnection, replay_id: uuid.UUID, *, first_month: str) -> ReplayView:
    """Return how far a replay is.

    Raises
    ------
    ReplayMissingError
    """
    row = await repository.replay(connection, replay_id)
    if row is None:
        raise ReplayMissingError(f"no replay {replay_id}")
    return await _progress(connection, row, policy.history(first_month, now=clock.now()))


async def _progress(connection: AsyncConnection, row: Row[Any], made: policy.History) -> ReplayView:
    months = []
    for month in row.months:
        before, after = await repository.counts(connection, month, row.replay_seq)
        is_done = after is not None
        is_outside = not is_done and month not in made
        told = {"before": _counts(before), "after": _counts(after)}
        months.append(ReplayMonth(month=month, is_done=is_done, is_outside=is_outside, **told))
    done = [one.after for one in months if one.after is not None]
    state = policy.state_of_replay(len(months), done=len(done), outside=sum(one.is_outside for one in months))
    adds_up = all(one.raw == one.validated + one.quarantined + one.superseded + one.duplicates for one in done)
    return ReplayView(
        replay_id=row.replay_id,
        requested_by_name=row.requested_by_name,
        requested_at=row.requested_at,
        state=state,
        is_reconciled=state == "done" and adds_up,
        first_month=made.first,
        last_month=made.last,
        months=months,
    )


def _counts(row: Row[Any] | None) -> Counts | None:
    if row is None:
        return None
    return Counts(
        raw=row.raw_count,
        validated=row.validated_count,
        quarantined=row.quarantined_count,
        superseded=row.superseded_count,
        duplicates=row.duplicate_count,
        waived=row.waived_count,
        dagster_run_id=row.dagster_run_id,
        counted_at=row.counted_at,
    )


async def _parked(connection: AsyncConnection, content_hash: str, *, to_change: bool = False) -> Row[Any]:
    row = await repository.parked(connection, content_hash, to_change=to_change)
    if row is None:
        raise ParkedRowMissingError(f"no parked row {content_hash}")
    return row


def _view(row: Row[Any]) -> DecisionView:
    return DecisionView.model_validate(row, from_attributes=True)


def _in_words(code: str, rule: Mapping[str, Any]) -> BrokenRule:
    return BrokenRule(
        rule=code,
        column=rule.get("column") or None,
        severity=rule.get("severity"),
        kahn=rule.get("kahn"),
        words=rule.get("reason") or code.replace("_", " "),
        is_waivable=policy.is_waivable(code),
    )
