"""Every slot of weekly hours, taken or not, and whether it can be booked.

Belongs here: schedules against what is taken. Does not belong here: which of the free ones are suggested
(`free_slots`), booking (`service`), SQL text.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.appointments import policy, repository
from app_api.appointments.policy import Hours, Slot
from app_api.time_zones import zone


class SlotState(StrEnum):
    FREE = "free"
    TAKEN = "taken"
    PAST = "past"
    #: The provider is out of use, or it is further away than anybody may book.
    CLOSED = "closed"


@dataclass(frozen=True)
class ScheduledSlot:
    """A slot of one line of a provider's weekly hours."""

    slot: Slot
    #: The line: its id, provider, provider's name, room.
    hours: Row[Any]
    state: SlotState


async def slots_of(
    connection: AsyncConnection, schedules: Sequence[Row[Any]], *, start: datetime, end: datetime, now: datetime
) -> list[ScheduledSlot]:
    """Return the slots within [start, end), line by line; a slot that begins before `now` is past, taken or not.

    Parameters
    ----------
    schedules : sequence of row
        Lines of one provider's weekly hours.
    """
    if not schedules or end <= start:
        return []
    provider_id = schedules[0].provider_id
    rooms = {line.room_id for line in schedules if line.room_id is not None}
    taken = await repository.taken(connection, provider_id=provider_id, room_ids=rooms, start=start, end=end, now=now)
    found = []
    for line in schedules:
        hours = Hours(
            line.weekday, line.starts_local, line.ends_local, line.slot_minutes, line.valid_from, line.valid_to
        )
        for slot in policy.slots([hours], zone(line.time_zone), start=start, end=end):
            is_taken = any(_is_in_the_way(row, slot, provider_id, line.room_id) for row in taken)
            found.append(ScheduledSlot(slot, line, _state(slot, line, is_taken=is_taken, now=now)))
    return found


def _state(slot: Slot, line: Row[Any], *, is_taken: bool, now: datetime) -> SlotState:
    if slot.starts_at < now:
        return SlotState.PAST
    if not line.provider_is_active or slot.starts_at - now > policy.FURTHEST:
        return SlotState.CLOSED
    return SlotState.TAKEN if is_taken else SlotState.FREE


def _is_in_the_way(row: Row[Any], slot: Slot, provider_id: uuid.UUID, room_id: uuid.UUID | None) -> bool:
    is_same = row.provider_id == provider_id or (room_id is not None and row.room_id == room_id)
    return is_same and row.starts_at < slot.ends_at and slot.starts_at < row.ends_at
