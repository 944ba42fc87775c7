"""The embedded Dagster: one code server, the web interface and the daemon, on PostgreSQL.

Belongs here: their commands, DAGSTER_HOME and life. Does not belong here: definitions (`orchestration/`) and any
import of dagster.

Three processes instead of `dagster dev`: one copy of the code in memory, and each part can die alone.
"""

import secrets
import shutil
import socket
import subprocess
import sys
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import httpx
import psycopg2
from sqlalchemy.engine import make_url

import core
from core.embedded import environment
from core.embedded.http_probe import answers
from core.embedded.process import Command
from core.embedded.service import Service
from core.errors import UnavailableError
from core.settings import Settings

_LOCATIONS = """\
{ workspaceOrError { ... on Workspace { locationEntries { name loadStatus
  locationOrLoadError { __typename ... on PythonError { message causes { message } } } } } } }
"""
_RELOAD = 'mutation { reloadRepositoryLocation(repositoryLocationName: "medisync") { __typename } }'
_DAEMONS = "{ instance { daemonHealth { allDaemonStatuses { daemonType required healthy } } } }"


def services(settings: Settings, *, definitions: str = "orchestration.definitions") -> tuple[Service, ...]:
    """Return code server, web interface and daemon, in the order of their start.

    Parameters
    ----------
    settings : Settings
    definitions : str
        Module that holds the `Definitions`.
    """
    code = Service(
        name="dagster-code",
        label="Dagster code",
        address=f"127.0.0.1:{settings.code_server_port}",
        port=settings.code_server_port,
        port_variable="MEDISYNC_CODE_SERVER_PORT",
        command=partial(_code_server, settings, definitions),
        probe=partial(listens, settings.code_server_port),
        prepare=partial(_prepare, settings),
        settle=partial(_reload, settings.dagster_address),
    )
    web = Service(
        name="dagster-web",
        label="Dagster web",
        address=settings.dagster_address,
        port=settings.dagster_port,
        port_variable="MEDISYNC_DAGSTER_PORT",
        command=partial(_web, settings),
        probe=partial(_probe_web, settings.dagster_address),
    )
    daemon = Service(
        name="dagster-daemon",
        label="Dagster daemon",
        address=settings.dagster_address,
        command=partial(_daemon, settings),
        probe=partial(_probe_daemon, settings.dagster_address),
    )
    return code, web, daemon


def instance_template() -> Path:
    """Return the repository's dagster.yaml."""
    return Path(core.__file__).resolve().parents[1] / "dagster.yaml"


def write_home(settings: Settings) -> None:
    """Write DAGSTER_HOME: the instance's configuration and where the code server answers."""
    home = settings.dagster_home
    (home / "artifacts").mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.copyfile(instance_template(), home / "dagster.yaml")
    (home / "workspace.yaml").write_text(
        f"load_from:\n  - grpc_server:\n      host: {settings.code_server_host}\n"
        f"      port: {settings.code_server_port}\n      location_name: medisync\n"
    )


def broken_runs(dsn: str) -> list[str]:
    """Return the ids of runs that Dagster's tables show as being at work.

    Asked while no code server runs, these are runs whose process died: Dagster's launcher never notices that.
    """
    plain = make_url(dsn).set(drivername="postgresql").render_as_string(hide_password=False)
    with closing(psycopg2.connect(plain, connect_timeout=5)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('runs')")
        if cursor.fetchone() == (None,):
            return []
        cursor.execute("SELECT run_id FROM runs WHERE status IN ('STARTING', 'STARTED', 'CANCELING')")
        return [str(run_id) for (run_id,) in cursor.fetchall()]


def _prepare(settings: Settings) -> None:
    write_home(settings)
    runs = broken_runs(settings.dagster_dsn)
    if not runs:
        return
    # A program of its own: dagster must not be imported here (see the package's docstring).
    done = subprocess.run(
        [sys.executable, "-m", "core.embedded.dagster_recovery", *runs],
        env=environment.of_pipeline(settings, {}),
        cwd=settings.root,
        text=True,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise UnavailableError(
            f"{len(runs)} runs cut short by a crash could not be reported as failed: {done.stderr[-400:]}",
            code="dagster_recovery",
        )


def _code_server(settings: Settings, definitions: str) -> Command:
    argv = ["code-server", "start", "--host", settings.inner_host, "--port", str(settings.code_server_port),
            "--module-name", definitions, "--location-name", "medisync",
            "--use-python-environment-entry-point", "--log-level", "warning"]  # fmt: skip
    return _python(settings, "dagster", *argv)


def _web(settings: Settings) -> Command:
    argv = ["--host", settings.inner_host, "--port", str(settings.dagster_port), "--workspace", _workspace(settings)]
    return _python(settings, "dagster_webserver", *argv)


def viewer(settings: Settings) -> Command:
    """Return the command of the web interface in which nothing can be run or changed."""
    argv = ["--host", settings.inner_host, "--port", str(settings.dagster_viewer_port), "--read-only",
            "--workspace", _workspace(settings)]  # fmt: skip
    return _python(settings, "dagster_webserver", *argv)


def worker(settings: Settings) -> Command:
    """Return the command of a Celery worker that executes steps of runs."""
    # Its name is its own: two workers of one machine must not be taken for one.
    argv = ["-A", "orchestration.celery_worker", "worker", "-Q", "dagster", "--loglevel", "warning",
            "--concurrency", str(settings.worker_concurrency), "-n", f"step-{secrets.token_hex(4)}@%h",
            "--without-gossip", "--without-mingle"]  # fmt: skip
    return _python(settings, "celery", *argv)


def _daemon(settings: Settings) -> Command:
    return _python(settings, "dagster._daemon", "run", "--workspace", _workspace(settings))


def last_heartbeat_seconds(dsn: str) -> float | None:
    """Return how long ago the daemon last gave a sign of life, from Dagster's own table; None if it never did."""
    plain = make_url(dsn).set(drivername="postgresql").render_as_string(hide_password=False)
    with closing(psycopg2.connect(plain, connect_timeout=5)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('daemon_heartbeats')")
        if cursor.fetchone() == (None,):
            return None
        cursor.execute("SELECT extract(epoch FROM now() AT TIME ZONE 'UTC' - max(timestamp)) FROM daemon_heartbeats")
        row = cursor.fetchone()
    return float(row[0]) if row and row[0] is not None else None


def _python(settings: Settings, module: str, *arguments: str) -> Command:
    # Dagster starts the runs' processes by the bare name `python` and `dagster` in places: ours come first.
    path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    environ = environment.of_pipeline(settings, {"PATH": path})
    return Command([sys.executable, "-m", module, *arguments], environ, cwd=settings.dagster_home)


def _workspace(settings: Settings) -> str:
    return str(settings.dagster_home / "workspace.yaml")


def listens(port: int) -> str | None:
    """Return None when something listens on the port of this machine, else a phrase that says so."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError as error:
        return f"nothing listens on port {port} ({type(error).__name__})"
    return None


def _ask(address: str, query: str) -> dict[str, object]:
    answer = httpx.post(
        f"{address}/graphql", json={"query": query}, timeout=30, trust_env=False, verify=address.startswith("https:")
    )
    answer.raise_for_status()
    return answer.json()["data"]


def _probe_web(address: str) -> str | None:
    """Answering isn't enough: the code location must have loaded, else no asset can be seen or run."""
    if (reason := answers(f"{address}/server_info")) is not None:
        return reason
    try:
        entries = _ask(address, _LOCATIONS)["workspaceOrError"]["locationEntries"]  # type: ignore[index]
    except (httpx.HTTPError, KeyError, TypeError) as error:
        return f"its workspace does not answer ({type(error).__name__})"
    for entry in entries:
        loaded = entry["locationOrLoadError"]
        if loaded is not None and loaded["__typename"] == "PythonError":
            root = (loaded["causes"] or [loaded])[-1]["message"].strip()
            if "StatusCode.UNAVAILABLE" in root:
                return "the code server does not answer it"
            raise UnavailableError(
                f"Dagster could not load the code location {entry['name']}: {root}", code="definitions_broken"
            )
        if loaded is None or entry["loadStatus"] != "LOADED":
            return "its code location is still loading"
    return None if entries else "it has no code location yet"


def _reload(address: str) -> None:
    """Let a web interface that was there before the code server load it anew: it gives up on a lost one after 10 s."""
    with suppress(httpx.HTTPError):  # there is none yet: it will load the code when it starts
        _ask(address, _RELOAD)


def _probe_daemon(address: str) -> str | None:
    try:
        health = _ask(address, _DAEMONS)["instance"]["daemonHealth"]["allDaemonStatuses"]  # type: ignore[index]
    except (httpx.HTTPError, KeyError, TypeError) as error:
        return f"its health is not known ({type(error).__name__})"
    ill = [one["daemonType"] for one in health if one["required"] and not one["healthy"]]
    return f"no heartbeat from {', '.join(ill)} yet" if ill else None
