"""Keeping identities apart from data: pseudonyms and signatures.

Belongs here: keyed hashes of identifiers and Ed25519 signatures of released bytes. Does not belong here: where keys
are kept (`core.settings`), passwords (`app_api.identity`).
"""

import hashlib
import hmac
from collections.abc import Iterable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from core.errors import IntegrityError


def pseudonyms(identifiers: Iterable[str], *, key: str) -> dict[str, str]:
    """Return a pseudonym for each distinct identifier: `p_` and 128 bits of HMAC-SHA-256 under `key`.

    The same identifier has the same pseudonym in every load, so that a patient's visits stay together; without the
    key it can't be computed from a guessed identifier.
    """
    secret = key.encode()
    return {
        text: "p_" + hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()[:32]
        for text in dict.fromkeys(identifiers)
    }


def _private_key(seed_hex: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed_hex))


def public_key(seed_hex: str) -> bytes:
    """Return the 32-byte Ed25519 public key of a 32-byte seed given in hex."""
    return _private_key(seed_hex).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def sign(message: bytes, *, seed_hex: str) -> bytes:
    """Return the 64-byte Ed25519 signature (RFC 8032) of `message`."""
    return _private_key(seed_hex).sign(message)


def verify(message: bytes, signature: bytes, *, public: bytes) -> None:
    """Check an Ed25519 signature.

    Raises
    ------
    IntegrityError
        If `signature` was not made over exactly these bytes by the holder of the private key.
    """
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise IntegrityError("the signature does not fit the bytes", code="bad_signature") from error
