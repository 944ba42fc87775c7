"""One server of a fleet in the foreground: get ready, then become it; and say whether it is well.

Belongs here: what a container or a machine of its own runs. Does not belong here: the order of all servers of one
machine (`supervisor`), and the files of a fleet (`docker-compose.yml`, `docker/`).
"""

import os
from collections.abc import Callable
from functools import partial
from typing import NoReturn

from core import clock
from core.db import deid
from core.db.engine import sync_engine
from core.embedded import api, dagster, mlflow, mlflow_accounts, postgres
from core.embedded.http_probe import answers
from core.embedded.process import Command
from core.embedded.service import Service
from core.errors import InputError
from core.settings import Settings

#: A daemon beats every 30 s, a worker four times a lease.
_DAEMON_SILENCE_SECONDS = 120.0
_WORKER_FILE = "worker.alive"

#: Do their work and end; every other part stays.
ONE_SHOT = ("prepare", "accounts")
PARTS = (*ONE_SHOT, "api", "mlflow", "dagster-code", "dagster-web", "dagster-view", "dagster-daemon", "worker")


def run(settings: Settings, part: str) -> None:
    """Do a one-shot part, or become a server; a server's part never returns.

    Raises
    ------
    InputError
        If there is no such part, or a secret is not set.
    """
    if part not in PARTS:
        raise InputError(f"{part!r} is no part of the fleet; allowed: {', '.join(PARTS)}", code="unknown_part")
    _require_secrets(settings)
    for folder in (settings.root, settings.log_dir, settings.inbox, settings.warehouse, settings.root / "run"):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if part == "prepare":
        _prepare(settings)
    elif part == "accounts":
        mlflow_accounts.ensure(settings)
    else:
        _become(_command(settings, part))


def is_well(settings: Settings, part: str) -> str | None:
    """Return None when the part of this container works, else what is wrong; quick, since it is asked often."""
    checks: dict[str, Callable[[], str | None]] = {
        "api": partial(answers, f"http://127.0.0.1:{settings.api_port}/readyz"),
        "mlflow": partial(answers, f"http://127.0.0.1:{settings.mlflow_port}/health"),
        "dagster-web": partial(answers, f"http://127.0.0.1:{settings.dagster_port}/server_info"),
        "dagster-view": partial(answers, f"http://127.0.0.1:{settings.dagster_viewer_port}/server_info"),
        "dagster-code": partial(dagster.listens, settings.code_server_port),
        "dagster-daemon": partial(_daemon_beats, settings),
        "worker": partial(_worker_beats, settings),
    }
    if part not in checks:
        raise InputError(f"{part!r} has no health; ask for one of {', '.join(checks)}", code="unknown_part")
    return checks[part]()


def _require_secrets(settings: Settings) -> None:
    """Refuse a missing secret: two containers that each made their own would not understand each other."""
    _ = settings.secrets


def _prepare(settings: Settings) -> None:
    """Make the databases that are missing and bring the application's to the newest schema."""
    postgres.create_databases(
        (settings.database_dsn, settings.dagster_dsn, settings.mlflow_dsn, settings.mlflow_auth_dsn)
    )
    engine = sync_engine(settings.database_dsn)
    try:
        deid.bring_up(engine, settings.secrets["pipeline_password"])
    finally:
        engine.dispose()


def _command(settings: Settings, part: str) -> Command:
    if part == "api":
        return _ready(api.service(settings))
    if part == "mlflow":
        # Even where clients reach it by MEDISYNC_MLFLOW_URL, here it is the server.
        return _ready(mlflow.service(settings))
    code, web, daemon = dagster.services(settings)
    if part == "dagster-code":
        return _ready(code)
    dagster.write_home(settings)
    commands = {
        "dagster-web": web.command,
        "dagster-daemon": daemon.command,
        "dagster-view": partial(dagster.viewer, settings),
        "worker": partial(dagster.worker, settings),
    }
    return commands[part]()


def _ready(server: Service) -> Command:
    server.prepare()
    return server.command()


def _become(command: Command) -> NoReturn:
    os.chdir(command.cwd)
    os.umask(0o077)
    os.execvpe(command.argv[0], list(command.argv), dict(command.environment))  # noqa: S606


def _daemon_beats(settings: Settings) -> str | None:
    silent = dagster.last_heartbeat_seconds(settings.dagster_dsn)
    if silent is None:
        return "the daemon never gave a sign of life"
    return f"the daemon's last sign of life is {silent:.0f} s old" if silent > _DAEMON_SILENCE_SECONDS else None


def _worker_beats(settings: Settings) -> str | None:
    path = settings.root / "run" / _WORKER_FILE
    if not path.exists():
        return "the worker has not begun to work"
    silent = clock.now().timestamp() - path.stat().st_mtime
    return f"the worker's loop stood still for {silent:.0f} s" if silent > 2 * settings.worker_lease_seconds else None
