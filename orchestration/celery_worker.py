"""A Celery worker that executes steps of Dagster's runs: `celery -A orchestration.celery_worker worker -Q dagster`.

Belongs here: the worker's application, and the renewing of its leases. Does not belong here: configuration shared with
the executor (`celery_settings`).

Valkey gives a message to another worker once its visibility time-out has passed. kombu never renews it, so that either
a long step is worked on twice or a dead worker's step waits for hours. Here the living worker writes the present moment
behind every message it holds, four times a time-out; what a dead one held falls free within one.
"""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import redis
from celery.signals import worker_ready
from dagster_celery.make_app import make_app
from dagster_celery.tasks import create_task

from core import settings as configuration
from core.logging import configure
from orchestration.celery_settings import celery_config

_SETTINGS = configuration.load()
#: Touched at each renewal: the health check's proof that the worker's loop turns.
ALIVE = "worker.alive"

app = make_app(
    {"broker": _SETTINGS.redis_dsn, "backend": _SETTINGS.redis_dsn, "config_source": celery_config(_SETTINGS)}
)
execute_plan = create_task(app)


def renew(channel: Any) -> int:
    """Write the present moment behind every message that this channel's worker holds; return how many."""
    held = list(channel.qos._delivered)
    if held:
        moment = time.time()  # noqa: TID251 (kombu's own scale: it compares with time.time)
        with channel.conn_or_acquire() as client:
            client.zadd(channel.unacked_index_key, dict.fromkeys(held, moment), xx=True)
    return len(held)


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
