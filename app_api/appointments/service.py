"""Holding, booking, changing, asking for an earlier time.

Belongs here: the acts of people and their rules. Does not belong here: what becomes of a freed time (`offers`), HTTP,
SQL text, `commit`.
"""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.appointments import clinics, free_slots, offers, policy, repository
from app_api.appointments.clinics import Clinic
from app_api.appointments.errors import (
    AppointmentNotFoundError,
    ChangeNotAllowedError,
    HoldExpiredError,
    ProviderInactiveError,
    ProviderNotFoundError,
    RoomNotFoundError,
    TimeTakenError,
    WaitListFullError,
)
from app_api.appointments.policy import Slot
from app_api.appointments.schemas import AppointmentChange, NewAppointment, NewHold, NewWaitListEntry
from app_api.identity.session_book import Principal, Reader
from app_api.time_zones import zone
from core import clock
from core.db.tables import WaitListEntry
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
        provider = await _bookable_provider(connection, wish.provider_id)
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
    provider = await _bookable_provider(connection, wish.provider_id)
    clinic = await clinics.clinic_of(connection, provider.facility)
    clinics.check_portal(clinic, person)
    if columns["status"] == "booked":
        columns = columns | {"status": clinics.status_of_booking(clinic, person)}
    if wish.room_id is not None and not await repository.has_room(connection, wish.room_id):
        raise RoomNotFoundError("no such room")
    await _queue_up(connection, wish.provider_id, wish.room_id, patient_id)
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
            raise TimeTakenError(await _what_is_free(connection, wish.provider_id, slot))
        made.append(await read(connection, appointment_id))
    await offers.offer_all(connection, freed, now=now)
    return made


async def _bookable_provider(connection: AsyncConnection, provider_id: uuid.UUID) -> Row[Any]:
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


async def _queue_up(
    connection: AsyncConnection, provider_id: uuid.UUID, room_id: uuid.UUID | None, patient_id: str
) -> None:
    names = [f"provider:{provider_id}", f"patient:{patient_id}", *([f"room:{room_id}"] if room_id else [])]
    await repository.queue_up(connection, *names)


async def _what_is_free(connection: AsyncConnection, provider_id: uuid.UUID, slot: Slot) -> str:
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


async def change(
    connection: AsyncConnection,
    appointment_id: uuid.UUID,
    wish: AppointmentChange,
    *,
    person: Principal,
    check_version: Callable[[int], None],
) -> Row[Any]:
    """Confirm, cancel, mark or move an appointment; a freed time is offered down the wait list.

    Parameters
    ----------
    check_version : callable
        Refuses when the version is not the one that the caller has seen.

    Raises
    ------
    AppointmentNotFoundError, PortalClosedError, RuleBrokenError, ChangeNotAllowedError, HoldExpiredError,
    ProviderInactiveError, TimeTakenError, InputError
    """
    await read_for(connection, appointment_id, person)
    before = await locked(connection, appointment_id)
    check_version(before.version)
    now = clock.now()
    clinic = await clinics.clinic_of(connection, before.facility)
    clinics.check_portal(clinic, person)
    if (wish.starts_at is None) != (wish.ends_at is None) or (wish.status is None) == (wish.starts_at is None):
        raise InputError("give either status, or starts_at and ends_at", code="one_change_at_a_time")
    if wish.starts_at is not None and wish.ends_at is not None:
        await _reschedule(connection, before, Slot(wish.starts_at, wish.ends_at), clinic, person=person, now=now)
    else:
        assert wish.status is not None
        await _set_status(connection, before, wish.status, wish.reason, clinic, person=person, now=now)
    return await read(connection, appointment_id)


async def locked(connection: AsyncConnection, appointment_id: uuid.UUID) -> Row[Any]:
    """Wait for others who book with the same provider, room or patient, lock an appointment and return it.

    Raises
    ------
    AppointmentNotFoundError
    """
    seen = await read(connection, appointment_id)
    await _queue_up(connection, seen.provider_id, seen.room_id, seen.patient_id)
    await repository.lock(connection, appointment_id)
    return await read(connection, appointment_id)


async def mark_checked_in(connection: AsyncConnection, before: Row[Any], *, now: datetime) -> Row[Any]:
    """Mark a locked appointment as checked in; the arrival is now, unless it was noted before.

    Raises
    ------
    ChangeNotAllowedError
    """
    if before.status not in policy.CAN_CHECK_IN:
        allowed = " or ".join(sorted(policy.CAN_CHECK_IN))
        raise ChangeNotAllowedError(f"the appointment is {before.status}; only one that is {allowed} can be checked in")
    columns = {"status": "checked_in", "arrived_at": before.arrived_at or now}
    await repository.change(connection, before.appointment_id, columns)
    return await read(connection, before.appointment_id)


async def _reschedule(
    connection: AsyncConnection, before: Row[Any], to: Slot, clinic: Clinic, *, person: Principal, now: datetime
) -> None:
    if before.status not in ("booked", "requested"):
        raise ChangeNotAllowedError(f"the appointment is {before.status}; only a booked or requested one can be moved")
    policy.check_span(to.starts_at, to.ends_at, now=now)
    await _bookable_provider(connection, before.provider_id)
    freed = await offers.end_holds(connection, now)
    mine = before.appointment_id
    await clinics.check_rules(connection, clinic, before.patient_id, before, [to.starts_at], person=person, but=mine)
    columns: dict[str, Any] = {"during": repository.span(to.starts_at, to.ends_at)}
    if person.role is Role.PATIENT:
        columns["status"] = clinics.status_of_booking(clinic, person)
    if not await repository.change(connection, mine, columns):
        raise TimeTakenError(await _what_is_free(connection, before.provider_id, to))
    await offers.offer_all(connection, [before, *freed], now=now)


async def _set_status(
    connection: AsyncConnection,
    before: Row[Any],
    to: str,
    reason: str | None,
    clinic: Clinic,
    *,
    person: Principal,
    now: datetime,
) -> None:
    if before.status == "held" and to == "booked" and before.hold_expires_at <= now:
        raise HoldExpiredError("the hold has expired; choose a time again")
    policy.check_change(before.status, to, is_patient=person.role is Role.PATIENT)
    columns: dict[str, Any] = {"status": to, "hold_expires_at": None}
    if before.status == "held" and to == "booked":
        columns["status"] = clinics.status_of_booking(clinic, person)
        mine, at = before.appointment_id, [before.starts_at]
        await clinics.check_rules(connection, clinic, before.patient_id, before, at, person=person, but=mine)
    if to == "arrived":
        columns["arrived_at"] = now
    if to == "cancelled":
        columns["cancel_reason"] = reason
    await repository.change(connection, before.appointment_id, columns)
    offered = WaitListEntry.offer_id == before.appointment_id
    if to == "booked":
        await repository.set_wait_list(connection, offered, status="booked")
    if to == "cancelled":
        await repository.set_wait_list(connection, offered, status="withdrawn", offer_id=None)
        await offers.offer_all(connection, [before], now=now)


async def ask_to_wait(connection: AsyncConnection, wish: NewWaitListEntry, *, person: Principal) -> Row[Any]:
    """Put a patient on the wait list.

    Raises
    ------
    ProviderNotFoundError, ProviderInactiveError, WaitListFullError, InputError
    """
    patient_id = patient_of(person, wish.patient_id)
    if wish.not_after <= max(wish.not_before, clock.now()):
        raise InputError("not_after must be after not_before and after now", code="bad_period")
    await _bookable_provider(connection, wish.provider_id)
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
