"""What becomes of a time that is free again: holds that end, and offers down the wait list.

Belongs here: what the clock and every booking do to them. Does not belong here: the acts of people (`service`,
`changes`), HTTP, SQL text, `commit`.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.appointments import policy, repository
from core.db.tables import WaitListEntry
from core.ids import new_uuid


async def sweep(connection: AsyncConnection, now: datetime) -> int:
    """End holds and requests whose time is over, offer freed times, follow the queue, note no-shows; count them all."""
    freed = await end_holds(connection, now)
    await offer_all(connection, freed, now=now)
    followed = await repository.follow_queue(connection) + await repository.expire_requests(connection, now)
    return len(freed) + followed + await repository.mark_no_shows(connection, now - policy.NO_SHOW_AFTER)


async def end_holds(connection: AsyncConnection, now: datetime) -> list[Row[Any]]:
    """End the holds whose time is over and return them: their times are free.

    An offer that was not taken puts its patient behind the others on the wait list.
    """
    freed = []
    for expired in await repository.expire_holds(connection, now):
        offered = WaitListEntry.offer_id == expired.appointment_id
        await repository.set_wait_list(connection, offered, status="waiting", offer_id=None, created_at=now)
        row = await repository.by_id(connection, expired.appointment_id)
        assert row is not None, "an appointment keeps its row"
        freed.append(row)
    return freed


async def offer_all(connection: AsyncConnection, freed: Iterable[Row[Any]], *, now: datetime) -> None:
    """Offer each freed time down the wait list."""
    for row in freed:
        await _offer(connection, row, now=now)


async def _offer(connection: AsyncConnection, freed: Row[Any], *, now: datetime) -> None:
    """Hold a freed time for the first on the wait list whom it fits."""
    if freed.starts_at <= now:
        return
    for entry in await repository.first_who_fits(connection, freed.provider_id, freed.starts_at, freed.ends_at):
        appointment_id = new_uuid()
        is_held = await repository.add(
            connection,
            {
                "appointment_id": appointment_id,
                "provider_id": freed.provider_id,
                "room_id": freed.room_id,
                "patient_id": entry.patient_id,
                "during": repository.span(freed.starts_at, freed.ends_at),
                "status": "held",
                "hold_expires_at": min(now + policy.OFFER, freed.starts_at),
                "created_at": now,
                "version": 1,
            },
        )
        if is_held:
            mine = WaitListEntry.wait_list_id == entry.wait_list_id
            await repository.set_wait_list(connection, mine, status="offered", offer_id=appointment_id)
            return
