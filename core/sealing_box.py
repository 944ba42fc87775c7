"""Sealing of bytes that name a person: AES-256-GCM, bound to the row that they belong to.

Belongs here: one key as a box that seals and opens, and keys derived for one purpose. Does not belong here: which keys
there are and their rotation (`core.key_ring`), signatures and pseudonyms (`core.sealing`).

The bytes of the row's table, id and schema version are authenticated with the sealed ones: what was moved to another
row does not open.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.errors import IntegrityError

_NONCE = 12


def derived_key(master_hex: str, purpose: str) -> bytes:
    """Return the 32-byte key of one purpose (HKDF-SHA-256, RFC 5869): no two purposes share a key."""
    return HKDF(SHA256(), 32, salt=None, info=f"medisync {purpose}".encode()).derive(bytes.fromhex(master_hex))


class Box:
    """One 256-bit key; a fresh random nonce of 96 bits goes before each sealed message."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, message: bytes, *, bound_to: str) -> bytes:
        """Return nonce, sealed bytes and tag; they open only with the same `bound_to`."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, message, bound_to.encode())

    def open(self, sealed: bytes, *, bound_to: str) -> bytes:
        """Return the message.

        Raises
        ------
        IntegrityError
            If it was changed, moved to another row, or sealed under another key.
        """
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], bound_to.encode())
        except (InvalidTag, ValueError) as error:
            raise IntegrityError(
                "sealed bytes do not open: changed, moved or another key", code="unsealable"
            ) from error
