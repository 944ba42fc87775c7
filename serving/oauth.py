"""Errors of the token endpoint in OAuth 2.0's own shape (RFC 6749, 5.2).

Belongs here: that shape, and which paths have it. Does not belong here: exception -> answer (`problems`, which asks
here), the endpoint (`app_api.smart.token_router`).
"""

import re
from http import HTTPStatus
from typing import Any, Final

from app_api.smart.token_router import PATH

#: Of the endpoint itself; what goes wrong before it is reached has one of the two below.
_CODES: Final = frozenset({"invalid_request", "invalid_client", "invalid_scope", "unsupported_grant_type"})
#: RFC 6749 allows these characters in a description: ASCII without quotation mark and backslash.
_NOT_ALLOWED: Final = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")


def is_oauth(path: str) -> bool:
    """Say whether a path is answered as OAuth says, its errors too."""
    return path == PATH


def refusal(status: int, code: str, text: str) -> dict[str, Any]:
    """Return an error of the token endpoint.

    Examples
    --------
    >>> refusal(429, "too_many_attempts", "wait a minute")["error"]
    'temporarily_unavailable'
    """
    if code in _CODES:
        error = code
    elif status in (429, 503):
        error = "temporarily_unavailable"
    else:
        error = "server_error" if status >= 500 else "invalid_request"
    return {"error": error, "error_description": _NOT_ALLOWED.sub("'", text)}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return FastAPI's `responses` for the given error statuses of the token endpoint."""
    schema = {"schema": {"$ref": "#/components/schemas/TokenRefusal"}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {"application/json": schema}}
        for status in sorted(statuses)
    }
