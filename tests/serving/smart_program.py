"""A program of the tests that comes by SMART Backend Services: its key, its assertions, its tokens.

Belongs here: speaking as such a program, rightly and wrongly. Does not belong here: what is expected (the tests).
"""

import json
import uuid
from typing import Any

import httpx
from joserfc import jws
from joserfc.jwk import ECKey, Key, OctKey, RSAKey

from core import clock

TOKEN = "/api/oauth/token"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#: Made once: a new RSA key takes a while.
RSA = RSAKey.generate_key(2048, {"kid": "rsa-1"})
EC = ECKey.generate_key("P-384", {"kid": "ec-1"})
ALGORITHM = {"RSA": "RS384", "EC": "ES384", "oct": "HS256"}


def public(*keys: Key) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False) for key in keys]}


async def registered(admin: httpx.AsyncClient, scopes: list[str], *keys: Key, name: str = "Registry") -> str:
    """Register a program and return its client_id."""
    wish = {"name": name, "scopes": scopes, "jwks": public(*(keys or (RSA, EC)))}
    answer = await admin.post("/api/smart/clients", json=wish)
    assert answer.status_code == 201, answer.text
    return answer.json()["client_id"]


def claims_of(client_id: str, **more: Any) -> dict[str, Any]:
    """Return claims that hold; `more` replaces some, None leaves one out."""
    right = {
        "iss": client_id,
        "sub": client_id,
        "aud": f"https://medisync.test{TOKEN}",
        "exp": int(clock.now().timestamp()) + 240,
        "jti": str(uuid.uuid4()),
    }
    return {name: value for name, value in (right | more).items() if value is not None}


def signed(claims: dict[str, Any], key: Key | None = None, **header: Any) -> str:
    key = RSA if key is None else key
    named = {"alg": ALGORITHM[key.key_type], "kid": key.kid, "typ": "JWT", **header}
    # In ASCII, so that any claim can be written; `joserfc.jwt` would encode it.
    return jws.serialize_compact(named, json.dumps(claims), key, algorithms=[named["alg"]])


def form_of(assertion: str, scope: str = "system/Slot.rs", **more: Any) -> dict[str, Any]:
    right = {
        "grant_type": "client_credentials",
        "scope": scope,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion,
    }
    return {name: value for name, value in (right | more).items() if value is not None}


async def asked(
    client: httpx.AsyncClient, client_id: str, scope: str = "system/Slot.rs", **claims: Any
) -> httpx.Response:
    """Ask for a token with an assertion that holds but for the given claims."""
    return await client.post(TOKEN, data=form_of(signed(claims_of(client_id, **claims)), scope))


async def token_of(client: httpx.AsyncClient, client_id: str, scope: str = "system/Slot.rs") -> dict[str, str]:
    """Return the header of a new token."""
    answer = await asked(client, client_id, scope)
    assert answer.status_code == 200, answer.text
    return {"authorization": f"Bearer {answer.json()['access_token']}"}


def shared_secret(text: str = "a secret that both would know, and long enough") -> OctKey:
    return OctKey.import_key(text, {"kid": "rsa-1"})
