"""Errors on the wire: every one an RFC 9457 problem with a stable code, made here and nowhere else.

Belongs here: exception -> answer. Does not belong here: the exceptions themselves, the schema
(`app_api.problem_docs`), and the shapes that problems have below /fhir (`outcomes`) and where tokens are had (`oauth`).
"""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal

import asyncpg
import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.types import Scope

from app_api.languages import language_of
from app_api.problem_docs import PROBLEM_TYPE
from app_api.wire import UnfitError
from core.errors import (
    ConflictError,
    InputError,
    IntegrityError,
    MediSyncError,
    NotFoundError,
    RefusedError,
    UnavailableError,
)
from core.vocabulary import Language
from serving import oauth, outcomes, spoken

_LOG = logging.getLogger("medisync.problems")

#: How a problem looks on the wire.
Shape = Literal["problem", "fhir", "oauth"]
_MEDIA_TYPES: Mapping[Shape, str] = {"problem": PROBLEM_TYPE, "fhir": outcomes.FHIR_JSON, "oauth": "application/json"}

_STATUS_OF: tuple[tuple[type[MediSyncError], int], ...] = (
    (InputError, 422),
    (NotFoundError, 404),
    (ConflictError, 409),
    (RefusedError, 403),
    (UnavailableError, 503),
    (IntegrityError, 503),
)

#: Of asyncpg: the server is away, going, coming, or gave up on us for a while. Trying again may help.
_TRANSIENT = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    OSError,
    TimeoutError,
    PoolTimeoutError,
)


def is_transient(error: BaseException | None) -> bool:
    """Say whether an error, or one that it was raised from, means that PostgreSQL is away for a moment."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, _TRANSIENT):
            return True
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            return True
        error = getattr(error, "orig", None) or error.__cause__ or error.__context__
    return False


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    request_id: str | None = None,
    language: Language = Language.ENGLISH,
    shape: Shape = "problem",
    errors: list[dict[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem answer; 429 and 503 always say when to try again.

    The detail is in the reader's language where it has words in it, and says which one it is in. Below /fhir the same
    is said as an OperationOutcome, at the token endpoint as OAuth has it: to programs, in English.
    """
    said = spoken.in_spanish(detail) if language is Language.SPANISH and shape != "oauth" else None
    media_type = _MEDIA_TYPES[shape]
    if shape == "oauth":
        body = oauth.refusal(status, code, detail)
    elif shape == "fhir":
        body = outcomes.outcome(status, code, said or detail, request_id=request_id, errors=errors)
    else:
        body = _body(status, code, said or detail, request_id=request_id, errors=errors)
    answer = Response(orjson.dumps(body), status_code=status, media_type=media_type, headers=dict(headers or {}))
    answer.headers.setdefault("cache-control", "no-store")
    answer.headers["content-language"] = Language.ENGLISH if said is None else language
    if status in (429, 503):
        answer.headers.setdefault("retry-after", "1")
    return answer


def _body(
    status: int, code: str, detail: str, *, request_id: str | None, errors: list[dict[str, Any]] | None
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": f"urn:medisync:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    if request_id is not None:
        body["request_id"] = request_id
    if errors is not None:
        body["errors"] = errors
    return body


def _request_id(request: Request) -> str | None:
    return request.scope.get("medisync.request_id")


def asked(scope: Scope) -> dict[str, Any]:
    """Return what a problem says of its request: the number, the language of the reader, the shape of its path."""
    return {
        "request_id": scope.get("medisync.request_id"),
        "language": language_of(scope),
        "shape": _shape_of(scope["path"]),
    }


def _shape_of(path: str) -> Shape:
    if oauth.is_oauth(path):
        return "oauth"
    return "fhir" if outcomes.is_fhir(path) else "problem"


async def _of_medisync(request: Request, error: Exception) -> Response:
    assert isinstance(error, MediSyncError)
    status = getattr(error, "status", None) or next(
        (status for kind, status in _STATUS_OF if isinstance(error, kind)), 500
    )
    headers = {}
    if hasattr(error, "retry_after"):
        headers["retry-after"] = str(error.retry_after)
    if status == 401:
        headers["www-authenticate"] = "Session" if _shape_of(request.scope["path"]) == "problem" else "Bearer"
    errors = getattr(error, "errors", None)
    return problem(status, error.code, error.message, errors=errors, headers=headers, **asked(request.scope))


async def _of_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    language = language_of(request.scope)
    faults = [one for fault in error.errors()[:50] for one in _faults(fault, language)]
    detail = "the request does not fit its schema"
    named = next((fault for fault in faults if "allowed" in fault), None)
    if named is not None:
        place = ".".join(named["loc"])
        detail = f"the request does not fit its schema: allowed in {place} is {named['allowed']}"
    return problem(422, "invalid_request", detail, errors=faults, **asked(request.scope))


def _faults(fault: Mapping[str, Any], language: Language) -> list[dict[str, Any]]:
    """Return a fault without its value, once for each field of a rule between fields.

    What is allowed comes from our schema, or is a sentence of our own, so it may be said.
    """
    found: dict[str, Any] = {"loc": [str(part)[:80] for part in fault["loc"]], "type": str(fault["type"])}
    context = fault.get("ctx") or {}
    unfit = context.get("error")
    if isinstance(unfit, UnfitError):
        said = spoken.in_spanish(unfit.allowed) if language is Language.SPANISH else None
        found["allowed"] = said or unfit.allowed
        return [{**found, "loc": [*found["loc"], field]} for field in unfit.fields] or [found]
    # `tag` and any other `error` of the context hold input; these never do.
    allowed = context.get("expected_tags") or (context.get("expected") if fault["type"] in _LISTED else None)
    for name, words in _LIMITS:
        if allowed is None and name in context:
            allowed = words.format(context[name])
    return [found if allowed is None else {**found, "allowed": str(allowed)}]


#: Faults whose `expected` is the list of what is allowed.
_LISTED = frozenset({"literal_error", "enum"})
#: Limits of a schema, in words.
_LIMITS = (
    ("max_length", "at most {} long"),
    ("min_length", "at least {} long"),
    ("ge", "{} and more"),
    ("gt", "more than {}"),
    ("le", "{} and less"),
    ("lt", "less than {}"),
)
_HTTP_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "not_json"}


async def _of_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _HTTP_CODES.get(error.status_code, "http_error")
    phrase = HTTPStatus(error.status_code).phrase.lower()
    return problem(error.status_code, code, phrase, headers=error.headers, **asked(request.scope))


async def _of_database(request: Request, error: Exception) -> Response:
    cause = getattr(error, "orig", None) or error
    _LOG.warning(
        "database error: %s",
        type(cause).__name__,
        extra={
            "kind": type(cause).__name__,
            "sqlstate": getattr(cause, "sqlstate", None),
            "constraint": getattr(getattr(cause, "__cause__", None), "constraint_name", None),
            "request_id": _request_id(request),
        },
    )
    if is_transient(error):
        return unavailable(**asked(request.scope))
    return internal(**asked(request.scope))


def unavailable(**asked: Any) -> Response:
    """PostgreSQL is away: nothing was done, try again in a second."""
    return problem(503, "database_away", "the database is away for a moment; try again", **asked)


def internal(**asked: Any) -> Response:
    """A fault of ours; the log has it under the request id."""
    return problem(500, "internal", "a fault on our side; it is logged under this request_id", **asked)


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem."""
    app.add_exception_handler(MediSyncError, _of_medisync)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, _of_http)
    for kind in (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
        app.add_exception_handler(kind, _of_database)
    app.add_exception_handler(OSError, _of_database)
