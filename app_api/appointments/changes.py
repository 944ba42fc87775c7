"""What is done with an appointment that exists: confirmed, moved, marked, cancelled, checked in.

Belongs here: these acts and their rules. Does not belong here: booking something new (`service`), which state may
follow which (`policy`), what becomes of a freed time (`offers`), HTTP, SQL text, `commit`.
"""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.appointments import clinics, offers, policy, repository, service
from app_api.appointments.clinics import Clinic
from app_api.appointments.errors import ChangeNotAllowedError, HoldExpiredError, TimeTakenError
from app_api.appointments.policy import Slot
from app_api.appointments.schemas import AppointmentChange
from app_api.identity.session_book import Principal
from core import clock
from core.db.tables import WaitListEntry
from core.errors import InputError
from core.vocabulary import Role


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
    await service.read_for(connection, appointment_id, person)
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
    return await service.read(connection, appointment_id)


async def locked(connection: AsyncConnection, appointment_id: uuid.UUID) -> Row[Any]:
    """Wait for others who book with the same provider, room or patient, lock an appointment and return it.

    Raises
    ------
    AppointmentNotFoundError
    """
    seen = await service.read(connection, appointment_id)
    await service.queue_up(connection, seen.provider_id, seen.room_id, seen.patient_id)
    await repository.lock(connection, appointment_id)
    return await service.read(connection, appointment_id)


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
    return await service.read(connection, before.appointment_id)


async def _reschedule(
    connection: AsyncConnection, before: Row[Any], to: Slot, clinic: Clinic, *, person: Principal, now: datetime
) -> None:
    if before.status not in ("booked", "requested"):
        raise ChangeNotAllowedError(f"the appointment is {before.status}; only a booked or requested one can be moved")
    policy.check_span(to.starts_at, to.ends_at, now=now)
    await service.bookable_provider(connection, before.provider_id)
    freed = await offers.end_holds(connection, now)
    mine = before.appointment_id
    await clinics.check_rules(connection, clinic, before.patient_id, before, [to.starts_at], person=person, but=mine)
    columns: dict[str, Any] = {"during": repository.span(to.starts_at, to.ends_at)}
    if person.role is Role.PATIENT:
        columns["status"] = clinics.status_of_booking(clinic, person)
    if not await repository.change(connection, mine, columns):
        raise TimeTakenError(await service.what_is_free(connection, before.provider_id, to))
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
