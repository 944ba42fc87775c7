"""Whose patient this is: suggest a doctor, assign one, release, and refuse whoever is not the one.

Belongs here: the acts and their rules. Does not belong here: the score (`matching`), HTTP, SQL text, `commit`.
"""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.queue import matching, matching_repository, moves
from app_api.queue.errors import AssignmentError, ReasonMissingError
from app_api.queue.matching import Candidate, Match, Need
from app_api.queue.matching_schemas import NewAssignment
from core import clock


async def matches(connection: AsyncConnection, entry: Row[Any]) -> tuple[Need, list[Match]]:
    """Return what a patient needs, and every doctor with the points and reasons, the best first."""
    now = clock.now()
    needed = entry.needed_specialty
    if needed is None:
        newest = await matching_repository.newest_condition(connection, entry.patient_id, now=now)
        needed = None if newest is None else matching.specialty_of(newest.condition_code, newest.age_years)
    need = Need(entry.acuity, needed)
    rows = await matching_repository.candidates(connection, entry, now=now)
    return need, matching.ranked(need, [Candidate(**row._mapping) for row in rows])


async def matches_of(connection: AsyncConnection, entry_id: uuid.UUID) -> tuple[Row[Any], Need, list[Match]]:
    """Return an entry with `matches`.

    Raises
    ------
    EntryNotFoundError
    """
    entry = await moves.entry_of(connection, entry_id)
    return (entry, *await matches(connection, entry))


async def assign(
    connection: AsyncConnection,
    entry_id: uuid.UUID,
    wish: NewAssignment,
    *,
    actor_id: uuid.UUID,
    check_version: Callable[[int], None] = lambda _: None,
) -> Row[Any]:
    """Assign a patient to a doctor, or to nobody; what the score said is kept with the move.

    Raises
    ------
    EntryNotFoundError, AssignmentError, ReasonMissingError, MoveNotAllowedError
    """
    entry = await moves.locked_entry(connection, entry_id)
    check_version(entry.version)
    _, ranking = await matches(connection, entry)
    best = matching.suggested(ranking)
    chosen = next((one for one in ranking if one.candidate.provider_id == wish.provider_id), None)
    if wish.provider_id is not None and chosen is None:
        allowed = ", ".join(f"{one.candidate.name} ({one.candidate.provider_id})" for one in ranking[:5]) or "nobody"
        raise AssignmentError(f"provider_id names no doctor with an account; allowed are: {allowed}")
    is_other = chosen is not None and best is not None and chosen is not best
    if is_other and wish.reason is None:
        assert best is not None, "said by is_other"
        raise ReasonMissingError(f"reason is missing: {best.candidate.name} was suggested, another is chosen")
    details = {"reason": wish.reason, "suggested": _said(best), "chosen": _said(chosen), "is_override": is_other}
    return await moves.hand_over(connection, entry, wish.provider_id, "assign", details=details, actor_id=actor_id)


def _said(match: Match | None) -> dict[str, Any] | None:
    if match is None:
        return None
    reasons = {reason.factor: reason.points for reason in match.reasons}
    return {"provider_id": str(match.candidate.provider_id), "points": match.points, "reasons": reasons}


async def release(connection: AsyncConnection, user_id: uuid.UUID) -> Sequence[Row[Any]]:
    """Give up the patients who wait for a person; they keep their places and anybody may call them."""
    released = []
    for waiting in await matching_repository.waiting_of(connection, user_id):
        entry = await moves.locked_entry(connection, waiting.entry_id)
        if entry.state == "waiting" and entry.provider_id is not None:
            changed = await moves.hand_over(connection, entry, None, "release", details=None, actor_id=user_id)
            released.append(changed)
    return released
