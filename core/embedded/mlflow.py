"""The embedded MLflow server: tracking and registry on PostgreSQL, with accounts, lean (476 MB instead of 2 GB).

Belongs here: its command, configuration and life. Does not belong here: its accounts (`mlflow_accounts`), what may
move the alias (`mlflow_guard`), and any client of it (`ml.registry`).
"""

import os
import sys
from functools import partial

from core.embedded import environment, mlflow_accounts
from core.embedded.http_probe import answers
from core.embedded.process import Command
from core.embedded.service import Service
from core.settings import Settings

_CONFIGURATION = """\
# Written by MediSync at each start; changes here are lost. It holds a password: mode 0600.
[mlflow]
default_permission = READ
database_uri = {database_uri}
admin_username = admin
authorization_function = core.embedded.mlflow_guard:authenticate
auth_cache_ttl_seconds = 60
"""


def service(settings: Settings) -> Service:
    """Return the service: embedded, or the server of `MEDISYNC_MLFLOW_URL`, which is only probed and given accounts."""
    return Service(
        name="mlflow",
        label="MLflow",
        address=settings.mlflow_address,
        port=settings.mlflow_port,
        port_variable="MEDISYNC_MLFLOW_PORT",
        command=partial(_command, settings),
        probe=partial(answers, f"{settings.mlflow_address}/health"),
        prepare=partial(_prepare, settings),
        settle=partial(mlflow_accounts.ensure, settings),
        is_external=settings.mlflow_url is not None,
    )


def _prepare(settings: Settings) -> None:
    if settings.artifacts_url is None:
        settings.mlflow_artifacts.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = settings.root / "mlflow-auth.ini"
    # configparser reads % as the start of an interpolation.
    text = _CONFIGURATION.format(database_uri=settings.mlflow_auth_dsn.replace("%", "%%"))
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def _command(settings: Settings) -> Command:
    known = settings.secrets
    argv = [sys.executable, "-m", "mlflow", "server", "--app-name", "basic-auth", "--host", settings.inner_host,
            "--port", str(settings.mlflow_port), "--workers", "1",
            "--uvicorn-opts", "--no-access-log --log-level warning"]  # fmt: skip
    if settings.mlflow_allowed_hosts:
        argv += ["--allowed-hosts", settings.mlflow_allowed_hosts]
    extra = {
        "MLFLOW_BACKEND_STORE_URI": settings.mlflow_dsn,
        "MLFLOW_ARTIFACTS_DESTINATION": settings.artifacts_url or str(settings.mlflow_artifacts),
        "MLFLOW_AUTH_CONFIG_PATH": str(settings.root / "mlflow-auth.ini"),
        "MLFLOW_AUTH_ADMIN_PASSWORD": known["mlflow_admin_password"],
        "MLFLOW_FLASK_SERVER_SECRET_KEY": known["mlflow_flask_key"],
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
        # A request whose route MLflow has no rule for is refused instead of let through.
        "MLFLOW_BASIC_AUTH_FAIL_CLOSED": "true",
        "MLFLOW_SQLALCHEMYSTORE_POOL_SIZE": "5",
        "MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW": "10",
    }
    return Command(argv, environment.of_child(settings, extra), cwd=settings.root)
