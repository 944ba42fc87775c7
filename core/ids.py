"""Identifiers: sortable UUIDs for rows, short readable ids for receipts, SHA-256 for content.

Belongs here: making ids and hashes. Does not belong here: secrets (see `core.sealing`) and database sequences.
"""

import hashlib
import os
import secrets
import uuid
from collections.abc import Iterable

from core import clock


def new_uuid() -> uuid.UUID:
    """Return a version 7 UUID (RFC 9562): 48 bits of milliseconds, then random bits, so ids sort by time."""
    millis = int(clock.now().timestamp() * 1000)
    value = (millis << 80) | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return uuid.UUID(int=value)


def new_id(prefix: str) -> str:
    """Return `<prefix>_` and 22 URL-safe random characters (128 bits), such as a receipt's `rcp_…`."""
    return f"{prefix}_{secrets.token_urlsafe(16)}"


def content_hash(parts: Iterable[str]) -> str:
    """Return the SHA-256 (hex) of text parts, each ended by the unit separator so that no two lists collide."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode())
        digest.update(b"\x1f")
    return digest.hexdigest()


def visit_key(registration_id: str) -> int:
    """Return 63 bits of the SHA-256 of a registration's id: it fits a BIGINT and names nobody."""
    digest = hashlib.sha256(registration_id.encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") >> 1
