"""Who may be whom: candidates opened and compared, pairs kept for the stewards, weights counted.

Belongs here: scoring of entries, the background's comparison, a steward's decision. Does not belong here: the
arithmetic (`ml.linkage`), HTTP, SQL. Charts are opened in this process only; what leaves it are levels of agreement
and bits.
"""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import numpy as np
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.envelope import Act, append
from app_api.envelope.audit import Entry
from app_api.identity.context import AppContext
from app_api.identity.session_book import Principal
from app_api.patients import blind_index, doubles_repository, repository
from app_api.patients.doubles_schemas import PairView, PersonMatch
from app_api.patients.errors import PairDecidedError, PairNotFoundError
from core import clock
from core.ids import new_uuid
from ml.linkage import (
    DEFAULT_WEIGHTS,
    KEY_FORM,
    LinkageWeights,
    MatchScore,
    MatchState,
    Person,
    estimate_weights,
    match_score,
)

TOPIC = "patient_pairs"
#: Patients that the background compares in one transaction.
BATCH = 10
#: u is counted when there are this many patients, and anew when they are half as many more, or a day has passed.
_LEAST, _GROWTH, _GOOD_FOR = 200, 1.5, timedelta(days=1)
_SAMPLE = 1000


def digests(context: AppContext, document: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the blind index of a person."""
    return blind_index.digests(context.settings.secrets["blind_index_key"], document)


async def weights(connection: AsyncConnection) -> LinkageWeights:
    """Return the newest weights, or those of a hospital that was not counted yet."""
    row = await doubles_repository.estimate(connection)
    return DEFAULT_WEIGHTS if row is None else LinkageWeights(row.u, row.size)


async def _opened(context: AppContext, connection: AsyncConnection, row: Row[Any]) -> Person:
    document = await context.vault.open(connection, row.sealed, "patient", row.patient_id)
    return {**document, "sex": row.sex}


async def likely(
    context: AppContext, connection: AsyncConnection, person: Person, *, but: str = ""
) -> tuple[list[tuple[str, MatchScore]], list[str]]:
    """Return the patients who may be this person, likeliest first, and the ids of all who were opened for it."""
    rows = await doubles_repository.candidates(connection, digests(context, person), but=but)
    people = [(row.patient_id, await _opened(context, connection, row)) for row in rows]
    by = await weights(connection)
    scored = [(patient_id, match_score(person, other, by)) for patient_id, other in people]
    found = [one for one in scored if one[1].state is not MatchState.NONE]
    return sorted(found, key=lambda one: -one[1].bits), [row.patient_id for row in rows]


def view(patient_id: str, found: MatchScore) -> PersonMatch:
    return PersonMatch.model_validate({"patient_id": patient_id, **asdict(found)})


async def tell_patients(tx: Act, person: Principal, found: Sequence[tuple[str, MatchScore]]) -> None:
    """Have each patient whose agreement is shown see in the own list of looks who asked."""
    for patient_id, _ in found:
        entry = Entry(
            actor_id=person.user_id, actor_role=str(person.role), action="patient.match", object_kind="patient",
            object_ids=(patient_id,), patient_id=patient_id, relation="any",
        )  # fmt: skip
        await append(tx.connection, entry)


def in_words(found: Sequence[tuple[str, MatchScore]]) -> str:
    """Return who may be meant and which fields say so, without any value."""
    said = []
    for patient_id, score in found[:3]:
        fields = ", ".join(part.field.replace("_", " ") for part in score.contributions if part.bits > 0)
        said.append(f"{patient_id} ({score.state.replace('_', ' ')}, {score.probability:.1%}, for: {fields})")
    return "; ".join(said)


async def compare_batch(context: AppContext) -> int:
    """Index and compare patients that were not since they were entered or changed; return how many.

    Rows are held while keys are written and while the result is, not while charts are compared: nobody who changes one
    waits for that. Keys are committed first, so that of two who are compared at once the later sees the other.
    """
    async with context.engine.begin() as connection:
        if not await doubles_repository.begin_comparing(connection):
            return 0
        rows = await doubles_repository.not_compared(connection, limit=BATCH)
        people = [await _opened(context, connection, row) for row in rows]
        for row, person in zip(rows, people, strict=True):
            await repository.index(connection, row.patient_id, digests(context, person))
    if not rows:
        return 0
    opened, found = {row.patient_id for row in rows}, []
    for row, person in zip(rows, people, strict=True):
        async with context.engine.connect() as connection:
            alike, seen = await likely(context, connection, person, but=row.patient_id)
        found.append([_pair(row.patient_id, other, score) for other, score in alike])
        opened.update(seen)
    async with context.engine.begin() as connection:
        for row, pairs in zip(rows, found, strict=True):
            # Whoever was changed meanwhile is compared again.
            if await doubles_repository.mark_compared(connection, row.patient_id, row.version, KEY_FORM):
                await doubles_repository.replace_open_pairs(connection, row.patient_id, pairs)
        await _tell_audit(connection, "patient.compare", sorted(opened))
    return len(rows)


def _pair(one: str, other: str, score: MatchScore) -> dict[str, Any]:
    first, second = sorted((one, other))
    return {
        "pair_id": new_uuid(), "first_id": first, "second_id": second, "state": score.state.value, "bits": score.bits,
        "probability": score.probability, "contributions": [asdict(part) for part in score.contributions],
        "scored_at": clock.now(), "status": "open", "version": 1,
    }  # fmt: skip


async def renew_weights(context: AppContext) -> bool:
    """Count u anew where somebody waits to be compared and the hospital has grown or a day has passed.

    The counting stands between two transactions: it takes a second or more, and nobody waits for it. Return whether
    there are new weights.
    """
    async with context.engine.begin() as connection:
        size, last = await doubles_repository.patient_count(connection), await doubles_repository.estimate(connection)
        is_good = last is not None and size < _GROWTH * last.size and clock.now() - last.estimated_at < _GOOD_FOR
        if size < _LEAST or is_good or not await doubles_repository.is_anybody_waiting(connection):
            return False
        rows = await doubles_repository.drawn(connection, _SAMPLE)
        people = [await _opened(context, connection, row) for row in rows]
        await _tell_audit(connection, "patient.count_chances", sorted(row.patient_id for row in rows))
    found = await asyncio.to_thread(estimate_weights, people, size=size, rng=np.random.default_rng())
    async with context.engine.begin() as connection:
        count, now = len(people), clock.now()
        await doubles_repository.add_estimate(connection, now=now, size=size, sample_count=count, u=found.u)
    return True


async def _tell_audit(connection: AsyncConnection, action: str, patient_ids: Sequence[str]) -> None:
    """One event for what the application itself opened."""
    entry = Entry(actor_id=None, actor_role="system", action=action, object_kind="patient", object_ids=patient_ids)
    await append(connection, entry)


async def pair_views(tx: Act, status: str, *, offset: int, limit: int) -> list[PairView]:
    """Return pairs (one more than a page), the likeliest first."""
    rows = await doubles_repository.pairs(tx.connection, status, offset=offset, limit=limit + 1)
    tx.about("patient_pair", *(row.pair_id for row in rows[:limit]), relation="any")
    return [PairView.model_validate({**row._mapping, "decided_by": row.decided_by_name}) for row in rows]


async def decide(tx: Act, person: Principal, pair_id: uuid.UUID, decision: str) -> PairView:
    """Say what a pair is; charts are not joined by it.

    Raises
    ------
    PairNotFoundError, PairDecidedError, VersionStaleError, VersionMissingError
    """
    tx.about("patient_pair", pair_id, relation="any", reason_code=decision)
    row = await doubles_repository.lock_pair(tx.connection, pair_id)
    if row is None:
        raise PairNotFoundError(f"no pair {pair_id}")
    tx.check_version(row.version)
    if row.status != "open":
        raise PairDecidedError("this pair was decided on already")
    tx.version = row.version + 1
    changed = {"status": decision, "decided_by": person.user_id, "decided_at": clock.now(), "version": tx.version}
    await doubles_repository.decide(tx.connection, pair_id, **changed)
    tx.tell(TOPIC, {"pair_id": str(pair_id)})
    return PairView.model_validate({**row._mapping, **changed, "decided_by": person.display_name})
