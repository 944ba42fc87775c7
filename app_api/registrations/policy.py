"""The rules of a registration that need no database.

Belongs here: ids made from idempotency keys, sameness of two requests, the limits of time. Does not belong here: SQL.
"""

import hashlib
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from core.errors import InputError

#: Clocks of clients may be ahead of ours by this much.
CLOCK_TOLERANCE = timedelta(minutes=5)
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)


def id_from_key(user_id: uuid.UUID, key: str) -> str:
    """Return the registration id that belongs to a person's Idempotency-Key: the same key, the same registration."""
    return "reg_" + hashlib.sha256(f"{user_id}\x1f{key}".encode()).hexdigest()[:32]


def check_moment(registered_at: datetime, *, now: datetime) -> None:
    """Refuse a registration from the future or from before 1900.

    Raises
    ------
    InputError
    """
    if registered_at > now + CLOCK_TOLERANCE:
        raise InputError("registered_at is in the future; at most five minutes ahead are tolerated", code="future_time")
    if registered_at < EARLIEST:
        raise InputError("registered_at is before 1900", code="time_out_of_range")


def is_same_request(stored: Mapping[str, Any], wish: Mapping[str, Any]) -> bool:
    """Say whether a stored registration is the one that `wish` (the fields that were given) asked for."""
    return all(stored[name] == value for name, value in wish.items())
