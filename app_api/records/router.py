"""HTTP of charts.

Belongs here: routes below `/api/patients/{id}`. Does not belong here: rules (`service`), patients as such.
"""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from app_api.envelope import Act, Write, problems_of_writes
from app_api.identity.access import ReaderLanguage, need
from app_api.identity.context import Context
from app_api.identity.session_book import Principal
from app_api.patients.router import PatientId
from app_api.patients.service import admit
from app_api.problem_docs import problems
from app_api.records import repository, service
from app_api.records.errors import EntryNotFoundError
from app_api.records.insights import said_in
from app_api.records.repository import CARE_TASK, MEDICATION
from app_api.records.schemas import (
    CareTaskChange,
    CareTaskPage,
    CareTaskView,
    ChartEntry,
    InsightList,
    MedicationChange,
    MedicationPage,
    MedicationView,
    NewCareTask,
    NewMedication,
    NewRecord,
    RecordChange,
    RecordHistory,
    RecordPage,
    Visit,
    VisitPage,
)
from app_api.wire import Cursor, Limit, offset_of, offset_page

router = APIRouter(prefix="/api/patients/{patient_id}", tags=["records"])

Reader = Annotated[Principal, Depends(need("record.read"))]
Writer = Annotated[Principal, Depends(need("record.write"))]


@router.get("/visits", response_model=VisitPage, responses=problems(404))
async def list_visits(
    patient_id: PatientId, person: Reader, write: Write, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """List a patient's registrations, the newest first."""

    async def act(tx: Act) -> VisitPage:
        await admit(tx, person, patient_id, "registration")
        offset = offset_of(cursor)
        rows = await repository.visits(tx.connection, patient_id, offset=offset, limit=limit + 1)
        shown, following = offset_page(rows, offset=offset, limit=limit)
        items = [Visit.model_validate(row, from_attributes=True) for row in shown]
        return VisitPage(items=items, next=following)

    return await write.look(person, "record.read", act)


@router.get("/records", response_model=RecordPage, responses=problems(404))
async def list_records(
    patient_id: PatientId, person: Reader, context: Context, write: Write, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """List a patient's entries in their present version, the newest first."""

    async def act(tx: Act) -> RecordPage:
        await admit(tx, person, patient_id, "record")
        offset = offset_of(cursor)
        rows = await repository.records(tx.connection, patient_id, offset=offset, limit=limit + 1)
        shown, following = offset_page(rows, offset=offset, limit=limit)
        items = [await service.view_of_record(context, tx, row) for row in shown]
        return RecordPage(items=items, next=following)

    return await write.look(person, "record.read", act)


@router.post("/records", status_code=201, response_model=ChartEntry, responses=problems_of_writes(404))
async def create_record(
    patient_id: PatientId, body: NewRecord, person: Writer, context: Context, write: Write
) -> Response:
    """Add an entry to a chart."""

    async def act(tx: Act) -> ChartEntry:
        return await service.write_record(context, tx, person, patient_id, body)

    return await write.once(person, "record.write", act, status=201)


@router.get("/records/{record_id}", response_model=RecordHistory, responses=problems(404))
async def read_record(
    patient_id: PatientId, record_id: uuid.UUID, person: Reader, context: Context, write: Write
) -> Response:
    """Read an entry in all its versions, the newest first."""

    async def act(tx: Act) -> RecordHistory:
        await admit(tx, person, patient_id, "record")
        rows = await repository.versions(tx.connection, patient_id, record_id)
        if not rows:
            raise EntryNotFoundError(f"no entry {record_id} in this chart")
        tx.version = rows[0].version
        return RecordHistory(items=[await service.view_of_record(context, tx, row) for row in rows])

    return await write.look(person, "record.read", act)


@router.patch("/records/{record_id}", response_model=ChartEntry, responses=problems_of_writes(404))
async def update_record(
    patient_id: PatientId, record_id: uuid.UUID, body: RecordChange, person: Writer, context: Context, write: Write
) -> Response:
    """Write a new version of an entry; If-Match names the version that was seen."""

    async def act(tx: Act) -> ChartEntry:
        return await service.change_record(context, tx, person, patient_id, record_id, body)

    return await write.once(person, "record.write", act)


@router.get("/medications", response_model=MedicationPage, responses=problems(404))
async def list_medications(
    patient_id: PatientId,
    person: Annotated[Principal, Depends(need("medication.read"))],
    context: Context,
    write: Write,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List medications, active ones first."""

    async def act(tx: Act) -> MedicationPage:
        await admit(tx, person, patient_id, "medication")
        offset = offset_of(cursor)
        rows = await repository.rows_of(tx.connection, MEDICATION, patient_id, offset=offset, limit=limit + 1)
        shown, following = offset_page(rows, offset=offset, limit=limit)
        items = [await service.view_of_medication(context, tx, row) for row in shown]
        return MedicationPage(items=items, next=following)

    return await write.look(person, "medication.read", act)


@router.post("/medications", status_code=201, response_model=MedicationView, responses=problems_of_writes(404))
async def create_medication(
    patient_id: PatientId,
    body: NewMedication,
    person: Annotated[Principal, Depends(need("medication.write"))],
    context: Context,
    write: Write,
) -> Response:
    """Prescribe a medication."""

    async def act(tx: Act) -> MedicationView:
        return await service.prescribe(context, tx, person, patient_id, body)

    return await write.once(person, "medication.write", act, status=201)


@router.patch("/medications/{medication_id}", response_model=MedicationView, responses=problems_of_writes(404))
async def update_medication(
    patient_id: PatientId,
    medication_id: uuid.UUID,
    body: MedicationChange,
    person: Annotated[Principal, Depends(need("medication.write"))],
    context: Context,
    write: Write,
) -> Response:
    """Stop a medication; If-Match names the version that was seen."""

    async def act(tx: Act) -> MedicationView:
        return await service.stop_medication(context, tx, person, patient_id, medication_id)

    return await write.once(person, "medication.write", act)


@router.get("/tasks", response_model=CareTaskPage, responses=problems(404))
async def list_care_tasks(
    patient_id: PatientId,
    person: Annotated[Principal, Depends(need("care_task.read"))],
    context: Context,
    write: Write,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List care tasks, open ones first."""

    async def act(tx: Act) -> CareTaskPage:
        await admit(tx, person, patient_id, "care_task")
        offset = offset_of(cursor)
        rows = await repository.rows_of(tx.connection, CARE_TASK, patient_id, offset=offset, limit=limit + 1)
        shown, following = offset_page(rows, offset=offset, limit=limit)
        items = [await service.view_of_task(context, tx, row) for row in shown]
        return CareTaskPage(items=items, next=following)

    return await write.look(person, "care_task.read", act)


@router.post("/tasks", status_code=201, response_model=CareTaskView, responses=problems_of_writes(404))
async def create_care_task(
    patient_id: PatientId,
    body: NewCareTask,
    person: Annotated[Principal, Depends(need("care_task.write"))],
    context: Context,
    write: Write,
) -> Response:
    """Plan a care task."""

    async def act(tx: Act) -> CareTaskView:
        return await service.plan_task(context, tx, person, patient_id, body)

    return await write.once(person, "care_task.write", act, status=201)


@router.patch("/tasks/{task_id}", response_model=CareTaskView, responses=problems_of_writes(404))
async def update_care_task(
    patient_id: PatientId,
    task_id: uuid.UUID,
    body: CareTaskChange,
    person: Annotated[Principal, Depends(need("care_task.write"))],
    context: Context,
    write: Write,
) -> Response:
    """Close a care task; If-Match names the version that was seen."""

    async def act(tx: Act) -> CareTaskView:
        return await service.close_task(context, tx, person, patient_id, task_id, body.status)

    return await write.once(person, "care_task.write", act)


@router.get("/insights", response_model=InsightList, responses=problems(404))
async def read_insights(
    patient_id: PatientId,
    person: Annotated[Principal, Depends(need("patient.insights"))],
    reader: ReaderLanguage,
    write: Write,
) -> Response:
    """Say what fixed rules make of the chart, each with its reason and source."""

    async def act(tx: Act) -> InsightList:
        return said_in(reader, InsightList(items=await service.insights_of(tx, person, patient_id)))

    return await write.look(person, "patient.insights", act)
