"""HTTP of what an app must know before it asks for a token.

Belongs here: `/fhir/R4/.well-known/smart-configuration` (SMART App Launch 2.2). Does not belong here: the token
endpoint (`app_api.smart.token_router`).
"""

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel

from app_api.smart import keys, scopes, token_router

router = APIRouter(prefix="/fhir/R4", tags=["fhir"])


class SmartConfiguration(BaseModel):
    """What of SMART there is: Backend Services, and no launch of an app by a person."""

    token_endpoint: str
    token_endpoint_auth_methods_supported: list[Literal["private_key_jwt"]]
    token_endpoint_auth_signing_alg_values_supported: list[str]
    grant_types_supported: list[Literal["client_credentials"]]
    scopes_supported: list[str]
    capabilities: list[str]
    #: The standard demands the list, with S256 in it; without an authorization endpoint nothing uses it.
    code_challenge_methods_supported: list[Literal["S256"]]


@router.get("/.well-known/smart-configuration")
async def read_smart_configuration(request: Request) -> SmartConfiguration:
    """Say where a token is had and how a program proves itself; open, as it is asked before there is a token."""
    return SmartConfiguration(
        token_endpoint=token_router.endpoint(request),
        token_endpoint_auth_methods_supported=["private_key_jwt"],
        token_endpoint_auth_signing_alg_values_supported=sorted(keys.ALGORITHMS.values()),
        grant_types_supported=[token_router.GRANT],
        scopes_supported=list(scopes.SUPPORTED),
        capabilities=["client-confidential-asymmetric", "permission-v1", "permission-v2"],
        code_challenge_methods_supported=["S256"],
    )
