"""Which version was champion when.

Belongs here: turning moves into intervals. Does not belong here: SQL, making a move (`promotion`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row


@dataclass(frozen=True)
class Reign:
    """One version as champion from one move to the next; `until` is None while it lasts."""

    event: Row[Any]
    since: datetime
    until: datetime | None


def reigns(moves: Sequence[Row[Any]], *, until: datetime | None) -> list[Reign]:
    """Turn moves (newest first, warnings left out) into intervals that touch each other.

    Parameters
    ----------
    moves : sequence of row
    until : datetime or None
        When the newest of them ended.
    """
    found: list[Reign] = []
    for event in moves:
        found.append(Reign(event, event.moved_at, until))
        until = event.moved_at
    return found
