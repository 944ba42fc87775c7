"""HTTP of the statement of what the facade can do.

Belongs here: `/fhir/R4/metadata`. Does not belong here: what is stated (`capability`).
"""

from importlib.metadata import version

from fastapi import APIRouter, Request, Response

from serving.fhir import capability
from serving.fhir.answers import HOW, base_of, told
from serving.fhir.resources import CapabilityStatement

router = APIRouter(prefix="/fhir/R4", tags=["fhir"])


@router.get("/metadata", response_model=CapabilityStatement, **HOW)
async def read_capability_statement(request: Request) -> Response:
    """Say what the FHIR facade can do; open, as FHIR's clients ask before they sign in."""
    return told(capability.statement(base=base_of(request), version=version("medisync")))
