"""The raw rows behind an assessment, and whether they are still what they were.

Belongs here: the rows of a registration and of its patient's year before, and their hashes. Does not belong here: other
receipts, imported files (their rows are hashed in the warehouse).

An outcome may land later: it is no input of the assessment and no part of the hash.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from core import clock, ids
from core.db.tables import Registration

_LATER = frozenset({"outcome", "outcome_at"})
_HASHED = tuple(column for column in Registration.__table__.columns if column.name not in _LATER)


def _behind() -> Select[Any]:
    asked = aliased(Registration)
    return (
        select(*_HASHED)
        .join(
            asked,
            and_(
                Registration.patient_id == asked.patient_id,
                Registration.registered_at <= asked.registered_at,
                Registration.registered_at > asked.registered_at - text("interval '365 days'"),
            ),
        )
        .where(asked.registration_id == bindparam("registration_id"))
        .order_by(Registration.registered_at.desc(), Registration.registration_seq.desc())
    )


#: Written once: composing it takes longer than PostgreSQL takes to answer it.
_BEHIND = _behind()


async def rows_behind(connection: AsyncConnection, registration_id: str) -> list[dict[str, Any]]:
    """Return the registration's row first, then the patient's rows of the year before it; empty if it is unknown."""
    rows = (await connection.execute(_BEHIND, {"registration_id": registration_id})).all()
    named = sorted(rows, key=lambda row: row.registration_id != registration_id)
    return [_told(row) for row in named]


async def changed_rows(connection: AsyncConnection, told: Sequence[dict[str, Any]]) -> list[int]:
    """Return the sequence numbers of rows that are gone, or no longer what a receipt says that they were."""
    numbers = [row["registration_seq"] for row in told]
    query = select(*_HASHED).where(Registration.registration_seq.in_(numbers))
    now = {row.registration_seq: _told(row)["sha256"] for row in (await connection.execute(query)).all()}
    return [row["registration_seq"] for row in told if now.get(row["registration_seq"]) != row["sha256"]]


def _told(row: Row[Any]) -> dict[str, Any]:
    return {
        "registration_seq": row.registration_seq,
        "sha256": ids.content_hash(f"{name}={_written(value)}" for name, value in sorted(row._mapping.items())),
    }


def _written(value: Any) -> str:
    if value is None:
        return ""
    return clock.iso(value) if hasattr(value, "isoformat") else str(value)
