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

DESCRIPTION = (
    "Hospital analytics and operations. Every error is RFC 9457 problem details with a stable `code`; every time is "
    "UTC ISO 8601; every list pages by `next`."
)
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
    for model in (FieldFault, Problem):
        schemas[model.__name__] = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas[model.__name__].pop("$defs", None)
    actions = {
        (route.path, method.lower()): declared_actions(route.dependant) for route in routes for method in route.methods
    }
    for path, item in document["paths"].items():
        for method in _METHODS & item.keys():
            _declare(item[method], path, method, sorted(actions.get((path, method), ())))
    return document


def _declare(operation: dict[str, Any], path: str, method: str, actions: list[str]) -> None:
    """Add the errors that this operation can answer with because of what it is, and its permission."""
    responses = operation["responses"]
    statuses = {503} if path.startswith("/api/") or path == "/readyz" else set()
    if actions:
        operation["x-permission"] = actions[-1]
        statuses |= {401, 403}
    if method != "get":
        statuses |= {403, 413, 415}
    if "requestBody" in operation or operation.get("parameters"):
        statuses.add(422)
    responses.pop("422", None)
    for status, answer in problems(*statuses).items():
        responses.setdefault(str(status), answer)
    operation["responses"] = dict(sorted(responses.items(), key=lambda entry: re.sub(r"\D", "9", entry[0])))
