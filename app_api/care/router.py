"""HTTP of care protocols.

Belongs here: `/api/protocols` and what fits a patient. Does not belong here: the rule (`policy`).
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from app_api.care import policy
from app_api.care.catalogue import protocols
from app_api.care.schemas import FittingProtocols, ProtocolCatalogue
from app_api.envelope import Act, Write
from app_api.identity.access import need
from app_api.identity.session_book import Principal
from app_api.patients.router import PatientId
from app_api.patients.service import admit
from app_api.problem_docs import problems
from app_api.records import repository
from core import clock

router = APIRouter(prefix="/api", tags=["care"])


@router.get("/protocols", dependencies=[Depends(need("protocol.read"))])
async def list_protocols() -> ProtocolCatalogue:
    """List the care protocols of this installation with source, version and steps."""
    return ProtocolCatalogue(items=list(protocols()))


@router.get("/patients/{patient_id}/protocols", response_model=FittingProtocols, responses=problems(404))
async def list_fitting_protocols(
    patient_id: PatientId, person: Annotated[Principal, Depends(need("protocol.read"))], write: Write
) -> Response:
    """Say which protocols fit the last visit of a patient, why, and when each step is due."""

    async def act(tx: Act) -> FittingProtocols:
        await admit(tx, person, patient_id, "protocol")
        visits = await repository.visits(tx.connection, patient_id, offset=0, limit=1)
        found = policy.fitting(protocols(), visits[0]._mapping, now=clock.now()) if visits else []
        return FittingProtocols(items=found)

    return await write.look(person, "protocol.read", act)
