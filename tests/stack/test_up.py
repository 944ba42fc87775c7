"""`medisync up`, `status`, `down` as an operator uses them, without the demo: one real start of everything."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from core.embedded import ports
from core.embedded.process import MARK
from core.settings import child_environment

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(1200)]

_PORTS = ("API", "DAGSTER", "MLFLOW", "PG", "VALKEY", "CODE_SERVER")


@pytest.fixture(scope="module")
def environ():
    home = Path(tempfile.mkdtemp(prefix="medisync-up-"))
    values = {f"MEDISYNC_{name}_PORT": str(ports.find_free()) for name in _PORTS}
    environ = child_environment({"MEDISYNC_HOME": str(home), **values})
    for name in ("DATABASE", "REDIS", "MLFLOW"):
        environ.pop(f"MEDISYNC_{name}_URL", None)
    yield environ
    _medisync(environ, "down")
    shutil.rmtree(home)


def _medisync(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    argv = [Path(sys.executable).with_name("medisync"), *arguments]
    return subprocess.run(argv, env=environ, capture_output=True, text=True, check=False)


def _status(environ: dict[str, str]) -> dict:
    return json.loads(_medisync(environ, "status", "--json").stdout)


def _pids(environ: dict[str, str]) -> dict[str, int]:
    return {one["name"]: one["pid"] for one in _status(environ)["services"]}


def _left(environ: dict[str, str]) -> list[str]:
    found = []
    for one in psutil.process_iter():
        try:
            if one.environ().get(MARK, "").startswith(environ["MEDISYNC_HOME"]):
                found.append(" ".join(one.cmdline()))
        except psutil.Error:
            continue
    return found


def test_a_detached_start_is_healthy_refused_twice_healed_after_kills_and_stopped_to_the_last_process(environ):
    started = _medisync(environ, "up", "--detach", "--no-demo")
    assert started.returncode == 0, started.stderr
    assert f"http://127.0.0.1:{environ['MEDISYNC_API_PORT']}" in started.stdout
    before = _pids(environ)
    assert _status(environ)["is_healthy"]

    second = _medisync(environ, "up", "--no-demo")
    assert second.returncode == 1
    assert f"pid {before['api']}" in second.stderr
    assert f"http://127.0.0.1:{environ['MEDISYNC_API_PORT']}" in second.stderr

    for name in ("postgres", "valkey", "dagster-code"):
        os.kill(before[name], signal.SIGKILL)
    assert _medisync(environ, "status").returncode == 1
    healed = _medisync(environ, "up", "--detach", "--no-demo")
    assert healed.returncode == 0, healed.stderr
    after = _pids(environ)
    assert {name for name in before if before[name] != after[name]} == {"postgres", "valkey", "dagster-code"}
    assert _status(environ)["is_healthy"]

    assert _medisync(environ, "down").returncode == 0
    assert _left(environ) == []
    assert _medisync(environ, "down").returncode == 0
