"""Free slots of a provider, and which of them are suggested.

Belongs here: the load that the forecast expects of what is free, and what is preferred. Does not belong here: schedules
less what is taken (`slot_states`), booking (`service`), HTTP, SQL text.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.appointments import policy, repository
from app_api.appointments.errors import ProviderNotFoundError
from app_api.appointments.policy import Preference, Slot
from app_api.appointments.slot_states import SlotState, slots_of
from app_api.demand import repository as demand
from app_api.demand.policy import hourly_load
from app_api.time_zones import zone
from core import clock
from core.errors import InputError


@dataclass(frozen=True)
class Offered:
    """A free slot with the load that the forecast expects, whether it is preferred, and whether it is suggested."""

    slot: Slot
    room_id: uuid.UUID | None
    expected_load: float | None
    is_preferred: bool
    is_suggested: bool


async def free_slots(
    connection: AsyncConnection,
    provider_id: uuid.UUID,
    *,
    start: datetime,
    end: datetime,
    preference: Preference | None = None,
) -> tuple[str, list[Offered]]:
    """Return the provider's time zone and free slots; marked are the quietest of those that the patient would prefer.

    A provider out of use has none.

    Raises
    ------
    ProviderNotFoundError, InputError
    """
    if end <= start or end - start > policy.LONGEST_SEARCH:
        raise InputError("`to` must be after `from`, by at most 31 days", code="bad_period")
    provider = await repository.provider(connection, provider_id)
    if provider is None:
        raise ProviderNotFoundError("no such provider")
    now = clock.now()
    tz = zone(provider.time_zone)
    # What is over, or further away than anybody may book, is not offered.
    start, end = max(start, now), min(end, now + policy.FURTHEST + policy.LONGEST)
    if not provider.is_active or end <= start:
        return provider.time_zone, []
    lines = await repository.schedules(connection, provider_id=provider_id)
    free: dict[Slot, uuid.UUID | None] = {}
    for one in await slots_of(connection, lines, start=start, end=end, now=now):
        if one.state is SlotState.FREE:
            free.setdefault(one.slot, one.hours.room_id)
    months = sorted({slot.starts_at.strftime("%Y-%m") for slot in free})
    means = await demand.month_means(connection, months) if months else {}
    profile = demand.week_profile_of(await demand.newest_forecast(connection)) if means else {}
    loads = [(slot.starts_at, hourly_load(means, profile, slot.starts_at)) for slot in free]
    said = preference or Preference()
    preferred = {slot.starts_at for slot in free if said.fits(slot.starts_at, tz)} if preference else set[datetime]()
    quiet = policy.suggested(loads, preferred=preferred)
    load_of = dict(loads)
    ordered = sorted(free, key=lambda slot: slot.starts_at)
    return provider.time_zone, [
        Offered(slot, free[slot], load_of[slot.starts_at], slot.starts_at in preferred, slot.starts_at in quiet)
        for slot in ordered
    ]
