"""The outermost layer of every answer: request id, security headers, time limit, metrics, one line of access log.

Belongs here: what holds for all answers alike, as one pure-ASGI middleware. Does not belong here: refusing requests
(`serving.guard`). The log names the route, never the raw path, the query string or a header.
"""

import asyncio
import logging
import re
import secrets
import time
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving import problems
from serving.tracing import Tracing

_LOG = logging.getLogger("medisync.access")
_INBOUND_ID = re.compile(r"[A-Za-z0-9_-]{8,64}\Z")
#: No request is worth waiting longer for.
REQUEST_SECONDS = 10.0

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'"
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
}

#: Called with (method, route template, status, seconds) after each answer.
Observer = Callable[[str, str, int, float], None]


class Edge:
    """Wraps the application; must be the outermost middleware."""

    def __init__(self, app: ASGIApp, *, observe: Observer, tracing: Tracing | None = None) -> None:
        self._app = app
        self._observe = observe
        self._tracing = tracing or Tracing()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope["medisync.request_id"] = request_id
        with self._tracing.request(scope["method"], scope["headers"]) as ended:
            ended(*await self._answer(scope, receive, send, request_id), request_id)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> tuple[str, int]:
        """Answer; return the route's template and the status."""
        started = time.perf_counter()
        status = 0

        async def send_sealed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    # A page of its own, such as a report, brings a policy that is stricter than the dashboard's.
                    headers.setdefault(name, value)
                headers["x-request-id"] = request_id
                if "cache-control" not in headers:
                    headers["cache-control"] = "no-store"
            await send(message)

        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                await self._app(scope, receive, send_sealed)
        except Exception as error:
            _LOG.exception("request failed", extra={"request_id": request_id, "kind": type(error).__name__})
            if status:
                raise
            away = problems.is_transient(error)
            said = problems.asked(scope)
            answer = problems.unavailable(**said) if away else problems.internal(**said)
            await answer(scope, receive, send_sealed)
        finally:
            self._record(scope, status, time.perf_counter() - started, request_id)
        return _route_of(scope), status

    def _record(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        route = _route_of(scope)
        self._observe(scope["method"], route, status, seconds)
        _LOG.info(
            "request",
            extra={
                "method": scope["method"],
                "route": route,
                "status": status,
                "ms": round(seconds * 1000, 1),
                "request_id": request_id,
            },
        )


def _route_of(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", None) or "unmatched"


def _request_id(scope: Scope) -> str:
    """Return the caller's X-Request-Id if it is harmless, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            text = value.decode("latin-1")
            if _INBOUND_ID.match(text):
                return text
    return secrets.token_urlsafe(12)
