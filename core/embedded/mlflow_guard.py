"""Runs inside the MLflow server: basic authentication, and only admins move an alias or rename a model.

Belongs here: the one rule that MLflow's permissions can't say. Does not belong here: anything else of MLflow, and no
import of this module from the rest of MediSync (it would carry mlflow along); the server's configuration names it.

MLflow 3.17 lets EDIT both add a version and set an alias, and its DENY on versions forbids both. Which version serves
patients is decided by the gate and by people, never by the process that trains.
"""

from flask import Response, request
from mlflow.server import auth
from werkzeug.datastructures import Authorization

_ADMIN_ONLY = {
    "/mlflow/registered-models/alias": ("POST", "DELETE"),
    "/mlflow/registered-models/rename": ("POST",),
}


def authenticate() -> Authorization | Response:
    """Return who is asking, or the answer that refuses: 401 unknown, 403 not an admin."""
    who = auth.authenticate_request_basic_auth()
    if not isinstance(who, Authorization) or not _is_admin_only():
        return who
    if auth.store.get_user(who.username or "").is_admin:
        return who
    return auth.make_forbidden_response()


def _is_admin_only() -> bool:
    path = request.path.rstrip("/")
    return any(path.endswith(tail) and request.method in methods for tail, methods in _ADMIN_ONLY.items())
