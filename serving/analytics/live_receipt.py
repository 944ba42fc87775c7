"""Receipts of the board of the last 24 hours: its id says which rows were counted, so that nothing need be stored.

Belongs here: writing and reading such an id, and counting its rows again. Does not belong here: stored receipts.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from core import clock

_FORM = re.compile(r"live_(\d{16})_(\d{16})_(\d{1,18})\Z")
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
#: A board counts 24 bars that end with the hour it is in: of another span no board ever was, and a reader from whom
#: small counts are hidden could count any minute by it.
_SHORTEST, _LONGEST = timedelta(hours=23), timedelta(hours=24)
_ROWS = text("""
    SELECT count(*) AS row_count, min(registered_at) AS first_at, max(registered_at) AS last_at,
           encode(sha256(convert_to(coalesce(string_agg(registration_id, ',' ORDER BY registration_seq), ''), 'UTF8')),
                  'hex') AS data_sha256
    FROM registration
    WHERE registered_at > :since AND registered_at <= :until AND registration_seq <= :newest
""")


@dataclass(frozen=True)
class LiveRows:
    """The rows that a board counted: registered in (since, until], entered up to a number."""

    since: datetime
    until: datetime
    newest_seq: int

    @property
    def receipt_id(self) -> str:
        since, until = ((moment - _EPOCH) // _MICROSECOND for moment in (self.since, self.until))
        return f"live_{since:016d}_{until:016d}_{self.newest_seq}"


def parse(receipt_id: str) -> LiveRows | None:
    """Return what an id names; None when it is no receipt of a board."""
    match = _FORM.fullmatch(receipt_id)
    if match is None:
        return None
    since, until = (_EPOCH + int(one) * _MICROSECOND for one in match.groups()[:2])
    is_of_board = (since - _EPOCH) % timedelta(hours=1) == timedelta(0) and _SHORTEST <= until - since < _LONGEST
    return LiveRows(since, until, int(match[3])) if is_of_board else None


async def provenance(connection: AsyncConnection, rows: LiveRows, *, is_clinical: bool) -> dict[str, Any]:
    """Count the rows again and say what they are; how many, and when, only to those who treat patients.

    A correction that moves a visit in or out of the time changes hash and count: the receipt then shows it.
    """
    found = (
        await connection.execute(_ROWS, {"since": rows.since, "until": rows.until, "newest": rows.newest_seq})
    ).one()
    told = {
        "source": "registrations of the application, counted live",
        "registered_after": clock.iso(rows.since),
        "registered_until": clock.iso(rows.until),
        "newest_registration_seq": rows.newest_seq,
        "data_sha256": found.data_sha256,
    }
    if not is_clinical:
        return told
    return told | {
        "first_registered_at": None if found.first_at is None else clock.iso(found.first_at),
        "last_registered_at": None if found.last_at is None else clock.iso(found.last_at),
        "row_count": found.row_count,
    }
