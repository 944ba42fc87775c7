"""Requests that are refused before any route sees them: too big, wrong method, cross-site, not JSON, or one too many.

Belongs here: rules about requests as such, in one pure-ASGI middleware. Does not belong here: who is asking.

Cross-site requests: the cookie is SameSite=Lax; besides, a request that changes state must come from our own pages
(`Sec-Fetch-Site: same-origin` or `none`; without that header, an `Origin` equal to the host) and carry JSON, which no
HTML form can send. OAuth's token endpoint takes a form and reads no cookie. No GET changes anything.
"""

import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app_api.smart.token_router import FORM
from app_api.smart.token_router import PATH as TOKEN_PATH
from app_api.uploads.documents import MAX_FORM_BYTES
from serving.methods import AllowedMethods
from serving.problems import asked, problem

MAX_BODY_BYTES = 64 * 1024
#: The two places that take a file, in a form of at most `MAX_FORM_BYTES`. A form can be sent from another site, so the
#: rule about `Sec-Fetch-Site` and the cookie's SameSite guard them alone.
_UPLOAD = re.compile(r"/api/(users/[^/]{1,64}/verification|patients/[^/]{1,64}/documents)\Z")
#: Requests at work in one worker; beyond, the next is told to come back.
MAX_IN_FLIGHT = 400
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """Wraps the application inside `Edge`."""

    def __init__(self, app: ASGIApp, *, methods: AllowedMethods) -> None:
        self._app = app
        self._methods = methods
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        self._in_flight += 1
        try:
            await self._limited(scope, receive, send)
        finally:
            self._in_flight -= 1

    def _refusal(self, scope: Scope) -> Response | None:
        if self._in_flight >= MAX_IN_FLIGHT and scope["path"] != "/livez":
            return problem(503, "busy", "too many requests at once; try again", **asked(scope))
        headers = Headers(scope=scope)
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > _limit_of(scope):
            return problem(413, "too_large", f"a body has at most {_limit_of(scope)} bytes", **asked(scope))
        allowed = self._methods.of(scope["path"])
        if allowed is not None and scope["method"] not in allowed:
            answer = {"allow": ", ".join(sorted(allowed))}
            return problem(405, "method_not_allowed", "method not allowed", **asked(scope), headers=answer)
        if scope["method"] in _SAFE:
            return None
        if not is_same_site(headers):
            return problem(403, "cross_site", "this request does not come from our own pages", **asked(scope))
        has_body = length != "0" or "transfer-encoding" in headers
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        wanted = _media_type_of(scope["path"])
        if has_body and media_type != wanted:
            return problem(415, "not_json", f"a body must be {wanted}", **asked(scope))
        return None

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application with a reader that stops at the limit, for bodies without a length."""
        received, limit = 0, _limit_of(scope)

        async def receive_some() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > limit:
                    # FastAPI lets this one pass; any other error while reading would become a 400.
                    raise HTTPException(413)
            return message

        await self._app(scope, receive_some, send)


def _media_type_of(path: str) -> str:
    if path == TOKEN_PATH:
        return FORM
    return "multipart/form-data" if _UPLOAD.match(path) else "application/json"


def _limit_of(scope: Scope) -> int:
    return MAX_FORM_BYTES if _UPLOAD.match(scope["path"]) else MAX_BODY_BYTES


def is_same_site(headers: Headers) -> bool:
    """Say whether a state-changing request or a socket comes from our own pages, or from no page at all.

    Neither header: a client that is no browser; browsers always send one of them with a POST or a socket.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    return is_own_origin(headers)


def is_own_origin(headers: Headers) -> bool:
    """Say whether `Origin`, where there is one, names the host that was asked."""
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc.lower() == headers.get("host", "").lower()
    except ValueError:  # an address in brackets that is none
        return False
