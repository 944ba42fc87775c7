"""Runs inside the MLflow server: basic authentication, only admins move an alias or rename a model, the viewer reads.

Belongs here: the rules that MLflow's permissions can't say. Does not belong here: anything else of MLflow, and no
import of this module from the rest of MediSync (it would carry mlflow along); the server's configuration names it.

MLflow 3.17 lets EDIT both add a version and set an alias, and its DENY on versions forbids both. Which version serves
patients is decided by the gate and by people, never by the process that trains. And it lets every account make models
and experiments of its own: the viewer, as whom the proxy signs people in, would change what it only looks at.
"""

from flask import Response, request
from mlflow.server import auth
from werkzeug.datastructures import Authorization

from core.embedded.mlflow_accounts import VIEWER

_ADMIN_ONLY = {
    "/mlflow/registered-models/alias": ("POST", "DELETE"),
    "/mlflow/registered-models/rename": ("POST",),
}
#: What MLflow's own pages read by POST.
_READ_BY_POST = ("search", "get", "graphql")


def authenticate() -> Authorization | Response:
    """Return who is asking, or the answer that refuses: 401 unknown, 403 not an admin or no reader's request."""
    who = auth.authenticate_request_basic_auth()
    if not isinstance(who, Authorization):
        return who
    if who.username == VIEWER and not _is_reading():
        return auth.make_forbidden_response()
    if not _is_admin_only():
        return who
    if auth.store.get_user(who.username or "").is_admin:
        return who
    return auth.make_forbidden_response()


def _is_reading() -> bool:
    last = request.path.rstrip("/").rpartition("/")[2]
    return request.method in ("GET", "HEAD", "OPTIONS") or (request.method == "POST" and last.startswith(_READ_BY_POST))


def _is_admin_only() -> bool:
    path = request.path.rstrip("/")
    return any(path.endswith(tail) and request.method in methods for tail, methods in _ADMIN_ONLY.items())
