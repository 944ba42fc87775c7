"""What a child process is told: this home's settings, where the others answer, and silence towards third parties.

Belongs here: environments of children. Does not belong here: reading the environment (`core.settings`).

A secret reaches a child through its environment or a file of mode 0600, never through its arguments, which every
account of the machine may read.
"""

from core.settings import Settings, child_environment

#: No program that we start may phone home.
QUIET = {
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "DAGSTER_DISABLE_TELEMETRY": "yes",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "PYTHONUNBUFFERED": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


def of_settings(settings: Settings) -> dict[str, str]:
    """Return the settings as the variables that would lead to them, so that a child sees what its launcher sees."""
    values = settings.model_dump(mode="json", exclude_none=True, exclude={"backup_passphrase"})
    return {f"MEDISYNC_{name.upper()}": str(value) for name, value in values.items()} | {
        "MEDISYNC_HOME": str(settings.root)
    }


def of_child(settings: Settings, extra: dict[str, str]) -> dict[str, str]:
    """Return the environment of a child of ours: our own, the settings, quiet, then `extra`."""
    return child_environment({**of_settings(settings), **QUIET, **extra})


def of_pipeline(settings: Settings, extra: dict[str, str]) -> dict[str, str]:
    """Return the environment of a process that runs assets: with Dagster's storage and MLflow's service account."""
    known = settings.secrets
    return of_child(
        settings,
        {
            "DAGSTER_HOME": str(settings.dagster_home),
            "DAGSTER_PG_URL": settings.dagster_dsn,
            "DAGSTER_ARTIFACTS": str(settings.dagster_home / "artifacts"),
            # Named in the executor's configuration, so that the password stands in no run.
            "MEDISYNC_CELERY_URL": settings.redis_dsn,
            # An exception's text may quote a row: Dagster keeps an id in its place (see orchestration.privacy).
            "DAGSTER_REDACT_USER_CODE_ERRORS": "1",
            "MLFLOW_TRACKING_URI": settings.mlflow_address,
            "MLFLOW_TRACKING_USERNAME": "medisync-service",
            "MLFLOW_TRACKING_PASSWORD": known["mlflow_service_password"],
            **extra,
        },
    )
