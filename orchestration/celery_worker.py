"""A Celery worker that executes steps of Dagster's runs: `celery -A orchestration.celery_worker worker -Q dagster`.

Belongs here: the worker's application and its heartbeat. Does not belong here: configuration shared with the executor
(`celery_settings`), what a lease is (`celery_leases`).
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import redis
from celery.signals import worker_ready
from dagster_celery.make_app import make_app
from dagster_celery.tasks import create_task

from core import settings as configuration
from core.logging import configure
from orchestration.celery_leases import renew
from orchestration.celery_settings import celery_config

_SETTINGS = configuration.load()
#: Touched at each renewal: the health check's proof that the worker's loop turns.
ALIVE = "worker.alive"

app = make_app(
    {"broker": _SETTINGS.redis_dsn, "backend": _SETTINGS.redis_dsn, "config_source": celery_config(_SETTINGS)}
)
execute_plan = create_task(app)


@worker_ready.connect
def _keep_leases(sender: Any, **_: Any) -> None:
    """Renew for as long as the worker's loop turns."""
    alive = Path(_SETTINGS.root) / "run" / ALIVE
    alive.parent.mkdir(parents=True, exist_ok=True)

    def beat() -> None:
        # Valkey away: the connection is made anew by Celery, and the next beat renews.
        with suppress(redis.RedisError, OSError):
            renew(sender.task_consumer.channel)
            alive.write_text(str(os.getpid()))

    beat()
    sender.timer.call_repeatedly(_SETTINGS.worker_lease_seconds / 4, beat)


configure(_SETTINGS.log_level)
