"""Requests about registered programs and their tokens that are known to succeed.

Belongs here: seeds of SMART Backend Services. Does not belong here: other domains.
"""

from fuzz_person import Seed, World, seed
from smart_program import RSA, claims_of, form_of, public, signed


def _wish() -> dict[str, object]:
    return {"name": "Registry", "scopes": ["system/Slot.rs"], "jwks": public(RSA)}


def _registered(world: World) -> str:
    return world.ask("POST", "/api/smart/clients", role="admin", json=_wish()).json()["client_id"]


@seed("POST /api/smart/clients")
def _new_client(world: World) -> Seed:
    return {"body": _wish()}


@seed("DELETE /api/smart/clients/{client_id}")
def _old_client(world: World) -> Seed:
    return {"path": {"client_id": _registered(world)}}


@seed("POST /api/oauth/token")
def _token(world: World) -> Seed:
    told = world.ask("GET", "/fhir/R4/.well-known/smart-configuration").json()
    assertion = signed(claims_of(_registered(world), aud=told["token_endpoint"]))
    return {"body": form_of(assertion), "media_type": "application/x-www-form-urlencoded"}
