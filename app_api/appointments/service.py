"""Holding, booking, asking for an earlier time; who may see an appointment.

Belongs here: the acts that make something new, and their rules. Does not belong here: what is done with an appointment
that exists (`changes`), what becomes of a freed time (`offers`), HTTP, SQL text, `commit`.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.appointments import clinics, free_slots, offers, policy, repository
from app_api.appointments.errors import (
    AppointmentNotFoundError,
    ProviderInactiveError,
    ProviderNotFoundError,
    RoomNotFoundError,
    TimeTakenError,
    WaitListFullError,
)
from app_api.appointments.policy import Slot
from app_api.appointments.schemas import NewAppointment, NewHold, NewWaitListEntry
from app_api.identity.session_book import Principal, Reader
from app_api.time_zones import zone
from core import clock
from core.errors import InputError
from core.ids import new_uuid
from core.vocabulary import Role


def patient_of(person: Principal, patient_id: str | None) -> str:
    """Return for whom a person acts: a patient for themselves only.

    Raises
    ------
    AppointmentNotFoundError, InputError
    """
    if person.role is Role.PATIENT:
        if person.patient_id is None or patient_id not in (None, person.patient_id):
            raise AppointmentNotFoundError("no such patient")
        return person.patient_id
    if patient_id is None:
        raise InputError("patient_id is missing: staff say for whom they book", code="patient_missing")
    return patient_id


async def hold(connection: AsyncConnection, wish: NewHold, *, person: Principal) -> Row[Any]:
    """Hold a time for five minutes.

    Raises
    ------
    TimeTakenError, PortalClosedError, RuleBrokenError, ProviderNotFoundError, ProviderInactiveError, RoomNotFoundError,
    InputError
    """
    now = clock.now()
    [made] = await _place(
        connection,
        wish,
        [Slot(wish.starts_at, wish.ends_at)],
        {"status": "held", "hold_expires_at": now + policy.HOLD},
        person=person,
        now=now,
    )
    return made


async def book(connection: AsyncConnection, wish: NewAppointment, *, person: Principal) -> Row[Any]:
    """Book a time, or a whole series or nothing; return the first appointment.

    Raises
    ------
    TimeTakenError, PortalClosedError, RuleBrokenError, ProviderNotFoundError, ProviderInactiveError, RoomNotFoundError,
    InputError
    """
    now = clock.now()
    times = [Slot(wish.starts_at, wish.ends_at)]
    series_id = None
    if wish.repeat is not None:
        provider = await bookable_provider(connection, wish.provider_id)
        series_id = new_uuid()
        times = policy.repeats(
            wish.starts_at,
            wish.ends_at,
            zone(provider.time_zone),
            count=wish.repeat.count,
            every_weeks=wish.repeat.every_weeks,
        )
    made = await _place(connection, wish, times, {"status": "booked", "series_id": series_id}, person=person, now=now)
    return made[0]


async def _place(
    connection: AsyncConnection,
    wish: NewHold,
    times: list[Slot],
    columns: dict[str, Any],
    *,
    person: Principal,
    now: datetime,
) -> list[Row[Any]]:
    patient_id = patient_of(person, wish.patient_id)
    for slot in times:
        policy.check_span(slot.starts_at, slot.ends_at, now=now)
    provider = await bookable_provider(connection, wish.provider_id)
    clinic = await clinics.clinic_of(connection, provider.facility)
    clinics.check_portal(clinic, person)
    if columns["status"] == "booked":
        columns = columns | {"status": clinics.status_of_booking(clinic, person)}
    if wish.room_id is not None and not await repository.has_room(connection, wish.room_id):
        raise RoomNotFoundError("no such room")
    await queue_up(connection, wish.provider_id, wish.room_id, patient_id)
    freed = await offers.end_holds(connection, now)
    starts = [slot.starts_at for slot in times]
    await clinics.check_rules(connection, clinic, patient_id, provider, starts, person=person)
    made = []
    for slot in times:
        appointment_id = new_uuid()
        is_placed = await repository.add(
            connection,
            {
                "appointment_id": appointment_id,
                "provider_id": wish.provider_id,
                "room_id": wish.room_id,
                "patient_id": patient_id,
                "during": repository.span(slot.starts_at, slot.ends_at),
                "created_by": person.user_id,
                "created_at": now,
                "version": 1,
                **columns,
            },
        )
        if not is_placed:
            raise TimeTakenError(await what_is_free(connection, wish.provider_id, slot))
        made.append(await read(connection, appointment_id))
    await offers.offer_all(connection, freed, now=now)
    return made


async def bookable_provider(connection: AsyncConnection, provider_id: uuid.UUID) -> Row[Any]:
    """Return a provider with whom something new may be booked.

    Raises
    ------
    ProviderNotFoundError, ProviderInactiveError
    """
    provider = await repository.provider(connection, provider_id)
    if provider is None:
        raise ProviderNotFoundError("no such provider")
    if not provider.is_active:
        raise ProviderInactiveError("this provider takes no appointments any more")
    return provider


async def queue_up(
    connection: AsyncConnection, provider_id: uuid.UUID, room_id: uuid.UUID | None, patient_id: str
) -> None:
    """Wait for others who book with the same provider, room or patient, until the transaction ends."""
    names = [f"provider:{provider_id}", f"patient:{patient_id}", *([f"room:{room_id}"] if room_id else [])]
    await repository.queue_up(connection, *names)


async def what_is_free(connection: AsyncConnection, provider_id: uuid.UUID, slot: Slot) -> str:
    """Return the refusal's words with the next free times."""
    start = max(slot.starts_at, clock.now())
    _, offered = await free_slots.free_slots(connection, provider_id, start=start, end=start + timedelta(days=14))
    times = ", ".join(clock.iso(one.slot.starts_at) for one in offered[:3])
    taken = f"provider, room or patient is taken at {clock.iso(slot.starts_at)}"
    return f"{taken}; next free: {times}" if times else f"{taken}; nothing is free in the two weeks after"


async def read(connection: AsyncConnection, appointment_id: uuid.UUID) -> Row[Any]:
    """Return an appointment.

    Raises
    ------
    AppointmentNotFoundError
    """
    row = await repository.by_id(connection, appointment_id)
    if row is None:
        raise AppointmentNotFoundError("no such appointment")
    return row


async def read_for(connection: AsyncConnection, appointment_id: uuid.UUID, person: Reader) -> Row[Any]:
    """Return an appointment that a person may see; to a patient another's is not there."""
    row = await read(connection, appointment_id)
    if person.role is Role.PATIENT and row.patient_id != person.patient_id:
        raise AppointmentNotFoundError("no such appointment")
    return row


async def ask_to_wait(connection: AsyncConnection, wish: NewWaitListEntry, *, person: Principal) -> Row[Any]:
    """Put a patient on the wait list.

    Raises
    ------
    ProviderNotFoundError, ProviderInactiveError, WaitListFullError, InputError
    """
    patient_id = patient_of(person, wish.patient_id)
    if wish.not_after <= max(wish.not_before, clock.now()):
        raise InputError("not_after must be after not_before and after now", code="bad_period")
    await bookable_provider(connection, wish.provider_id)
    await repository.queue_up(connection, f"patient:{patient_id}")
    if len(await repository.wait_list(connection, patient_id=patient_id)) >= policy.MOST_WAITING:
        raise WaitListFullError(f"a patient waits for at most {policy.MOST_WAITING} earlier times")
    wait_list_id = new_uuid()
    await repository.add_to_wait_list(
        connection,
        {
            "wait_list_id": wait_list_id,
            "patient_id": patient_id,
            "provider_id": wish.provider_id,
            "not_before": wish.not_before,
            "not_after": wish.not_after,
            "status": "waiting",
            "created_at": clock.now(),
            "version": 1,
        },
    )
    return (await repository.wait_list(connection, wait_list_id=wait_list_id))[0]
