"""The public keys of a client, as it registers them: a JSON Web Key Set (RFC 7517), checked by `joserfc`.

Belongs here: which keys are taken, and what is kept of them. Does not belong here: checking a signature (`assertions`).
Keys come inline: an address to fetch them from would let whoever registers a client send this server anywhere.
"""

from collections.abc import Sequence
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.util import urlsafe_b64decode

from app_api.smart.errors import BadKeyError
from app_api.smart.schemas import PublicKey

#: Kind of key -> the one algorithm that it signs with (SMART App Launch, asymmetric authentication).
ALGORITHMS: Final = {"RSA": "RS384", "EC": "ES384"}
#: Kind of key -> the members that make it.
_MEMBERS: Final = {"RSA": ("n", "e"), "EC": ("crv", "x", "y")}
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_RSA_BITS: Final = range(2048, 4097)
#: A public exponent that costs more than it gives is not taken.
_LONGEST_EXPONENT: Final = 32


def checked(keys: Sequence[PublicKey]) -> list[dict[str, Any]]:
    """Return what is kept of a client's keys: their public members, name and algorithm.

    Raises
    ------
    BadKeyError
        Naming the key and what is allowed; a private key is refused, and its client should throw it away.
    """
    names = [key.kid for key in keys]
    if len(set(names)) < len(names):
        raise BadKeyError("two keys have the same kid; each needs its own")
    return [_checked(key) for key in keys]


def _checked(key: PublicKey) -> dict[str, Any]:
    if _PRIVATE & (key.model_extra or {}).keys():
        raise BadKeyError(
            f"the key {key.kid} holds its private part; make a new one and send the public part only",
            code="private_key_sent",
        )
    given = key.model_dump(include=set(_MEMBERS[key.kty]), exclude_none=True)
    if len(given) < len(_MEMBERS[key.kty]):
        raise BadKeyError(f"the key {key.kid} is not whole; a key of kty {key.kty} has {', '.join(_MEMBERS[key.kty])}")
    algorithm = ALGORITHMS[key.kty]
    if key.alg not in (None, algorithm):
        raise BadKeyError(f"the key {key.kid} is for {key.alg}; allowed for a key of kty {key.kty} is {algorithm}")
    kept = {"kty": key.kty, "kid": key.kid, "alg": algorithm, "use": "sig", **given}
    try:
        is_strong = _is_strong(kept)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise BadKeyError(f"the key {key.kid} is no key of kty {key.kty}") from error
    if not is_strong:
        raise BadKeyError(
            f"the key {key.kid} is too weak or too long; allowed are RSA of 2048 to 4096 bits and EC P-384"
        )
    return kept


def _is_strong(key: dict[str, Any]) -> bool:
    if key["kty"] == "EC":
        # The library holds the point to the curve.
        return key["crv"] == "P-384" and ECKey.import_key(key).raw_value.key_size == 384
    # Looked at before the library is asked, which only warns of a short one.
    bits = _bits(key["n"])
    if bits not in _RSA_BITS or _bits(key["e"]) > _LONGEST_EXPONENT:
        return False
    return RSAKey.import_key(key).raw_value.key_size in _RSA_BITS


def _bits(text: str) -> int:
    return int.from_bytes(urlsafe_b64decode(text.encode())).bit_length()
