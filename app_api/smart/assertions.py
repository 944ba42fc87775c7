"""Who asks for a token, proven by a signed assertion (RFC 7523, private_key_jwt; signatures by `joserfc`).

Belongs here: what an assertion says and whether that holds, without a database. Does not belong here: which keys a
client has, whether the assertion was used before (`service`).

The algorithm is that of the registered key, never the assertion's own word: `none` and HS256 find no key. Nothing that
an assertion names is fetched.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from joserfc import jws, jwt
from joserfc.errors import ClaimError, ExpiredTokenError, JoseError
from joserfc.jwk import import_key

from app_api.smart.errors import InvalidClientError

#: An assertion that runs out later than this is one that somebody may find and use.
MAX_AHEAD: Final = timedelta(minutes=5)
#: Clocks differ: by so much a client's may be ahead of ours. No assertion lives longer than it says.
SKEW: Final = timedelta(seconds=5)
LONGEST: Final = 8192
_LONGEST_ID: Final = 255
#: Parameters of a header that change what is signed, or name a place to look for keys.
_NOT_TAKEN: Final = frozenset({"crit", "b64", "jku", "jwk", "x5u", "x5c"})
#: What the library, `json` and we raise of what is no assertion; deep nesting ends in RecursionError.
_FAULTS: Final = (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError)
_UNKNOWN: Final = "no client is registered that holds with this iss, kid and signature"


@dataclass(frozen=True)
class Claimed:
    """What an assertion says of itself before anything is proven."""

    client_id: str
    kid: str


@dataclass(frozen=True)
class Proven:
    """An assertion that holds: its name and when it runs out."""

    jti: str
    expires_at: datetime


def unknown() -> InvalidClientError:
    """Return the refusal of whoever is not known; which part of it is wrong is not said."""
    return InvalidClientError(_UNKNOWN)


def read(assertion: str) -> Claimed:
    """Return which client and key an assertion names; nothing of it is proven.

    Raises
    ------
    InvalidClientError
    """
    if len(assertion) > LONGEST:
        raise InvalidClientError(f"client_assertion is longer than {LONGEST} characters")
    try:
        seen = jws.extract_compact(assertion.encode("ascii"))
        header, claims = dict(seen.headers()), json.loads(seen.payload)
        client_id, kid = claims["iss"], header["kid"]
    except _FAULTS as error:
        raise InvalidClientError("client_assertion is no JWT with kid in its header and iss in its claims") from error
    # Half of a surrogate pair is a text to `json` and to nothing that it is handed on to.
    if not all(isinstance(one, str) and one.isascii() for one in (client_id, kid)):
        raise InvalidClientError("kid and iss of client_assertion are texts in ASCII")
    if _NOT_TAKEN & header.keys():
        raise InvalidClientError("the header of client_assertion has alg, kid and typ, and nothing else")
    if str(header.get("typ")).upper() != "JWT":
        raise InvalidClientError("typ in the header of client_assertion is JWT")
    return Claimed(client_id, kid)


def prove(
    assertion: str, claimed: Claimed, keys: Sequence[Mapping[str, Any]], *, audience: str, now: datetime
) -> Proven:
    """Return what an assertion says once signature and claims hold.

    Parameters
    ----------
    keys : sequence of mapping
        The client's keys, as `keys.checked` keeps them.
    audience : str
        Address of the token endpoint.

    Raises
    ------
    InvalidClientError
    """
    key = next((one for one in keys if one["kid"] == claimed.kid), None)
    if key is None:
        raise unknown()
    try:
        token = jwt.decode(assertion, import_key(dict(key)), algorithms=[key["alg"]])
    except _FAULTS as error:
        raise unknown() from error
    moment = now.timestamp()
    registry = jwt.JWTClaimsRegistry(
        now=int(moment),
        leeway=int(SKEW.total_seconds()),
        iss={"essential": True, "value": claimed.client_id},
        sub={"essential": True, "value": claimed.client_id},
        aud={"essential": True, "value": audience},
        exp={"essential": True},
        jti={"essential": True},
    )
    try:
        registry.validate(token.claims)
    except ExpiredTokenError as error:
        raise InvalidClientError("client_assertion has run out (exp)") from error
    except ClaimError as error:
        raise InvalidClientError(_wanted(audience)) from error
    jti, expires = token.claims["jti"], token.claims["exp"]
    if len(jti) > _LONGEST_ID:
        raise InvalidClientError(f"jti is longer than {_LONGEST_ID} characters")
    if expires <= moment:
        raise InvalidClientError("client_assertion has run out (exp)")
    if expires > moment + (MAX_AHEAD + SKEW).total_seconds():
        raise InvalidClientError("exp is more than five minutes ahead")
    return Proven(jti, datetime.fromtimestamp(expires, UTC))


def _wanted(audience: str) -> str:
    return (
        f"the claims of client_assertion do not hold; wanted are iss and sub (the client_id), aud ({audience}), exp "
        "and jti, and no iat or nbf in the future"
    )
