"""The acts on doses: what is due for whom, and what became of it.

Belongs here: rules applied to rows, opening names. Does not belong here: HTTP, SQL text, `commit`, times (`dosing`).
"""

import uuid
from datetime import datetime, timedelta

from app_api.envelope import Act
from app_api.identity.context import AppContext
from app_api.identity.session_book import Principal
from app_api.patients import wall
from app_api.patients.repository import is_seen
from app_api.patients.service import admit, display_name
from app_api.records import dosing, repository
from app_api.records.errors import DoseNotDueError, NotOpenError
from app_api.records.repository import MEDICATION
from app_api.records.schemas import DoseRecorded, DoseView, DueDose, NewDose
from app_api.records.service import row_to_change
from core import clock
from core.errors import InputError
from core.ids import new_uuid


async def due(context: AppContext, tx: Act, person: Principal, *, hours: int, offset: int, limit: int) -> list[DueDose]:
    """Return the doses due within `hours` of the patients whom a person may see (one more than a page), late first."""
    now = clock.now()
    await wall.enter(tx.connection, person)
    rows = await repository.due_medications(
        tx.connection, is_seen(person, now=now), before=now + timedelta(hours=hours), offset=offset, limit=limit + 1
    )
    tx.about("medication", *(row.medication_id for row in rows[:limit]), relation="assigned")
    return [
        DueDose(
            **await context.vault.open(tx.connection, row.sealed, "medication", row.medication_id),
            medication_id=row.medication_id,
            patient_id=row.patient_id,
            display_name=await display_name(context, tx, row.patient_sealed, row.patient_id),
            due_at=row.next_due_at,
            state=dosing.state_of(row.next_due_at, row.interval_hours, now=now),
            version=row.version,
        )
        for row in rows
    ]


async def record(tx: Act, person: Principal, patient_id: str, medication_id: uuid.UUID, wish: NewDose) -> DoseRecorded:
    """Say what became of the dose that is due; the medicine is then due at the next time.

    Raises
    ------
    EntryNotFoundError, NotOpenError, DoseNotDueError, InputError, VersionStaleError, VersionMissingError
    """
    row = await row_to_change(tx, person, patient_id, MEDICATION, medication_id, field="next_due_at")
    if row.status != "active":
        raise NotOpenError("this medication was stopped: no dose of it is due")
    if row.next_due_at is None:
        raise DoseNotDueError("this medication is taken when needed: no dose of it is due")
    now = clock.now()
    given_at = _given_at(wish, now)
    _refuse_early(row.next_due_at, row.interval_hours, given_at or now)
    tx.version = row.version + 1
    next_due_at = (
        dosing.due_after_not_given(row.next_due_at, row.interval_hours, now=now)
        if given_at is None
        else dosing.due_after_given(row.next_due_at, row.interval_hours, given_at=given_at)
    )
    columns = {
        "dose_id": new_uuid(), "medication_id": medication_id, "patient_id": patient_id, "due_at": row.next_due_at,
        "outcome": wish.outcome, "reason_code": wish.reason_code, "given_at": given_at, "recorded_by": person.user_id,
        "recorded_at": now,
    }  # fmt: skip
    await repository.add_dose(tx.connection, columns)
    changed = {"next_due_at": next_due_at, "version": tx.version}
    await repository.change_row(tx.connection, MEDICATION, medication_id, changed)
    tx.tell("medications", {"medication_id": str(medication_id)})
    return DoseRecorded.model_validate({**columns, "recorded_by": person.display_name, "next_due_at": next_due_at})


def _given_at(wish: NewDose, now: datetime) -> datetime | None:
    """Return when the dose was given, or None when it was left out."""
    if wish.outcome == "not_given":
        if wish.reason_code is None:
            raise InputError("a dose that was not given needs a reason_code")
        if wish.given_at is not None:
            raise InputError("a dose that was not given has no given_at")
        return None
    if wish.reason_code is not None:
        raise InputError("reason_code belongs to a dose that was not given")
    if wish.given_at is not None and wish.given_at > now:
        raise InputError("given_at is in the future", code="future_time")
    return wish.given_at or now


def _refuse_early(due_at: datetime, interval_hours: int, at: datetime) -> None:
    tolerance = dosing.tolerance(interval_hours)
    if at < due_at - tolerance:
        minutes = tolerance // timedelta(minutes=1)
        raise DoseNotDueError(f"the time of this dose has not come: from {minutes} minutes before it is due")


async def of_medication(
    tx: Act, person: Principal, patient_id: str, medication_id: uuid.UUID, *, offset: int, limit: int
) -> list[DoseView]:
    """Return what became of the doses of one medicine (one more than a page), the newest first."""
    await admit(tx, person, patient_id, "medication")
    rows = await repository.doses(tx.connection, patient_id, medication_id, offset=offset, limit=limit + 1)
    return [DoseView.model_validate({**row._mapping, "recorded_by": row.recorded_by_name}) for row in rows]
