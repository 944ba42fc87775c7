"""HTTP of risk assessments as FHIR.

Belongs here: `/fhir/R4/RiskAssessment`. Does not belong here: making an assessment (`serving.risk`), who may see one
(`readers`), what it says (`mapping`).

An assessment that was asked for without a registration is of nobody and is not served. Assessments name no patient,
only a visit's keyed hash; the account behind the second wall does not read them, so they are read outside of it.
"""

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from app_api.envelope import Act, Write
from app_api.identity.context import Context
from app_api.identity.session_book import Reader
from app_api.patients.errors import PatientNotFoundError
from app_api.records import repository as records
from app_api.wire import offset_page
from serving.fhir import mapping, parameters
from serving.fhir.answers import HOW, FhirId, as_fhir, base_of, is_synthetic, search_of, told
from serving.fhir.errors import AssessmentNotFoundError, SearchRefusedError
from serving.fhir.identifiers import native_id
from serving.fhir.readers import admit_to_risk, reads
from serving.fhir.resources import Bundle, RiskAssessment
from serving.outcomes import outcomes
from serving.risk import repository
from serving.risk.receipts import GATHER_SECONDS, Receipts

router = APIRouter(prefix="/fhir/R4/RiskAssessment", tags=["fhir"])
_ByRead = Annotated[Reader, Depends(reads("RiskAssessment.r", "patient.risk"))]
_BySearch = Annotated[Reader, Depends(reads("RiskAssessment.s", "patient.risk"))]
#: Visits of a patient whose assessments are looked for, the newest first.
_VISITS: Final = 1000


@router.get("/{assessment_id}", response_model=RiskAssessment, responses=outcomes(404), **HOW)
async def read_risk_assessment(
    assessment_id: FhirId, write: Write, context: Context, receipts: Receipts, person: _ByRead
) -> Response:
    """What a version of the model said of a visit; 404 also when one may not see the patient."""
    row = await _kept(context.engine, native_id(assessment_id))

    async def look(tx: Act) -> RiskAssessment:
        tx.about("risk", relation="other")
        if row is None or receipts.registration_key(row.registration_id) != row.registration_key:
            raise AssessmentNotFoundError("no such assessment of a patient whom you may see")
        try:
            await admit_to_risk(tx, person, row.patient_id)
        except PatientNotFoundError as error:
            raise AssessmentNotFoundError("no such assessment of a patient whom you may see") from error
        return mapping.risk_assessment(row, row, is_synthetic=is_synthetic(context))

    return as_fhir(await write.look(person, "patient.risk", look))


async def _kept(engine: AsyncEngine, receipt_id: str) -> Row[Any] | None:
    """Return an assessment; one that was made a moment ago may be about to be written."""
    for wait in (0.0, 2 * GATHER_SECONDS):
        await asyncio.sleep(wait)
        async with engine.connect() as connection:
            row = await repository.assessment(connection, receipt_id)
        if row is not None:
            return row
    return None


@router.get(
    "",
    response_model=Bundle,
    responses=outcomes(400, 404),
    openapi_extra=parameters.in_document(parameters.RISK_ASSESSMENT),
    **HOW,
)
async def search_risk_assessments(
    request: Request, write: Write, context: Context, receipts: Receipts, person: _BySearch
) -> Response:
    """What was said of a patient's visits, the newest first; 404 when one may not see the patient."""
    search = search_of(request, "RiskAssessment", parameters.RISK_ASSESSMENT)
    patient_id, receipt_id, span = search.patient("patient", "subject"), search.id(), search.span("date")
    if patient_id is None:
        raise SearchRefusedError(
            "patient or subject is missing; allowed is Patient/[id]", parameter="patient", rule="missing"
        )
    visits: dict[str, Row[Any]] = {}

    async def look(tx: Act) -> None:
        await admit_to_risk(tx, person, patient_id)
        for visit in await records.visits(tx.connection, patient_id, offset=0, limit=_VISITS):
            visits[receipts.registration_key(visit.registration_id)] = visit

    await write.look(person, "patient.risk", look)
    async with context.engine.connect() as connection:
        rows = await repository.assessments(
            connection,
            visits,
            receipt_id=receipt_id,
            since=span.since,
            until=span.until,
            offset=search.offset,
            limit=search.limit + 1,
        )
    shown, following = offset_page(rows, offset=search.offset, limit=search.limit)
    found = [
        mapping.risk_assessment(row, visits[row.registration_key], is_synthetic=is_synthetic(context)) for row in shown
    ]
    return told(mapping.bundle(found, search, base=base_of(request), kind="RiskAssessment", following=following))
