"""HTTP of patients.

Belongs here: routes of `/api/patients`. Does not belong here: rules (`service`), charts (`app_api.records`).
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from app_api.envelope import Act, Write, problems_of_writes
from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.identity.session_book import Principal
from app_api.patients import looks, repository, service
from app_api.patients.errors import PatientNotFoundError
from app_api.patients.schemas import (
    CareTeamList,
    EmergencyAccess,
    EmergencyWish,
    LookPage,
    NewPatient,
    PatientChange,
    PatientPage,
    PatientView,
    TeamMember,
)
from app_api.problem_docs import problems
from app_api.wire import Cursor, Limit, offset_of, offset_page
from core import clock
from core.vocabulary import Role

router = APIRouter(prefix="/api/patients", tags=["patients"])

PatientId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
Reader = Annotated[Principal, Depends(need("patient.read"))]


@router.get("", response_model=PatientPage)
async def list_patients(
    person: Annotated[Principal, Depends(need("patient.list"))],
    context: Context,
    write: Write,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the patients that one may see: assigned ones, for nurses also those of the last day; a patient: oneself."""
    offset = offset_of(cursor)

    async def act(tx: Act) -> PatientPage:
        lines = await service.listed(context, tx, person, offset=offset, limit=limit)
        shown, following = offset_page(lines, offset=offset, limit=limit)
        return PatientPage(items=shown, next=following)

    return await write.look(person, "patient.list", act)


@router.post("", status_code=201, response_model=PatientView, responses=problems_of_writes())
async def create_patient(
    body: NewPatient, person: Annotated[Principal, Depends(need("patient.create"))], context: Context, write: Write
) -> Response:
    """Enter a patient; 409 when the identifier is known, or the match score finds somebody."""

    async def act(tx: Act) -> PatientView:
        return await service.enter(context, tx, person, body)

    return await write.once(person, "patient.create", act, status=201)


@router.get("/{patient_id}", response_model=PatientView, responses=problems(404))
async def read_patient(patient_id: PatientId, person: Reader, context: Context, write: Write) -> Response:
    """Read one patient; 404 also when one may not see them."""

    async def act(tx: Act) -> PatientView:
        return await service.read(context, tx, person, patient_id)

    return await write.look(person, "patient.read", act)


@router.patch("/{patient_id}", response_model=PatientView, responses=problems_of_writes(404))
async def update_patient(
    patient_id: PatientId,
    body: PatientChange,
    person: Annotated[Principal, Depends(need("patient.update"))],
    context: Context,
    write: Write,
) -> Response:
    """Change what is said of a patient; If-Match names the version that was seen."""

    async def act(tx: Act) -> PatientView:
        return await service.change(context, tx, person, patient_id, body)

    return await write.once(person, "patient.update", act)


@router.get("/{patient_id}/care-team", response_model=CareTeamList, responses=problems(404))
async def read_care_team(patient_id: PatientId, person: Reader, write: Write) -> Response:
    """List who is assigned to a patient."""

    async def act(tx: Act) -> CareTeamList:
        await service.admit(tx, person, patient_id, "care_team")
        rows = await repository.care_team(tx.connection, patient_id, now=clock.now())
        return CareTeamList(items=[TeamMember.model_validate(row, from_attributes=True) for row in rows])

    return await write.look(person, "patient.read", act)


@router.get("/{patient_id}/access-log", response_model=LookPage, responses=problems(404))
async def read_access_log(
    patient_id: PatientId,
    person: Annotated[Principal, Depends(need("patient.access_log"))],
    write: Write,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Say who looked at a patient or changed something: for the patient, and for the administrator."""
    offset = offset_of(cursor)

    async def act(tx: Act) -> LookPage:
        if person.role is Role.ADMIN:
            tx.about("access_log", patient_id, patient_id=patient_id, relation="any")
            if not await repository.is_known(tx.connection, patient_id):
                raise PatientNotFoundError("no such patient")
        else:
            await service.admit(tx, person, patient_id, "access_log")
        items = await looks.looks(tx.connection, patient_id, offset=offset, limit=limit + 1)
        shown, following = offset_page(items, offset=offset, limit=limit)
        return LookPage(items=shown, next=following)

    return await write.look(person, "patient.access_log", act)


@router.post(
    "/{patient_id}/break-glass", status_code=201, response_model=EmergencyAccess, responses=problems_of_writes(404)
)
async def break_glass(
    patient_id: PatientId,
    body: EmergencyWish,
    person: Annotated[Principal, Depends(need("patient.break_glass"))],
    context: Context,
    write: Write,
) -> Response:
    """Open any chart for an hour with a reason; the patient sees it, an administrator reviews it."""

    async def act(tx: Act) -> EmergencyAccess:
        return await service.break_glass(context, tx, person, patient_id, body)

    return await write.once(person, "patient.break_glass", act, status=201)
