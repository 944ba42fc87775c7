"""The keys of sealed rows: data keys wrapped under the master key, one of them current.

Belongs here: the form of a sealed row, wrapping, opening by whichever key sealed it. Does not belong here: SQL (the
web side reads keys in `app_api.vault`, the command line in `medisync.keys`).

Sealed row: 0x01, key id (2 bytes, big-endian), nonce, sealed JSON and tag. It is bound to table, row id and form.
"""

import hashlib
import hmac
import os
import unicodedata
from collections.abc import Mapping
from typing import Any

import orjson

from core.errors import IntegrityError
from core.sealing_box import Box, derived_key

_FORM = b"\x01"


def bound(table: str, *row_id: object) -> str:
    """Return what a sealed row is bound to."""
    return "|".join((table, ":".join(str(part) for part in row_id), "1"))


def wrap_new_key(master_hex: str) -> bytes:
    """Return a fresh data key, wrapped under the master key."""
    return Box(derived_key(master_hex, "data keys")).seal(os.urandom(32), bound_to="data_key")


class KeyRing:
    """Data keys by id, unwrapped.

    Parameters
    ----------
    wrapped : mapping of int to bytes
        Every key of the installation.
    current : int
        The one that new rows are sealed under.
    """

    def __init__(self, master_hex: str, wrapped: Mapping[int, bytes], *, current: int) -> None:
        outer = Box(derived_key(master_hex, "data keys"))
        self._boxes = {key_id: Box(outer.open(key, bound_to="data_key")) for key_id, key in wrapped.items()}
        self.current = current

    def __contains__(self, key_id: int) -> bool:
        return key_id in self._boxes

    def seal(self, document: Mapping[str, Any], *, bound_to: str) -> bytes:
        """Return a document sealed under the current key."""
        message = orjson.dumps(document)
        return _FORM + self.current.to_bytes(2, "big") + self._boxes[self.current].seal(message, bound_to=bound_to)

    def open(self, sealed: bytes, *, bound_to: str) -> dict[str, Any]:
        """Return the document.

        Raises
        ------
        IntegrityError
            If it was changed or moved, or its key is not on the ring.
        """
        box = self._boxes.get(key_id_of(sealed))
        if box is None:
            raise IntegrityError("a row is sealed under a key that this installation does not have", code="no_key")
        return orjson.loads(box.open(sealed[3:], bound_to=bound_to))


def key_id_of(sealed: bytes) -> int:
    """Return the id of the key that a row is sealed under.

    Raises
    ------
    IntegrityError
        If these bytes are no sealed row.
    """
    if sealed[:1] != _FORM or len(sealed) < 3:
        raise IntegrityError("these bytes are no sealed row", code="unsealable")
    return int.from_bytes(sealed[1:3], "big")


def blind_digest(key_hex: str, kind: str, text: str) -> bytes:
    """Return 128 bits of HMAC-SHA-256 of a normalised text, under a key of this kind only."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return hmac.new(derived_key(key_hex, f"blind {kind}"), folded.encode(), hashlib.sha256).digest()[:16]
