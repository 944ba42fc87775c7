"""Checking a patient in.

Belongs here: the act and its rules. Does not belong here: HTTP, SQL text, `commit`.
"""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.appointments import changes
from app_api.checkin.errors import NotNowError
from app_api.checkin.schemas import CheckIn
from app_api.queue import matching_repository
from app_api.queue import service as queues
from app_api.queue.schemas import NewEntry
from app_api.queue.service import Arrival
from core import clock

EARLIEST: Final = timedelta(hours=4)


def check_moment(starts_at: datetime, ends_at: datetime, *, now: datetime) -> None:
    """Refuse who comes on another day, or when it is over.

    Raises
    ------
    NotNowError
    """
    if now < starts_at - EARLIEST:
        raise NotNowError(f"the appointment is at {clock.iso(starts_at)}; check-in opens four hours before")
    if now > ends_at:
        raise NotNowError(f"the appointment ended at {clock.iso(ends_at)}; put the patient in line without it")


async def check_in(
    connection: AsyncConnection,
    appointment_id: uuid.UUID,
    wish: CheckIn,
    *,
    actor_id: uuid.UUID,
    check_version: Callable[[int], None],
) -> tuple[Row[Any], Row[Any]]:
    """Mark an appointment checked in and put its patient in line, both or neither; return appointment and entry.

    The queue's clock begins when the patient came: at the check-in, or before it, when the arrival was noted. The entry
    is assigned to the appointment's provider, if a doctor's account is linked to them.

    Raises
    ------
    AppointmentNotFoundError, ChangeNotAllowedError, NotNowError, QueueNotFoundError, AlreadyInQueueError, InputError
    """
    now = clock.now()
    before = await changes.locked(connection, appointment_id)
    check_version(before.version)
    check_moment(before.starts_at, before.ends_at, now=now)
    after = await changes.mark_checked_in(connection, before, now=now)
    provider = await matching_repository.provider(connection, before.provider_id)
    is_linked = provider is not None and provider.user_id is not None
    entry = await queues.join(
        connection,
        wish.queue_id,
        NewEntry(
            patient_id=before.patient_id,
            acuity=wish.acuity,
            triage=wish.triage,
            needed_specialty=wish.needed_specialty or before.specialty,
        ),
        actor_id=actor_id,
        arrival=Arrival(after.arrived_at, appointment_id, before.provider_id if is_linked else None),
    )
    return after, entry
