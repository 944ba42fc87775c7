"""HTTP of the statement of what the facade can do.

Belongs here: `/fhir/R4/metadata`. Does not belong here: what is stated (`capability`).
"""

from importlib.metadata import version
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from app_api.smart import token_router
from serving.fhir import capability
from serving.fhir.answers import FhirResponse, base_of
from serving.outcomes import FHIR_JSON

router = APIRouter(prefix="/fhir/R4", tags=["fhir"])


_STATEMENT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {FHIR_JSON: {"schema": {"type": "object", "required": ["resourceType", "fhirVersion", "rest"]}}}}
}


@router.get("/metadata", response_class=FhirResponse, responses=_STATEMENT)
async def read_capability_statement(request: Request) -> Response:
    """Say what the FHIR facade can do; open, as FHIR's clients ask before they sign in."""
    told = capability.statement(
        base=base_of(request), token_endpoint=token_router.endpoint(request), version=version("medisync")
    )
    return FhirResponse(told)
