"""The doctor names what is missing and what to do, each fault apart from the others."""

import importlib.util
import json
import resource
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from core.embedded import ports
from core.settings import Settings
from medisync import doctor

_PORTS = ("pg_port", "valkey_port", "mlflow_port", "code_server_port", "dagster_port", "api_port")


@pytest.fixture
def settings(tmp_path) -> Settings:
    free = {name: ports.find_free() for name in _PORTS}
    return Settings(home=tmp_path / "home", database_url=None, redis_url=None, mlflow_url=None, **free)


def _faults(settings: Settings) -> dict[str, str]:
    return {one.check: one.says for one in doctor.examine(settings) if not one.is_good}


def test_every_server_of_the_wheels_runs_here_and_every_port_is_looked_at(settings):
    found = list(doctor.examine(settings))
    said = {one.check: one.says for one in found if one.is_good}
    assert said["postgres"].startswith("postgres (PostgreSQL) 17")
    assert "v=9" in said["valkey"]
    assert sum(one.check == "port" and one.is_good for one in found) == len(_PORTS)
    assert not (settings.root).exists(), "it looks and makes nothing"


def test_a_taken_port_names_its_holder_and_the_variable(settings):
    with socket.create_server(("127.0.0.1", settings.api_port)):
        says = _faults(settings)["port"]
    assert f"{settings.api_port} for the API is taken by pid" in says
    assert "MEDISYNC_API_PORT" in says


def test_each_fault_of_the_machine_is_named_with_what_to_do(settings, monkeypatch):
    Path(settings.root).parent.joinpath("home").write_text("a file stands where the folder should be")
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (256, 4096))
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "tensorflow" else find(name))
    monkeypatch.setattr(doctor, "_MEMORY_GIB", 1e6)
    monkeypatch.setattr(doctor, "_HOME_DISK_GIB", 1e6)
    faults = _faults(settings)
    assert "ulimit -n" in faults["files"]
    assert faults["packages"] == "not installed: tensorflow; run `uv sync`"
    assert "can't write in" in faults["home"]
    assert "servers and training need" in faults["memory"]
    assert "MEDISYNC_HOME" in faults["disk"]


def test_the_command_exits_1_and_tells_it_as_one_object(settings):
    environment = {
        "PATH": "/usr/bin:/bin", "MEDISYNC_HOME": str(settings.root),
        **{f"MEDISYNC_{name.upper()}": str(getattr(settings, name)) for name in _PORTS},
    }  # fmt: skip
    command = [sys.executable, "-c", "from medisync.main import run; run()", "doctor", "--json"]
    with socket.create_server(("127.0.0.1", settings.mlflow_port)):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    assert report["is_ready"] is False
    assert "MEDISYNC_MLFLOW_PORT" in next(one["says"] for one in report["checks"] if not one["is_good"])
