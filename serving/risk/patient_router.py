"""HTTP of one patient's risk.

Belongs here: `/api/patients/{id}/risk`: the last visit through the model in use. Does not belong here: assessing
features that somebody types in (`router`).
"""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from app_api.envelope import Act, Write
from app_api.identity.access import need
from app_api.identity.session_book import Principal
from app_api.patients.router import PatientId
from app_api.patients.service import admit
from app_api.problem_docs import problems
from app_api.records import repository
from serving.risk.errors import UnknownRegistrationError
from serving.risk.holder import Models
from serving.risk.provenance import assess
from serving.risk.raw_rows import rows_behind
from serving.risk.receipts import Receipts
from serving.risk.schemas import AssessmentView, PatientFeatures

router = APIRouter(prefix="/api/patients/{patient_id}", tags=["risk"])

_YEAR = timedelta(days=365)
_TAKEN = [name for name in PatientFeatures.model_fields if not name.startswith(("prior_", "days_"))]


class PatientRisk(AssessmentView):
    """The assessment of a patient's last visit, made now by the model in use."""

    registration_id: str
    visits_known: int = Field(ge=1, description="Visits of the last year in this application that the history counts")


def features_of(visits: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what is known of the newest visit, with the year before it as this application knows it."""
    newest, earlier = visits[0], visits[1:]
    recent = [one for one in earlier if newest["registered_at"] - one["registered_at"] <= _YEAR]
    known = {name: newest.get(name) for name in _TAKEN if newest.get(name) is not None}
    gap = (newest["registered_at"] - recent[0]["registered_at"]) / timedelta(days=1) if recent else 365.0
    return known | {
        "prior_visits_365d": len(recent),
        "prior_admissions_365d": sum(one["outcome"] in ("admitted", "icu") for one in recent),
        "days_since_last_visit": gap,
    }


@router.get("/risk", response_model=PatientRisk, responses=problems(404))
async def read_patient_risk(
    patient_id: PatientId,
    person: Annotated[Principal, Depends(need("patient.risk"))],
    models: Models,
    receipts: Receipts,
    write: Write,
) -> Response:
    """Assess the last visit of a patient; 404 when one may not see them, or nobody registered them here."""

    async def act(tx: Act) -> PatientRisk:
        await admit(tx, person, patient_id, "risk")
        rows = await repository.visits(tx.connection, patient_id, offset=0, limit=200)
        if not rows:
            raise UnknownRegistrationError("no visit of this patient was entered here")
        visits = [dict(row._mapping) for row in rows]
        registration_id = visits[0]["registration_id"]
        raw_rows = await rows_behind(tx.connection, registration_id)
        features = features_of(visits)
        said = assess(
            models.champion,
            receipts,
            features,
            asked_by=str(person.user_id),
            registration_id=registration_id,
            raw_rows=raw_rows,
        )
        return PatientRisk(**said, registration_id=registration_id, visits_known=features["prior_visits_365d"] + 1)

    return await write.look(person, "patient.risk", act)
