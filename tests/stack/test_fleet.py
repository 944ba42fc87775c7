"""docker-compose.yml without Docker: its own commands, environment, order and health checks on loopback.

Each service is started as the file says, once what it depends on is well: certificates by their script, PostgreSQL with
its arguments and pg_hba.conf, `medisync serve PART` for our own, nginx from Debian with the rendered template. Valkey's
command runs Debian's redis-server 7, which takes the same options: the wheel's Valkey was built without TLS. Names of
containers become ports of this machine. The second worker and the second replica are left out (`test_celery_workers`,
`tests/serving/test_proxy.py`). Images, volumes and networks are not shown by this.
"""

import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg2
import pytest
import redis
import yaml
from sqlalchemy import create_engine

from bench.ground import sessions
from core.embedded import ports, postgres_files, process
from core.embedded.foreground import ONE_SHOT
from core.embedded.process import Command, Room
from core.settings import Settings
from core.vocabulary import Role
from tests.edge import ROOT, make_certificates, needs_nginx, nginx

_REDIS = Path("/usr/bin/redis-check-rdb")
_COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
_LEFT_OUT = {"certs", "worker-b", "api-b"}
_READY_SECONDS = 300
_PORTS = ("postgres", "valkey", "api", "mlflow", "dagster_code", "dagster_web", "dagster_view", "edge", "edge_dagster",
          "edge_mlflow")  # fmt: skip

pytestmark = [
    pytest.mark.stack,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    needs_nginx,
    pytest.mark.skipif(not _REDIS.exists(), reason="no server with TLS for Valkey: apt-get install redis-tools"),
]


@dataclass(frozen=True)
class Fleet:
    """The services of the file, each on a port of this machine."""

    here: Path
    secrets: dict[str, str]
    ports: dict[str, int]
    trust: ssl.SSLContext
    well: dict[str, threading.Event] = field(default_factory=lambda: {name: threading.Event() for name in _COMPOSE})
    failed: threading.Event = field(default_factory=threading.Event)

    @property
    def room(self) -> Room:
        return Room(self.here / "run", self.here / "logs")

    def local(self, text: str) -> str:
        """Return a text of the file with its variables filled in and containers' names replaced."""
        known = {**self.secrets, "MEDISYNC_PUBLIC_HOST": "localhost"}
        text = re.sub(
            r"(?<!\$)\$\{(\w+)(?::([?-])([^}]*))?\}",
            lambda found: known.get(found[1], found[3] if found[2] == "-" else ""), text,
        ).replace("$$", "$")  # fmt: skip
        for container, name in (
            ("postgres:5432", "postgres"), ("valkey:6379", "valkey"), ("api-a:8000", "api"), ("api-b:8000", "api"),
            ("mlflow:5000", "mlflow"), ("dagster-web:3000", "dagster_web"), ("dagster-view:3001", "dagster_view"),
            ("localhost:8443", "edge"), ("127.0.0.1:8443", "edge"),
        ):  # fmt: skip
            text = text.replace(container, f"localhost:{self.ports[name]}")
        return text.replace("/certs/", f"{self.here}/certs/").replace("/etc/medisync", str(ROOT / "docker/postgres"))

    def environment(self, name: str) -> dict[str, str]:
        """Return what the container of that name is given, on this machine's ports."""
        given = {variable: self.local(str(value)) for variable, value in _COMPOSE[name]["environment"].items()}
        if "MEDISYNC_DATABASE_URL" in given:
            given |= {
                "MEDISYNC_HOME": str(self.here / ("home-api" if name.startswith("api") else "home")),
                "MEDISYNC_INNER_HOST": "127.0.0.1",
                "MEDISYNC_BIND_HOST": "127.0.0.1",
                "MEDISYNC_CODE_SERVER_HOST": "127.0.0.1",
                "MEDISYNC_API_PORT": str(self.ports["api"]),
                "MEDISYNC_API_WORKERS": "1",
                "MEDISYNC_MLFLOW_PORT": str(self.ports["mlflow"]),
                "MEDISYNC_DAGSTER_PORT": str(self.ports["dagster_web"]),
                "MEDISYNC_DAGSTER_VIEWER_PORT": str(self.ports["dagster_view"]),
                "MEDISYNC_CODE_SERVER_PORT": str(self.ports["dagster_code"]),
            }
        return {**given, "PATH": f"{self.here}/bin:{Path(sys.executable).parent}:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}

    def run(self, name: str) -> None:
        """Wait for what a service depends on, start it, and say that it is well once its own check says so."""
        try:
            self._run(name)
        except BaseException:
            self.failed.set()
            raise

    def _run(self, name: str) -> None:
        for needed in set(_COMPOSE[name].get("depends_on", {})) - _LEFT_OUT:
            while not self.well[needed].wait(0.5):
                assert not self.failed.is_set(), f"{name} waited for {needed}"
        if name in ONE_SHOT:
            done = subprocess.run(
                ["medisync", *_COMPOSE[name]["command"]], env=self.environment(name), capture_output=True, text=True,
                check=False, cwd=self.here,
            )  # fmt: skip
            assert done.returncode == 0, f"{name}: {done.stderr}"
        else:
            process.spawn(name, self.command(name), self.room)
            self.wait_until_well(name)
        self.well[name].set()

    def command(self, name: str) -> Command:
        """Return what a container of that name would run."""
        one = _COMPOSE[name]
        if name == "postgres":
            cluster = postgres_files.locate(self.here / "home")
            postgres_files.ensure(cluster, password=self.secrets["MEDISYNC_POSTGRES_PASSWORD"], port=self.ports[name])
            if cluster.account is not None:
                os.chown(self.here / "certs/postgres.key", cluster.account.uid, cluster.account.gid)
            argv = [self.local(word) for word in one["command"][1:]]
            argv = [str(cluster.bin_dir / "postgres"), "-D", str(cluster.data_dir), *argv]
            return Command(argv, postgres_files.ENVIRONMENT, Path("/"), cluster.account)
        if name == "valkey":
            script = self.local(one["command"][0]).replace("--tls-port 6379", f"--tls-port {self.ports[name]}")
            script = script.replace("--dir /data", f"--dir {self.here}/valkey --bind 127.0.0.1")
            return Command([*one["entrypoint"], script], self.environment(name), self.here)
        return Command(["medisync", *one["command"]], self.environment(name), self.here)

    def wait_until_well(self, name: str) -> None:
        """Ask by the service's own health check until it says so."""
        kind, *words = _COMPOSE[name]["healthcheck"]["test"]
        words = [self.local(word) for word in words]
        if kind == "CMD-SHELL":
            words = [
                "/bin/sh",
                "-c",
                *(w.replace("valkey-cli", f"valkey-cli -p {self.ports['valkey']}") for w in words),
            ]
        if name == "postgres":
            words += ["-h", "localhost", "-p", str(self.ports[name])]
        deadline = time.monotonic() + _READY_SECONDS
        while True:
            asked = subprocess.run(
                words, env=self.environment(name), capture_output=True, text=True, check=False, cwd=self.here
            )
            if asked.returncode == 0:
                return
            is_there = name == "proxy" or process.recall(name, self.room) is not None
            assert is_there and time.monotonic() < deadline, (
                f"{name}: {asked.stderr}\n{process.log_tail(name, self.room)}"
            )
            time.sleep(1)


def _secrets() -> dict[str, str]:
    said = subprocess.run(["medisync", "secrets"], env=_PATH, capture_output=True, text=True, check=True).stdout
    return dict(line.split("=", 1) for line in said.splitlines())


_PATH = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}


@contextmanager
def _running(fleet: Fleet) -> Generator[None]:
    """Have all services run, started as their dependencies allow."""
    names = [name for name in _COMPOSE if name not in _LEFT_OUT | {"proxy"}]
    places = {"PORT": "edge", "DAGSTER_PORT": "edge_dagster", "MLFLOW_PORT": "edge_mlflow"}
    edge = fleet.environment("proxy") | {variable: str(fleet.ports[name]) for variable, name in places.items()}
    edge["CERTIFICATES"] = str(fleet.here / "certs")
    try:
        with ThreadPoolExecutor(len(names)) as pool:
            for done in [pool.submit(fleet.run, name) for name in names]:
                done.result()
        with nginx(fleet.here, edge, fleet.trust):
            fleet.wait_until_well("proxy")
            yield
    finally:
        process.end([one for name in names for one in process.left_over(name, fleet.room)], grace_seconds=10)


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    with tempfile.TemporaryDirectory(prefix="medisync-fleet-", ignore_cleanup_errors=True) as folder:
        here = Path(folder)
        for name in ("home", "home-api", "valkey", "bin"):
            (here / name).mkdir()
        for passed_through in (here, here / "home"):  # by the account that PostgreSQL runs under
            passed_through.chmod(0o711)
        (here / "bin/valkey-server").symlink_to(_REDIS)
        (here / "bin/valkey-cli").symlink_to("/usr/bin/redis-cli")
        (here / "bin/pg_isready").symlink_to(postgres_files.locate(here / "home").bin_dir / "pg_isready")
        made = Fleet(here, _secrets(), {name: ports.find_free() for name in _PORTS}, make_certificates(here / "certs"))
        with _running(made):
            yield made


@pytest.fixture(scope="module")
def tokens(fleet) -> dict[Role, str]:
    """An open session of each role, put into the database over TLS."""
    address = _dsn(fleet, sslmode="verify-full", sslrootcert=f"{fleet.here}/certs/ca.crt")
    engine = create_engine(address.replace("postgresql:", "postgresql+psycopg2:"))
    made = {role: sessions(engine, 1, role)[0] for role in (Role.ML_ENGINEER, Role.STEWARD, Role.DOCTOR)}
    engine.dispose()
    return made


@pytest.fixture
def ask(fleet, tokens) -> Callable[..., httpx.Response]:
    """`ask(role, port, path, json=…)` goes through the proxy as a signed-in person; of None as nobody."""

    def ask(role: Role | None, port: str, path: str, **more: object) -> httpx.Response:
        cookies = {} if role is None else {"__Host-session": tokens[role]}
        method = "POST" if "json" in more else "GET"
        with httpx.Client(verify=fleet.trust, trust_env=False, timeout=60, cookies=cookies) as client:
            return client.request(method, f"https://localhost:{fleet.ports[port]}{path}", **more)

    return ask


def _dsn(fleet: Fleet, **more: str) -> str:
    password, port = fleet.secrets["MEDISYNC_POSTGRES_PASSWORD"], fleet.ports["postgres"]
    query = "&".join(f"{name}={value}" for name, value in more.items())
    return f"postgresql://medisync:{password}@localhost:{port}/medisync?{query}"


def test_every_service_comes_up_in_its_order_and_is_well_by_its_own_check(fleet):
    started = {name for name, well in fleet.well.items() if well.is_set()}
    assert started == set(_COMPOSE) - _LEFT_OUT - {"proxy"}


def test_data_can_be_reached_by_tls_only_and_by_no_certificate_of_a_stranger(fleet, tmp_path):
    ours = f"{fleet.here}/certs/ca.crt"
    make_certificates(tmp_path / "stranger")
    with pytest.raises(psycopg2.OperationalError, match=r"pg_hba\.conf rejects"):
        psycopg2.connect(_dsn(fleet, sslmode="disable"))
    with pytest.raises(psycopg2.OperationalError, match="certificate verify failed"):
        psycopg2.connect(_dsn(fleet, sslmode="verify-full", sslrootcert=f"{tmp_path}/stranger/ca.crt"))
    psycopg2.connect(_dsn(fleet, sslmode="verify-full", sslrootcert=ours)).close()

    place = {"host": "localhost", "port": fleet.ports["valkey"], "socket_timeout": 5}
    password = fleet.secrets["MEDISYNC_VALKEY_PASSWORD"]
    with pytest.raises(redis.ConnectionError):
        redis.Redis(**place, password=password).ping()
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(**place, ssl=True, ssl_ca_certs=ours).ping()
    assert redis.Redis(**place, password=password, ssl=True, ssl_ca_certs=ours).ping()


_MAY = "{ permissions { permission value } }"
_RELOAD = 'mutation { reloadRepositoryLocation(repositoryLocationName: "medisync") { __typename } }'


def test_dagster_is_writable_for_engineers_read_only_for_viewers_and_shut_for_others(ask):
    def may(role: Role) -> dict[str, bool]:
        said = ask(role, "edge_dagster", "/graphql", json={"query": _MAY}).json()["data"]["permissions"]
        return {one["permission"]: one["value"] for one in said}

    assert may(Role.ML_ENGINEER)["launch_pipeline_execution"]
    assert not any(may(Role.STEWARD).values())
    for role, kind in ((Role.ML_ENGINEER, "WorkspaceLocationEntry"), (Role.STEWARD, "UnauthorizedError")):
        said = ask(role, "edge_dagster", "/graphql", json={"query": _RELOAD}).json()
        assert said["data"]["reloadRepositoryLocation"]["__typename"] == kind
    assert "<html" in ask(Role.STEWARD, "edge_dagster", "/").text
    assert ask(Role.DOCTOR, "edge_dagster", "/graphql", json={"query": _MAY}).status_code == 403
    assert ask(None, "edge_dagster", "/graphql", json={"query": _MAY}).status_code == 302


def test_mlflow_is_read_by_those_of_the_table_and_changed_by_nobody_through_this_door(ask):
    read, change = "/api/2.0/mlflow/experiments/search?max_results=5", "/api/2.0/mlflow/registered-models/create"
    for role in (Role.ML_ENGINEER, Role.STEWARD):
        assert ask(role, "edge_mlflow", read).status_code == 200
        assert ask(role, "edge_mlflow", change, json={"name": "mine"}).status_code == 403
    assert ask(Role.DOCTOR, "edge_mlflow", read).status_code == 403
    assert ask(None, "edge_mlflow", read).status_code == 302


def test_the_api_answers_through_the_proxy_with_everything_it_needs(fleet, ask):
    said = ask(Role.DOCTOR, "edge", "/readyz").json()
    assert said["status"] in ("ready", "degraded"), json.dumps(said)
    assert ask(Role.DOCTOR, "edge", "/api/users/me").json()["role"] == "doctor"
    assert ask(None, "edge", "/metrics").status_code == 404


@pytest.mark.parametrize("name", ["api-a", "dagster-code"])
def test_a_part_whose_secret_is_not_set_says_which_and_does_not_start(fleet, name):
    environment = fleet.environment(name) | {"MEDISYNC_HOME": str(fleet.here / "fresh"), "MEDISYNC_PHI_MASTER_KEY": ""}
    done = subprocess.run(
        ["medisync", *_COMPOSE[name]["command"]], env=environment, capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert done.returncode != 0
    assert "MEDISYNC_PHI_MASTER_KEY" in done.stderr
    assert Settings(home=fleet.here / "fresh").root.exists() is False
