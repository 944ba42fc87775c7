"""How runs and workers speak through Valkey: one configuration for both ends.

Belongs here: Celery's settings and the executor made of them. Does not belong here: the worker (`celery_worker`).

A step is acknowledged when it is done, not when it is taken: the step of a worker that dies goes to another one. Valkey
gives a message out again after the visibility time-out; a worker renews it while it works (`celery_worker`), so the
time-out can be a minute although training takes many.
"""

from typing import Any

import dagster as dg
from dagster_celery import celery_executor

from core.settings import Settings


def celery_config(settings: Settings) -> dict[str, Any]:
    """Return Celery's configuration, the same for the run that hands out steps and the workers that take them."""
    return {
        "task_default_queue": "dagster",
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "broker_connection_retry_on_startup": True,
        "result_expires": 24 * 3600,
        "redis_socket_timeout": 120,
        "redis_retry_on_timeout": True,
        "broker_transport_options": {"visibility_timeout": settings.worker_lease_seconds},
    }


def executor(settings: Settings) -> dg.ExecutorDefinition:
    """Return the executor that the settings ask for."""
    if settings.executor == "in_process":
        return dg.in_process_executor
    address = {"env": "MEDISYNC_CELERY_URL"}
    return celery_executor.configured(
        {"broker": address, "backend": address, "config_source": celery_config(settings)}, name="celery"
    )
