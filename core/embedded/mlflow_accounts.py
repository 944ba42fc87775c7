"""Accounts of the MLflow server: the service account of the pipeline, and who owns the registered model.

Belongs here: calls of MLflow's account and registry API over plain HTTP. Does not belong here: runs and metrics.

MLflow gives MANAGE on a registered model to whoever created it. The model is therefore made here by the admin, and
the service account gets EDIT on it: it may add versions and tag them, but not delete the model or hand out rights.
EDIT would include moving an alias; `mlflow_guard` takes that away.
"""

import httpx

from core.errors import RefusedError, UnavailableError
from core.settings import Settings
from core.vocabulary import RISK_MODEL_NAME

ADMIN = "admin"
SERVICE = "medisync-service"
#: Reads everything and owns nothing; the proxy signs people in with it after it has checked who they are.
VIEWER = "medisync-viewer"
_TIMEOUT = 60.0


def ensure(settings: Settings) -> None:
    """Make the service account, the registered model and the account's right on it; safe to repeat.

    A server of somebody else that asks for no password is left as it is.

    Raises
    ------
    RefusedError
        If the server knows neither the admin's nor the service account's password.
    UnavailableError
        If the server answers with something unexpected.
    """
    address = settings.mlflow_address
    known = settings.secrets
    with httpx.Client(base_url=address, timeout=_TIMEOUT, trust_env=False) as client:
        if client.get("/api/2.0/mlflow/users/current").status_code == 404:
            return  # no accounts on this server
        client.auth = (ADMIN, known["mlflow_admin_password"])
        if client.get("/api/2.0/mlflow/users/current").status_code == 401:
            _require_service(address, known["mlflow_service_password"])
            return
        _ensure_account(client, address, SERVICE, known["mlflow_service_password"])
        _ensure_account(client, address, VIEWER, known["mlflow_viewer_password"])
        _expect(
            client.post("/api/2.0/mlflow/registered-models/create", json={"name": RISK_MODEL_NAME}),
            "make the registered model",
            also="RESOURCE_ALREADY_EXISTS",
        )
        grant = {
            "username": SERVICE,
            "resource_type": "registered_model",
            "resource_id": RISK_MODEL_NAME,
            "permission": "EDIT",
        }
        _expect(
            client.post("/api/3.0/mlflow/users/permissions/grant", json=grant),
            "grant EDIT on the model",
            also="RESOURCE_ALREADY_EXISTS",
        )


def _ensure_account(admin: httpx.Client, address: str, name: str, password: str) -> None:
    account = {"username": name, "password": password}
    made = admin.post("/api/2.0/mlflow/users/create", json=account)
    _expect(made, f"make the account {name}", also="RESOURCE_ALREADY_EXISTS")
    if made.is_success or _is_accepted(address, name, password):
        return
    _expect(admin.patch("/api/2.0/mlflow/users/update-password", json=account), f"set the password of {name}")


def _is_accepted(address: str, name: str, password: str) -> bool:
    answer = httpx.get(
        f"{address}/api/2.0/mlflow/users/current", auth=(name, password), timeout=_TIMEOUT, trust_env=False
    )
    return answer.is_success


def _require_service(address: str, password: str) -> None:
    if not _is_accepted(address, SERVICE, password):
        raise RefusedError(
            f"MLflow at {address} knows neither the admin's password (MEDISYNC_MLFLOW_ADMIN_PASSWORD) nor that of "
            f"{SERVICE} (MEDISYNC_MLFLOW_SERVICE_PASSWORD)",
            code="wrong_password",
        )


def _expect(answer: httpx.Response, what: str, *, also: str = "") -> None:
    if answer.is_success or (also and also in answer.text):
        return
    raise UnavailableError(f"MLflow could not {what}: {answer.status_code} {answer.text[:200]}", code="mlflow_accounts")
