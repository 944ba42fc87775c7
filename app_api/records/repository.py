"""All SQL of charts.

Belongs here: queries on records, medications, doses, tasks, a patient's visits. Does not belong here: rules, `commit`.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Table, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db.tables import (
    CareTask,
    Medication,
    MedicationDose,
    Patient,
    Record,
    RecordVersion,
    Registration,
    UserAccount,
)

MEDICATION: Table = Medication.__table__  # type: ignore[assignment]
CARE_TASK: Table = CareTask.__table__  # type: ignore[assignment]


def _records() -> Select[Any]:
    return (
        select(
            Record.record_id,
            Record.patient_id,
            Record.kind,
            Record.condition_code,
            Record.created_at,
            RecordVersion.version,
            RecordVersion.sealed,
            RecordVersion.written_at,
            UserAccount.display_name.label("written_by"),
        )
        .join(RecordVersion, RecordVersion.record_id == Record.record_id)
        .join(UserAccount, UserAccount.user_id == RecordVersion.written_by)
    )


async def records(connection: AsyncConnection, patient_id: str, *, offset: int, limit: int) -> Sequence[Row[Any]]:
    """Return a patient's entries in their present version, the newest first."""
    query = _records().where(Record.patient_id == patient_id, RecordVersion.version == Record.version)
    query = query.order_by(Record.created_at.desc(), Record.record_id).offset(offset).limit(limit)
    return (await connection.execute(query)).all()


async def versions(connection: AsyncConnection, patient_id: str, record_id: uuid.UUID) -> Sequence[Row[Any]]:
    """Return all versions of one entry, the newest first."""
    query = _records().where(Record.patient_id == patient_id, Record.record_id == record_id)
    return (await connection.execute(query.order_by(RecordVersion.version.desc()))).all()


async def lock_record(connection: AsyncConnection, patient_id: str, record_id: uuid.UUID) -> Row[Any] | None:
    query = select(*Record.__table__.columns).where(Record.patient_id == patient_id, Record.record_id == record_id)
    return (await connection.execute(query.with_for_update())).one_or_none()


async def add_record(connection: AsyncConnection, columns: Mapping[str, Any]) -> None:
    await connection.execute(insert(Record).values(**columns))


async def add_version(connection: AsyncConnection, columns: Mapping[str, Any]) -> None:
    await connection.execute(insert(RecordVersion).values(**columns))


async def set_version(connection: AsyncConnection, record_id: uuid.UUID, version: int) -> None:
    await connection.execute(update(Record).where(Record.record_id == record_id).values(version=version))


def _id_of(table: Table) -> ColumnElement[Any]:
    return next(iter(table.primary_key.columns))


async def rows_of(
    connection: AsyncConnection, table: Table, patient_id: str, *, offset: int, limit: int
) -> Sequence[Row[Any]]:
    """Return a patient's medications or tasks, open ones first, then the newest."""
    closed = table.c.status.not_in(("active", "open"))
    query = select(table).where(table.c.patient_id == patient_id).order_by(closed, _id_of(table).desc())
    return (await connection.execute(query.offset(offset).limit(limit))).all()


async def open_tasks(
    connection: AsyncConnection, whose: ColumnElement[bool], *, offset: int, limit: int
) -> Sequence[Row[Any]]:
    """Return the open tasks of the patients that `whose` picks, those due first before, with the patient's seal."""
    query = (
        select(CARE_TASK, Patient.sealed.label("patient_sealed"))
        .join(Patient, Patient.patient_id == CARE_TASK.c.patient_id)
        .where(CARE_TASK.c.status == "open", whose)
        .order_by(CARE_TASK.c.due_at.asc().nulls_last(), CARE_TASK.c.priority, CARE_TASK.c.task_id)
    )
    return (await connection.execute(query.offset(offset).limit(limit))).all()


async def due_medications(
    connection: AsyncConnection, whose: ColumnElement[bool], *, before: datetime, offset: int, limit: int
) -> Sequence[Row[Any]]:
    """Return medications with a dose due before a moment, those due first before, with the patient's seal."""
    query = (
        select(MEDICATION, Patient.sealed.label("patient_sealed"))
        .join(Patient, Patient.patient_id == MEDICATION.c.patient_id)
        .where(MEDICATION.c.next_due_at < before, whose)
        .order_by(MEDICATION.c.next_due_at, MEDICATION.c.medication_id)
    )
    return (await connection.execute(query.offset(offset).limit(limit))).all()


async def doses(
    connection: AsyncConnection, patient_id: str, medication_id: uuid.UUID, *, offset: int, limit: int
) -> Sequence[Row[Any]]:
    """Return what became of the doses of one medicine, the newest due time first."""
    query = (
        select(*MedicationDose.__table__.columns, UserAccount.display_name.label("recorded_by_name"))
        .join(UserAccount, UserAccount.user_id == MedicationDose.recorded_by)
        .where(MedicationDose.patient_id == patient_id, MedicationDose.medication_id == medication_id)
        .order_by(MedicationDose.due_at.desc(), MedicationDose.dose_id.desc())
    )
    return (await connection.execute(query.offset(offset).limit(limit))).all()


async def add_dose(connection: AsyncConnection, columns: Mapping[str, Any]) -> None:
    await connection.execute(insert(MedicationDose).values(**columns))


async def lock_row(connection: AsyncConnection, table: Table, patient_id: str, row_id: uuid.UUID) -> Row[Any] | None:
    query = select(table).where(table.c.patient_id == patient_id, _id_of(table) == row_id).with_for_update()
    return (await connection.execute(query)).one_or_none()


async def add_row(connection: AsyncConnection, table: Table, columns: Mapping[str, Any]) -> None:
    await connection.execute(insert(table).values(**columns))


async def change_row(connection: AsyncConnection, table: Table, row_id: uuid.UUID, columns: Mapping[str, Any]) -> None:
    await connection.execute(update(table).where(_id_of(table) == row_id).values(**columns))


async def visits(connection: AsyncConnection, patient_id: str, *, offset: int, limit: int) -> Sequence[Row[Any]]:
    """Return a patient's registrations, the newest first."""
    query = (
        select(*Registration.__table__.columns)
        .where(Registration.patient_id == patient_id)
        .order_by(Registration.registered_at.desc(), Registration.registration_seq.desc())
        .offset(offset)
        .limit(limit)
    )
    return (await connection.execute(query)).all()
