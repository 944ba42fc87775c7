"""Ending sessions, each with its event of the audit.

Belongs here: why a session ends, the event that says so, and the look for those that nobody came back to. Does not
belong here: finding a live session (`sessions`), telling the other workers (`sessions.announce_revoked`), HTTP.

Whoever deletes a row writes its event, in one transaction: of many workers that find a session ended, one does.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.envelope.audit import Entry, append
from app_api.identity import policy, repository
from core import clock
from core.vocabulary import Role

#: Rest is written down up to this long after it ended (`session_uses`): who looks for ended sessions waits for that.
MARGIN = timedelta(minutes=1)


class Ending(StrEnum):
    """Why a session ended; the reason of the event `session.close`."""

    SIGNED_OUT = "signed_out"
    #: Ended from the list of one's own sessions.
    ENDED_BY_OWNER = "ended_by_owner"
    #: A newer one took its place.
    SURPLUS = "too_many_sessions"
    #: By rest, and at its end (45 CFR 164.312(a)(2)(iii)).
    IDLE = "idle_limit"
    AGE = "absolute_limit"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    MFA_RESET = "mfa_reset"
    ROLE_CHANGED = "role_changed"
    ROLE_LAPSED = "role_lapsed"
    LOCKED = "account_locked"


@dataclass(frozen=True)
class By:
    """Who ends a session: a person, or the system itself."""

    actor_id: uuid.UUID | None = None
    actor_role: str = "system"
    request_id: str | None = None


SYSTEM = By()


def session_id(stored: bytes) -> str:
    """Return the public name of a session."""
    return stored.hex()[:16]


async def end(connection: AsyncConnection, token_hashes: Sequence[bytes], why: Ending, *, by: By) -> list[bytes]:
    """End these sessions; return which of them there were."""
    return await _written(connection, await repository.end_sessions(connection, token_hashes), why, by)


async def end_all_of(connection: AsyncConnection, user_id: uuid.UUID, why: Ending, *, by: By) -> list[bytes]:
    """End all sessions of a person; return which there were."""
    return await _written(connection, await repository.end_sessions_of(connection, user_id), why, by)


async def end_abandoned(connection: AsyncConnection, now: datetime) -> list[bytes]:
    """End sessions past their limits that nobody came back to; return which.

    Workers that look at the same moment skip each other's rows.
    """
    moment = now - MARGIN
    rows = await repository.resting_sessions(
        connection,
        expired_by=moment,
        staff_since=moment - policy.STAFF_IDLE,
        patients_since=moment - policy.PATIENT_IDLE,
    )
    over = [row.token_hash for row in rows if limit_of(row, moment) is not None]
    return await end(connection, over, Ending.IDLE, by=SYSTEM) if over else []


def limit_of(row: Any, now: datetime) -> Ending | None:
    """Return the limit that a session is past; None while it holds."""
    role = policy.role_at(Role(row.role), row.role_expires_at, now)
    if policy.is_live(role=role, last_seen_at=row.last_seen_at, expires_at=row.expires_at, now=now):
        return None
    return limit_passed(row.expires_at, now)


def limit_passed(expires_at: datetime, now: datetime) -> Ending:
    """Return which limit a session that does not hold any more is past."""
    return Ending.AGE if now >= expires_at else Ending.IDLE


async def _written(connection: AsyncConnection, rows: Sequence[Row[Any]], why: Ending, by: By) -> list[bytes]:
    """Append one event for each account and reason: what was past its limit already was ended by that."""
    seen_by = clock.now() - MARGIN
    found = sorted((row.user_id, limit_of(row, seen_by) or why, row.token_hash) for row in rows)
    for (user_id, reason), same in groupby(found, key=lambda one: one[:2]):
        who = SYSTEM if reason in (Ending.IDLE, Ending.AGE) else by
        relation = "none" if who.actor_id is None else "own" if who.actor_id == user_id else "any"
        entry = Entry(
            actor_id=who.actor_id,
            actor_role=who.actor_role,
            action="session.close",
            object_kind="account",
            object_ids=(str(user_id), *(session_id(token_hash) for *_, token_hash in same)),
            relation=relation,
            reason_code=reason.value,
            request_id=who.request_id,
        )
        await append(connection, entry)
    return [token_hash for *_, token_hash in found]
