"""The OpenAPI document: readable operation ids, every error declared, the permission of each route.

Belongs here: what is added to FastAPI's own document. Does not belong here: schemas. The dashboard's client is
generated from this document, so it changes only on purpose.
"""

import re
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from app_api.identity.access import declared_actions
from app_api.problem_docs import FieldFault, Problem, problems
from serving.oauth import is_oauth, refusals
from serving.outcomes import PREFIX as FHIR
from serving.outcomes import OperationOutcome, outcomes

DESCRIPTION = (
    "Hospital analytics and operations. Every error is RFC 9457 problem details with a stable `code`; every time is "
    "UTC ISO 8601; every list pages by `next`. Below `/fhir/R4` errors, times and pages are those of HL7 FHIR R4."
)
#: operation -> (status of its answer, [(operation that follows, its parameter, where the answer has it)])
_LINKS: dict[str, tuple[str, list[tuple[str, str, str]]]] = {
    "users-create-user": ("201", [("users-update-user", "user_id", "/user_id")]),
    "users-list-users": ("200", [("users-update-user", "user_id", "/items/0/user_id")]),
    "auth-list-sessions": ("200", [("auth-end-session", "session_id", "/items/0/session_id")]),
    "quality-list-validation-runs": ("200", [("quality-read-validation-run", "run_id", "/items/0/validation_run_id")]),
    "analytics-read-analytics": ("200", [("receipts-read-receipt", "receipt_id", "/sections/health_trends/receipt")]),
    "risk-assess-risk": ("200", [("receipts-read-receipt", "receipt_id", "/receipt")]),
    "models-list-models": ("200", [("models-promote-model", "version", "/items/0/version")]),
}
_METHODS = frozenset({"get", "post", "put", "patch", "delete"})


def operation_id(route: APIRoute) -> str:
    """Return `<tag>-<function>` with dashes, such as `analytics-read-doctor-analytics`."""
    tag = str(route.tags[-1]) if route.tags else "app"
    return f"{tag}-{route.name.replace('_', '-')}"


def install(app: FastAPI, *, routes: Callable[[], list[APIRoute]]) -> None:
    """Make `app.openapi()` return the finished document."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _finish(
                get_openapi(title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes), routes()
            )
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _finish(document: dict[str, Any], routes: list[APIRoute]) -> dict[str, Any]:
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for model in (FieldFault, Problem, OperationOutcome):
        schemas[model.__name__] = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schemas[model.__name__].pop("$defs", {}))
    actions = {
        (route.path, method.lower()): declared_actions(route.dependant) for route in routes for method in route.methods
    }
    for path, item in document["paths"].items():
        for method in _METHODS & item.keys():
            _declare(item[method], path, method, sorted(actions.get((path, method), ())))
            _link(item[method])
    return document


def _declare(operation: dict[str, Any], path: str, method: str, actions: list[str]) -> None:
    """Add the errors that this operation can answer with because of what it is, and its permission."""
    responses = operation["responses"]
    statuses = {503} if path.startswith(("/api/", FHIR)) or path == "/readyz" else set()
    if actions:
        operation["x-permission"] = actions[-1]
        statuses |= {401, 403}
    if method != "get":
        statuses |= {403, 413, 415}
    if "requestBody" in operation:
        # A body that is no text at all.
        statuses |= {400, 422}
    if operation.get("parameters"):
        statuses.add(422)
    responses.pop("422", None)
    for status, answer in _said_at(path)(*statuses).items():
        responses.setdefault(str(status), answer)
    operation["responses"] = dict(sorted(responses.items(), key=lambda entry: re.sub(r"\D", "9", entry[0])))


def _said_at(path: str) -> Callable[..., dict[int | str, dict[str, Any]]]:
    """Return how errors are declared that are answered below a path."""
    if is_oauth(path):
        return refusals
    return outcomes if path.startswith(FHIR) else problems


def _link(operation: dict[str, Any]) -> None:
    """Say which operations continue with what this one answers."""
    status, followers = _LINKS.get(operation["operationId"], ("", []))
    for target, parameter, pointer in followers:
        operation["responses"][status].setdefault("links", {})[target] = {
            "operationId": target,
            "parameters": {parameter: f"$response.body#{pointer}"},
        }
