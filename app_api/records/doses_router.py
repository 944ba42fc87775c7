"""HTTP of doses: those that are due for all of a person's patients, and those of one medicine.

Belongs here: `/api/doses` and the doses below a medication. Does not belong here: rules (`doses`), prescribing.
"""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from app_api.envelope import Act, Write, problems_of_writes
from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.identity.session_book import Principal
from app_api.patients.router import PatientId
from app_api.problem_docs import problems
from app_api.records import doses
from app_api.records.schemas import DosePage, DoseRecorded, DueDosePage, NewDose
from app_api.wire import Cursor, Limit, offset_of, offset_page

router = APIRouter(tags=["records"])
_OF_MEDICATION = "/api/patients/{patient_id}/medications/{medication_id}/doses"


@router.get("/api/doses", response_model=DueDosePage)
async def list_due_doses(
    person: Annotated[Principal, Depends(need("dose.worklist"))],
    context: Context,
    write: Write,
    hours: Annotated[int, Query(ge=1, le=48, description="How far ahead; late doses are always there")] = 12,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the doses that are due of the patients whom one may see, late ones first."""

    async def act(tx: Act) -> DueDosePage:
        offset = offset_of(cursor)
        items = await doses.due(context, tx, person, hours=hours, offset=offset, limit=limit)
        shown, following = offset_page(items, offset=offset, limit=limit)
        return DueDosePage(items=list(shown), next=following)

    return await write.look(person, "dose.worklist", act)


@router.get(_OF_MEDICATION, response_model=DosePage, responses=problems(404))
async def list_doses(
    patient_id: PatientId,
    medication_id: uuid.UUID,
    person: Annotated[Principal, Depends(need("medication.read"))],
    write: Write,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List what became of the doses of one medicine, the newest first."""

    async def act(tx: Act) -> DosePage:
        offset = offset_of(cursor)
        items = await doses.of_medication(tx, person, patient_id, medication_id, offset=offset, limit=limit)
        shown, following = offset_page(items, offset=offset, limit=limit)
        return DosePage(items=list(shown), next=following)

    return await write.look(person, "medication.read", act)


@router.post(_OF_MEDICATION, status_code=201, response_model=DoseRecorded, responses=problems_of_writes(404))
async def record_dose(
    patient_id: PatientId,
    medication_id: uuid.UUID,
    body: NewDose,
    person: Annotated[Principal, Depends(need("dose.record"))],
    write: Write,
) -> Response:
    """Record the dose that is due as given or left out; If-Match names the version of the medication that was seen."""

    async def act(tx: Act) -> DoseRecorded:
        return await doses.record(tx, person, patient_id, medication_id, body)

    return await write.once(person, "dose.record", act, status=201)
