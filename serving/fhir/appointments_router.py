"""HTTP of appointments as FHIR.

Belongs here: `/fhir/R4/Appointment`. Does not belong here: who may see one (`app_api.appointments.service`), what it
says (`mapping`).
"""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from app_api.appointments import repository, service
from app_api.appointments.errors import AppointmentNotFoundError
from app_api.envelope import Act, Write
from app_api.identity.context import Context
from app_api.identity.session_book import Reader
from app_api.wire import offset_page
from core.vocabulary import Role
from serving.fhir import mapping, parameters
from serving.fhir.answers import HOW, FhirId, as_fhir, base_of, is_synthetic, search_of
from serving.fhir.readers import reads
from serving.fhir.resources import Appointment, Bundle
from serving.outcomes import outcomes

router = APIRouter(prefix="/fhir/R4/Appointment", tags=["fhir"])
_ByRead = Annotated[Reader, Depends(reads("Appointment.r", "appointment.read"))]
_BySearch = Annotated[Reader, Depends(reads("Appointment.s", "appointment.read"))]
_CODES: Final = mapping.meanings(mapping.APPOINTMENT_STATUS)


@router.get("/{appointment_id}", response_model=Appointment, responses=outcomes(404), **HOW)
async def read_appointment(appointment_id: FhirId, write: Write, context: Context, person: _ByRead) -> Response:
    """One appointment; to a patient another's is not there."""
    relation, number = _relation(person), _uuid(appointment_id)

    async def look(tx: Act) -> Appointment:
        if number is None:
            tx.about("appointment", relation=relation)
            raise AppointmentNotFoundError("no such appointment")
        tx.about("appointment", number, relation=relation)
        row = await service.read_for(tx.connection, number, person)
        tx.about("appointment", number, patient_id=row.patient_id, relation=relation)
        tx.version = row.version
        return mapping.appointment(row, is_synthetic=is_synthetic(context))

    return as_fhir(await write.look(person, "appointment.read", look))


@router.get(
    "",
    response_model=Bundle,
    responses=outcomes(400, 404),
    openapi_extra=parameters.in_document(parameters.APPOINTMENT),
    **HOW,
)
async def search_appointments(request: Request, write: Write, context: Context, person: _BySearch) -> Response:
    """Appointments by time; a patient finds their own."""
    search = search_of(request, "Appointment", parameters.APPOINTMENT)
    patient_id, span, relation = search.patient("patient"), search.span("date"), _relation(person)
    wanted = {
        "appointment_id": search.uuid("_id"),
        "provider_id": search.uuid("practitioner", "Practitioner"),
        "room_id": search.uuid("location", "Location"),
        "statuses": search.codes("status", mapping.APPOINTMENT_STATUS_SYSTEM, _CODES),
        "since": span.since,
        "until": span.until,
    }

    async def look(tx: Act) -> Bundle:
        tx.about("appointment", relation=relation)
        whose = _whose(person, patient_id)
        page = {"offset": search.offset, "limit": search.limit + 1}
        rows = await repository.starting(tx.connection, patient_id=whose, **wanted, **page)
        shown, following = offset_page(rows, offset=search.offset, limit=search.limit)
        # An id under which nothing is booked may be a name that somebody typed: the audit does not hold it.
        tx.about("appointment", *(row.appointment_id for row in shown), patient_id=whose if shown else None,
                 relation=relation)  # fmt: skip
        found = [mapping.appointment(row, is_synthetic=is_synthetic(context)) for row in shown]
        return mapping.bundle(found, search, base=base_of(request), kind="Appointment", following=following)

    return as_fhir(await write.look(person, "appointment.read", look))


def _whose(person: Reader, patient_id: str | None) -> str | None:
    """Return whose appointments are looked for: to a patient nobody else is there.

    Raises
    ------
    AppointmentNotFoundError
    """
    if person.role is not Role.PATIENT:
        return patient_id
    if patient_id not in (None, person.patient_id):
        raise AppointmentNotFoundError("no such patient")
    return person.patient_id or ""


def _relation(person: Reader) -> str:
    return "own" if person.role is Role.PATIENT else "any"


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
