"""A file on its way: its form in OpenAPI, its bytes in a sealed row, and the answer that carries it out.

Belongs here: how a document is kept and handed out. Does not belong here: who may have it. It leaves the server as an
attachment only, under a policy that lets it do nothing.
"""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from fastapi import Response

from app_api.uploads.documents import Document

_SUFFIXES = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}
#: FastAPI's `responses` of a route that hands a document out.
FILE_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _SUFFIXES}}
}


def form_of(required: Mapping[str, Any] | None = None, optional: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the OpenAPI request body of a form with a file and these fields (name -> JSON schema)."""
    file = {"type": "string", "format": "binary", "description": "PDF, JPEG or PNG, at most 5 MB"}
    schema = {
        "type": "object",
        "required": ["file", *(required or {})],
        "properties": {"file": file, **(required or {}), **(optional or {})},
    }
    content = {"schema": schema, "encoding": {"file": {"contentType": ", ".join(_SUFFIXES)}}}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": content}}}


def facts_of(document: Document) -> dict[str, Any]:
    """Return the columns that say in clear what a document is."""
    digest = hashlib.sha256(document.content).hexdigest()
    return {"media_type": document.media_type, "size_bytes": len(document.content), "file_sha256": digest}


def words_of(document: Document) -> dict[str, str]:
    """Return what is sealed of a document."""
    return {"document": base64.b64encode(document.content).decode()}


def content_of(words: Mapping[str, Any]) -> bytes:
    """Return the bytes of an opened document."""
    return base64.b64decode(words["document"])


def attachment(name: object, media_type: str, content: bytes) -> Response:
    """Return the answer that carries a document out as a file of this name."""
    headers = {
        "cache-control": "no-store",
        "content-security-policy": "default-src 'none'; sandbox",
        "content-disposition": f'attachment; filename="{name}.{_SUFFIXES[media_type]}"',
    }
    return Response(content, media_type=media_type, headers=headers)
