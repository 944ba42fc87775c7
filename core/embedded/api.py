"""The embedded web workers: `serving.workers` with an application factory.

Belongs here: their command and probe. Does not belong here: the application, and how it is served.
"""

import shutil
import sys
from functools import partial
from pathlib import Path

import psutil

from core.embedded import environment
from core.embedded.http_probe import answers
from core.embedded.process import Command
from core.embedded.service import Service
from core.settings import Settings

_MEMORY_FOR_TWO = 4 * 2**30


def worker_count(settings: Settings) -> int:
    """Return how many web workers to start."""
    if settings.api_workers:
        return settings.api_workers
    has_room = (psutil.cpu_count() or 1) >= 2 and psutil.virtual_memory().available >= _MEMORY_FOR_TWO
    return 2 if has_room else 1


def service(settings: Settings, *, factory: str = "serving.start:create_app") -> Service:
    """Return the service.

    Parameters
    ----------
    settings : Settings
    factory : str
        `module:function` that returns the ASGI application.
    """
    return Service(
        name="api",
        label="API",
        address=settings.api_address,
        port=settings.api_port,
        port_variable="MEDISYNC_API_PORT",
        host=settings.bind_host,
        prepare=partial(_prepare, settings),
        command=partial(_command, settings, factory),
        probe=partial(answers, f"{settings.api_address}/readyz"),
        hands_over=True,
    )


def _metrics_folder(settings: Settings) -> Path:
    return settings.root / "run" / "metrics"


def _prepare(settings: Settings) -> None:
    """Begin counting anew: what earlier workers counted is no part of this run."""
    shutil.rmtree(_metrics_folder(settings), ignore_errors=True)
    _metrics_folder(settings).mkdir(parents=True)


def _command(settings: Settings, factory: str) -> Command:
    shared = {"PROMETHEUS_MULTIPROC_DIR": str(_metrics_folder(settings))}
    argv = [sys.executable, "-m", "serving.workers", factory, "--host", settings.bind_host,
            "--port", str(settings.api_port), "--workers", str(worker_count(settings))]  # fmt: skip
    return Command(argv, environment.of_child(settings, shared), cwd=settings.root)
