"""The keyed hashes that a patient is found by.

Belongs here: which texts of a sealed document are hashed. Does not belong here: the hash (`core.key_ring`), the rows
(`repository`). The exact kinds find who is certainly meant; those of `ml.linkage` find candidates for the match score.
"""

from collections.abc import Mapping
from typing import Any

from core.key_ring import blind_digest
from ml.linkage import blocking_texts, phone_digits


def digests(key_hex: str, document: Mapping[str, Any]) -> dict[str, bytes]:
    """Return kind -> digest of everything that a person is found by."""
    texts = {kind: document.get(kind) for kind in ("identifier", "email")}
    if document.get("phone"):
        texts["phone"] = phone_digits(document["phone"])
    if document.get("birth_date"):
        texts["family_name_birth_date"] = f"{document['family_name']} {document['birth_date']}"
    texts |= blocking_texts(document)
    return {kind: blind_digest(key_hex, kind, text) for kind, text in texts.items() if text}
