"""The embedded web workers: uvicorn with the application factory of `serving`.

Belongs here: their command and probe. Does not belong here: the application.
"""

import sys
from functools import partial

from core.embedded import environment
from core.embedded.http_probe import answers
from core.embedded.process import Command
from core.embedded.service import Service
from core.settings import Settings


def service(settings: Settings, *, factory: str = "serving.main:create_app", workers: int = 1) -> Service:
    """Return the service.

    Parameters
    ----------
    settings : Settings
    factory : str
        `module:function` that returns the ASGI application.
    workers : int
        Processes that serve; each answers about 1,000 requests a second on one core.
    """
    return Service(
        name="api",
        label="API",
        address=settings.api_address,
        port=settings.api_port,
        port_variable="MEDISYNC_API_PORT",
        host=settings.bind_host,
        command=partial(_command, settings, factory, workers),
        probe=partial(answers, f"{settings.api_address}/readyz"),
    )


def _command(settings: Settings, factory: str, workers: int) -> Command:
    # No access log: paths carry ids, and query strings may carry more; the application logs what is needed.
    argv = [sys.executable, "-m", "uvicorn", factory, "--factory", "--host", settings.bind_host,
            "--port", str(settings.api_port), "--workers", str(workers), "--no-access-log",
            "--timeout-graceful-shutdown", "10", "--log-level", "warning"]  # fmt: skip
    return Command(argv, environment.of_child(settings, {}), cwd=settings.root)
