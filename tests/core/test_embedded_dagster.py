"""Dagster's home and its runs after a crash, on a real PostgreSQL."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from sqlalchemy.engine import make_url

from core.embedded import dagster, environment
from core.settings import Settings

_MAKE_RUNS = """
from dagster import DagsterInstance, DagsterRunStatus
from dagster._core.test_utils import create_run_for_test
with DagsterInstance.get() as instance:
    for name in ("STARTED", "STARTING", "NOT_STARTED", "SUCCESS"):
        create_run_for_test(instance, job_name=name, status=DagsterRunStatus[name])
"""
_SHOW_RUNS = """
from dagster import DagsterInstance
with DagsterInstance.get() as instance:
    print(sorted(f"{run.job_name} {run.status.value}" for run in instance.get_runs()))
"""


@pytest.fixture
def settings(pg_server, server_settings, tmp_path) -> Settings:
    settings = server_settings.model_copy(update={"home": tmp_path, "dagster_database_url": None})
    secrets = server_settings.root / "secrets.json"
    (tmp_path / "secrets.json").write_text(secrets.read_text())
    dagster.write_home(settings)
    return settings


def _run(code: str, settings: Settings) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env=environment.of_pipeline(settings, {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_database_that_dagster_never_saw_has_no_broken_runs(pg_dsn):
    assert dagster.broken_runs(pg_dsn) == []


@pytest.mark.slow
def test_runs_at_work_during_a_crash_are_reported_failed_and_the_others_are_left(settings):
    _run(_MAKE_RUNS, settings)
    assert len(dagster.broken_runs(settings.dagster_dsn)) == 2
    code, _, _ = dagster.services(settings)
    code.prepare()
    assert dagster.broken_runs(settings.dagster_dsn) == []
    assert _run(_SHOW_RUNS, settings).strip() == str(
        ["NOT_STARTED NOT_STARTED", "STARTED FAILURE", "STARTING FAILURE", "SUCCESS SUCCESS"]
    )


def test_what_steps_print_is_kept_nowhere_and_nothing_phones_home(settings):
    instance = yaml.safe_load((settings.dagster_home / "dagster.yaml").read_text())
    assert instance["compute_logs"]["class"] == "NoOpComputeLogManager"
    assert instance["telemetry"] == {"enabled": False}
    environ = environment.of_pipeline(settings, {})
    assert environ["DAGSTER_DISABLE_TELEMETRY"] == "yes"
    assert environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert environ["GX_ANALYTICS_ENABLED"] == "false"


def test_a_child_sees_the_home_and_ports_of_its_launcher(settings):
    environ = environment.of_child(settings, {})
    assert environ["MEDISYNC_HOME"] == str(settings.root)
    assert environ["MEDISYNC_PG_PORT"] == str(settings.pg_port)
    assert "MEDISYNC_REDIS_URL" not in environ


def test_no_secret_is_among_the_arguments_of_any_service(settings):
    commands = [one.command() for one in dagster.services(settings)]
    password = make_url(settings.dagster_dsn).password
    for command in commands:
        assert password not in " ".join(command.argv)
        assert Path(command.argv[0]).name.startswith("python")
