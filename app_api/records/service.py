"""The acts on a chart.

Belongs here: rules applied to rows, sealing and opening. Does not belong here: HTTP, SQL text, `commit`.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Table

from app_api.envelope import Act
from app_api.identity.context import AppContext
from app_api.identity.session_book import Principal
from app_api.patients import wall
from app_api.patients.repository import is_seen
from app_api.patients.service import admit, display_name
from app_api.records import dosing, repository
from app_api.records.errors import EntryNotFoundError, NotOpenError
from app_api.records.insights import Chart, insights
from app_api.records.repository import CARE_TASK, MEDICATION
from app_api.records.schemas import (
    CareTaskView,
    ChartEntry,
    DueTask,
    Insight,
    MedicationView,
    NewCareTask,
    NewMedication,
    NewRecord,
    RecordChange,
)
from core import clock
from core.errors import InputError
from core.ids import new_uuid
from core.vocabulary import Role


async def view_of_record(context: AppContext, tx: Act, row: Row[Any]) -> ChartEntry:
    """Return an entry with its words."""
    words = await context.vault.open(tx.connection, row.sealed, "record_version", row.record_id, row.version)
    return ChartEntry.model_validate({**row._mapping, **words})


async def write_record(context: AppContext, tx: Act, person: Principal, patient_id: str, wish: NewRecord) -> ChartEntry:
    """Add an entry to a chart."""
    relation = await admit(tx, person, patient_id, "record")
    record_id, now = new_uuid(), clock.now()
    tx.about("record", record_id, patient_id=patient_id, relation=relation)
    columns = {"record_id": record_id, "patient_id": patient_id, "kind": wish.kind.value, "version": 1,
               "condition_code": wish.condition_code, "created_by": person.user_id, "created_at": now}  # fmt: skip
    await repository.add_record(tx.connection, columns)
    await _add_version(context, tx, person, columns, wish.title, wish.text)
    tx.version = 1
    tx.tell("records", {"patient_id": patient_id, "record_id": str(record_id)})
    return await _newest(context, tx, patient_id, record_id)


async def change_record(
    context: AppContext, tx: Act, person: Principal, patient_id: str, record_id: uuid.UUID, wish: RecordChange
) -> ChartEntry:
    """Add a version to an entry.

    Raises
    ------
    EntryNotFoundError, VersionStaleError, VersionMissingError
    """
    relation = await admit(tx, person, patient_id, "record")
    row = await repository.lock_record(tx.connection, patient_id, record_id)
    if row is None:
        raise EntryNotFoundError(f"no entry {record_id} in this chart")
    tx.about("record", record_id, patient_id=patient_id, relation=relation, fields=("text", "title"))
    tx.check_version(row.version)
    tx.version = row.version + 1
    await _add_version(context, tx, person, {**row._mapping, "version": tx.version}, wish.title, wish.text)
    await repository.set_version(tx.connection, record_id, tx.version)
    tx.tell("records", {"patient_id": patient_id, "record_id": str(record_id)})
    return await _newest(context, tx, patient_id, record_id)


async def _add_version(
    context: AppContext, tx: Act, person: Principal, record: Mapping[str, Any], title: str, words: str
) -> None:
    key = (record["record_id"], record["version"])
    sealed = await context.vault.seal(tx.connection, {"title": title, "text": words}, "record_version", *key)
    await repository.add_version(
        tx.connection,
        {"record_id": key[0], "version": key[1], "patient_id": record["patient_id"], "written_by": person.user_id,
         "written_at": clock.now(), **sealed},
    )  # fmt: skip


async def _newest(context: AppContext, tx: Act, patient_id: str, record_id: uuid.UUID) -> ChartEntry:
    rows = await repository.versions(tx.connection, patient_id, record_id)
    return await view_of_record(context, tx, rows[0])


async def prescribe(
    context: AppContext, tx: Act, person: Principal, patient_id: str, wish: NewMedication
) -> MedicationView:
    """Add a medication."""
    relation = await admit(tx, person, patient_id, "medication")
    row_id = new_uuid()
    tx.about("medication", row_id, patient_id=patient_id, relation=relation)
    words = wish.model_dump(include={"name", "dose", "instruction"})
    now = clock.now()
    started_at = wish.started_at or now
    columns = {
        "medication_id": row_id, "patient_id": patient_id, "status": "active", "version": 1,
        "prescribed_by": person.user_id, "started_at": started_at, "stopped_at": None,
        "interval_hours": wish.interval_hours, "next_due_at": _first_due(wish, started_at, now),
    }  # fmt: skip
    sealed = await context.vault.seal(tx.connection, words, "medication", row_id)
    await repository.add_row(tx.connection, MEDICATION, columns | sealed)
    tx.version = 1
    tx.tell("medications", {"medication_id": str(row_id)})
    return MedicationView.model_validate(columns | words)


def _first_due(wish: NewMedication, started_at: datetime, now: datetime) -> datetime | None:
    if wish.interval_hours is None:
        if wish.first_due_at is not None:
            raise InputError("first_due_at needs interval_hours: what is taken when needed is never due")
        return None
    return dosing.first_due(wish.first_due_at or started_at, wish.interval_hours, now=now)


async def row_to_change(
    tx: Act, person: Principal, patient_id: str, table: Table, row_id: uuid.UUID, *, field: str
) -> Row[Any]:
    """Lock a medication or a care task of a chart for a change of one field, and say so to the audit.

    Raises
    ------
    EntryNotFoundError, VersionStaleError, VersionMissingError
    """
    kind, noun = ("medication", "medication") if table is MEDICATION else ("care_task", "task")
    relation = await admit(tx, person, patient_id, kind)
    row = await repository.lock_row(tx.connection, table, patient_id, row_id)
    if row is None:
        raise EntryNotFoundError(f"no {noun} {row_id} in this chart")
    tx.about(kind, row_id, patient_id=patient_id, relation=relation, fields=(field,))
    tx.check_version(row.version)
    return row


async def stop_medication(
    context: AppContext, tx: Act, person: Principal, patient_id: str, row_id: uuid.UUID
) -> MedicationView:
    """Stop a medication; it stays in the chart.

    Raises
    ------
    EntryNotFoundError, NotOpenError, VersionStaleError, VersionMissingError
    """
    row = await row_to_change(tx, person, patient_id, MEDICATION, row_id, field="status")
    if row.status != "active":
        raise NotOpenError("this medication was stopped already")
    tx.version = row.version + 1
    changed = {"status": "stopped", "stopped_at": clock.now(), "next_due_at": None, "version": tx.version}
    await repository.change_row(tx.connection, MEDICATION, row_id, changed)
    tx.tell("medications", {"medication_id": str(row_id)})
    return await view_of_medication(context, tx, row, changed)


async def view_of_medication(
    context: AppContext, tx: Act, row: Row[Any], changed: Mapping[str, Any] | None = None
) -> MedicationView:
    words = await context.vault.open(tx.connection, row.sealed, "medication", row.medication_id)
    return MedicationView.model_validate({**row._mapping, **(changed or {}), **words})


async def plan_task(
    context: AppContext, tx: Act, person: Principal, patient_id: str, wish: NewCareTask
) -> CareTaskView:
    """Add a care task."""
    relation = await admit(tx, person, patient_id, "care_task")
    row_id = new_uuid()
    tx.about("care_task", row_id, patient_id=patient_id, relation=relation)
    columns = {
        "task_id": row_id, "patient_id": patient_id, "status": "open", "priority": wish.priority,
        "due_at": wish.due_at, "version": 1, "created_by": person.user_id, "created_at": clock.now(),
        "done_by": None, "done_at": None,
    }  # fmt: skip
    sealed = await context.vault.seal(tx.connection, {"title": wish.title}, "care_task", row_id)
    await repository.add_row(tx.connection, CARE_TASK, columns | sealed)
    tx.version = 1
    tx.tell("care_tasks", {"task_id": str(row_id)})
    return CareTaskView.model_validate(columns | {"title": wish.title})


async def close_task(
    context: AppContext, tx: Act, person: Principal, patient_id: str, row_id: uuid.UUID, status: str
) -> CareTaskView:
    """Say that a task is done, or will not be.

    Raises
    ------
    EntryNotFoundError, NotOpenError, VersionStaleError, VersionMissingError
    """
    row = await row_to_change(tx, person, patient_id, CARE_TASK, row_id, field="status")
    if row.status != "open":
        raise NotOpenError("this task is closed")
    tx.version = row.version + 1
    changed = {"status": status, "done_by": person.user_id, "done_at": clock.now(), "version": tx.version}
    await repository.change_row(tx.connection, CARE_TASK, row_id, changed)
    tx.tell("care_tasks", {"task_id": str(row_id)})
    return await view_of_task(context, tx, row, changed)


async def view_of_task(
    context: AppContext, tx: Act, row: Row[Any], changed: Mapping[str, Any] | None = None
) -> CareTaskView:
    words = await context.vault.open(tx.connection, row.sealed, "care_task", row.task_id)
    return CareTaskView.model_validate({**row._mapping, **(changed or {}), **words})


async def tasks_due(context: AppContext, tx: Act, person: Principal, *, offset: int, limit: int) -> list[DueTask]:
    """Return the open tasks of the patients whom a person may see (one more than a page), those due first before."""
    now = clock.now()
    await wall.enter(tx.connection, person)
    rows = await repository.open_tasks(tx.connection, is_seen(person, now=now), offset=offset, limit=limit + 1)
    tx.about("care_task", *(row.task_id for row in rows[:limit]), relation="assigned")
    return [
        DueTask(
            **(await view_of_task(context, tx, row)).model_dump(),
            display_name=await display_name(context, tx, row.patient_sealed, row.patient_id),
            is_overdue=row.due_at is not None and row.due_at < now,
        )
        for row in rows
    ]


async def insights_of(tx: Act, person: Principal, patient_id: str) -> list[Insight]:
    """Return what the rules say of a chart."""
    await admit(tx, person, patient_id, "insights")
    visits = await repository.visits(tx.connection, patient_id, offset=0, limit=50)
    medicines = await repository.rows_of(tx.connection, MEDICATION, patient_id, offset=0, limit=200)
    tasks = await repository.rows_of(tx.connection, CARE_TASK, patient_id, offset=0, limit=200)
    chart = Chart(
        [dict(row._mapping) for row in visits],
        sum(1 for row in medicines if row.status == "active"),
        [row.due_at for row in tasks if row.status == "open" and row.due_at is not None],
    )
    return insights(chart, now=clock.now(), is_for_patient=person.role is Role.PATIENT)
