"""How patients may book at a clinic: its mode and its rules, read and changed; and whether a booking keeps to them.

Belongs here: the acts. Does not belong here: the rules' evaluation (`rules`), HTTP, `commit`.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.appointments import clinics_repository as repository
from app_api.appointments import rules
from app_api.appointments.errors import ClinicNotFoundError, PortalClosedError, RuleBrokenError
from app_api.appointments.rules import Booked, Rule
from app_api.appointments.schemas import ClinicSettings, ClinicView, PortalMode
from app_api.identity.session_book import Principal
from app_api.time_zones import zone
from core import clock
from core.vocabulary import Role


@dataclass(frozen=True)
class Clinic:
    """What holds at a facility; version 0 while nothing was set."""

    facility: str
    portal_mode: PortalMode
    rules: tuple[Rule, ...]
    version: int


def _of(facility: str, row: Row[Any] | None) -> Clinic:
    if row is None:
        return Clinic(facility, "self_book", (), 0)
    return Clinic(facility, row.portal_mode, tuple(Rule.model_validate(rule) for rule in row.rules), row.version)


async def clinic_of(connection: AsyncConnection, facility: str) -> Clinic:
    """Return what holds at a facility."""
    return _of(facility, await repository.clinic(connection, facility))


async def listed(connection: AsyncConnection) -> list[ClinicView]:
    """Return every facility where somebody can be seen, with what holds there."""
    rows = {row.facility: row for row in await repository.clinics(connection)}
    return [view(_of(name, rows.get(name))) for name in await repository.facilities(connection)]


def view(clinic: Clinic) -> ClinicView:
    return ClinicView(
        facility=clinic.facility, portal_mode=clinic.portal_mode, rules=list(clinic.rules), version=clinic.version
    )


async def change(
    connection: AsyncConnection,
    facility: str,
    wish: ClinicSettings,
    *,
    person: Principal,
    check_version: Callable[[int], None],
) -> Clinic:
    """Set mode and rules of a facility.

    Raises
    ------
    ClinicNotFoundError, VersionMissingError, VersionStaleError
    """
    known = await repository.facilities(connection)
    if facility not in known:
        raise ClinicNotFoundError(f"nobody is seen at this facility; allowed are: {', '.join(known) or 'none'}")
    await repository.lock(connection, facility)
    before = await clinic_of(connection, facility)
    check_version(before.version)
    columns = {
        "facility": facility,
        "portal_mode": wish.portal_mode,
        "rules": [rule.model_dump() for rule in wish.rules],
        "version": before.version + 1,
        "updated_by": person.user_id,
        "updated_at": clock.now(),
    }
    await repository.keep(connection, columns)
    return await clinic_of(connection, facility)


def check_portal(clinic: Clinic, person: Principal) -> None:
    """Refuse a patient's act where patients only look.

    Raises
    ------
    PortalClosedError
    """
    if person.role is Role.PATIENT and clinic.portal_mode == "view_only":
        raise PortalClosedError(f"portal_mode at {clinic.facility} is view_only: call the clinic to book or change")


def status_of_booking(clinic: Clinic, person: Principal) -> str:
    """Return what a booking becomes: of a patient where staff confirm, a request."""
    return "requested" if person.role is Role.PATIENT and clinic.portal_mode == "request" else "booked"


async def check_rules(
    connection: AsyncConnection,
    clinic: Clinic,
    patient_id: str,
    provider: Row[Any],
    wishes: Sequence[datetime],
    *,
    person: Principal,
    but: uuid.UUID | None = None,
) -> None:
    """Refuse a booking that breaks a rule of the clinic; the caller holds the patient's lock.

    Parameters
    ----------
    but : UUID, optional
        An appointment that does not count: the one that is moved or confirmed.

    Raises
    ------
    RuleBrokenError
    """
    if not clinic.rules:
        return
    now = clock.now()
    since = now - timedelta(days=rules.NO_SHOW_DAYS)
    rows = await repository.of_patient_at(connection, patient_id, clinic.facility, since=since, but=but)
    fault = rules.broken(
        clinic.rules,
        wishes,
        [Booked(row.provider_id, row.starts_at, row.status) for row in rows],
        provider_id=provider.provider_id,
        tz=zone(provider.time_zone),
        now=now,
        is_patient=person.role is Role.PATIENT,
    )
    if fault is not None:
        raise RuleBrokenError(f"{clinic.facility}: {fault}")
