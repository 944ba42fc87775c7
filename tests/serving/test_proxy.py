"""The shipped proxy configuration in a real nginx before two real replicas of the API.

nginx is a Debian package (`apt-get install nginx-light`; .ci/run does); without it these tests are skipped.
"""

import base64
import json
import os
import shutil
import signal
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from string import Template

import httpx
import pytest
from conftest import give_session

from core.embedded import api, ports, process, service
from core.embedded.home import make_home, room_of
from core.settings import Settings
from core.vocabulary import Role

_NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
_ROOT = Path(__file__).parents[2]
_MAIN = """\
daemon off; pid $here/nginx.pid; error_log $here/error.log; worker_processes 1;
events { worker_connections 512; }
http {
    client_body_temp_path $here/body; proxy_temp_path $here/proxy; fastcgi_temp_path $here/fastcgi;
    uwsgi_temp_path $here/uwsgi; scgi_temp_path $here/scgi;
    include $here/medisync.conf;
}
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(_NGINX is None, reason="nginx is not installed: apt-get install nginx-light"),
]


class Witness(ThreadingHTTPServer):
    """Stands where Dagster or MLflow would: says its name and which headers reached it."""

    daemon_threads = True

    def __init__(self, name: str) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("content-length", 0))
                said = {
                    "witness": name,
                    "method": self.command,
                    "body": self.rfile.read(length).decode(),
                    "headers": {key.lower(): value for key, value in self.headers.items()},
                }
                content = json.dumps(said).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_GET  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


@dataclass(frozen=True)
class Edge:
    """Where the proxy listens, what trusts it, and the replicas behind it."""

    api: str
    dagster: str
    mlflow: str
    trust: ssl.SSLContext
    replicas: tuple[Settings, Settings]


@pytest.fixture(scope="module")
def edge(app_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    here = tmp_path_factory.mktemp("edge")
    here.chmod(0o755)
    certificates = here / "certs"
    certificates.mkdir()
    subprocess.run(["sh", _ROOT / "docker/certs/make.sh", certificates], check=True, capture_output=True)
    replicas = tuple(
        app_settings.model_copy(update={"home": here / name, "api_port": ports.find_free()}) for name in ("a", "b")
    )
    witnesses = {name: Witness(name) for name in ("dagster", "dagster-view", "mlflow")}
    places = {name: ports.find_free() for name in ("PORT", "DAGSTER_PORT", "MLFLOW_PORT")}
    values = {
        "API_A": f"127.0.0.1:{replicas[0].api_port}",
        "API_B": f"127.0.0.1:{replicas[1].api_port}",
        "DAGSTER": witnesses["dagster"].address,
        "DAGSTER_VIEW": witnesses["dagster-view"].address,
        "MLFLOW": witnesses["mlflow"].address,
        "CERTIFICATES": str(certificates),
        "PUBLIC_ADDRESS": f"https://localhost:{places['PORT']}",
        "MLFLOW_VIEWER_BASIC": base64.b64encode(b"medisync-viewer:secret").decode(),
        **{name: str(port) for name, port in places.items()},
    }
    template = (_ROOT / "docker/proxy/medisync.conf.template").read_text()
    for name, value in values.items():
        template = template.replace(f"${{{name}}}", value)
    (here / "medisync.conf").write_text(template)
    (here / "nginx.conf").write_text(Template(_MAIN).safe_substitute(here=here))
    server = None
    try:
        for replica in replicas:
            make_home(replica)
            shutil.copy(app_settings.root / "secrets.json", replica.root / "secrets.json")
            service.start(api.service(replica), room_of(replica), timeout=90)
        subprocess.run([_NGINX, "-t", "-c", here / "nginx.conf"], check=True, capture_output=True)
        server = subprocess.Popen([str(_NGINX), "-c", str(here / "nginx.conf")], stderr=subprocess.DEVNULL)
        trust = ssl.create_default_context(cafile=certificates / "ca.crt")
        addresses = {name: f"https://localhost:{port}" for name, port in places.items()}
        _wait(f"{addresses['PORT']}/livez", trust)
        yield Edge(addresses["PORT"], addresses["DAGSTER_PORT"], addresses["MLFLOW_PORT"], trust, replicas)
    finally:
        if server is not None:
            server.terminate()
            server.wait(20)
        for replica in replicas:
            service.stop(api.service(replica), room_of(replica))
        for witness in witnesses.values():
            witness.shutdown()
            witness.server_close()


def _wait(address: str, trust: ssl.SSLContext) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if httpx.get(address, verify=trust, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"{address} does not answer")


@pytest.fixture
def visitor(edge, app, accounts) -> Iterator[Callable]:
    """`await visitor(role)` is a client of the proxy that is signed in; of None, one that is not."""
    made: list[httpx.AsyncClient] = []

    async def come(role: Role | None) -> httpx.AsyncClient:
        client = httpx.AsyncClient(verify=edge.trust, trust_env=False)
        made.append(client)
        if role is not None:
            await give_session(app, client, role)
        return client

    return come


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        (Role.ML_ENGINEER, "dagster"),
        (Role.STEWARD, "dagster-view"),
        (Role.ADMIN, "dagster-view"),
        (Role.DOCTOR, None),
        (Role.NURSE, None),
        (Role.PATIENT, None),
    ],
)
async def test_dagster_opens_writable_for_engineers_read_only_for_viewers_and_for_nobody_else(
    edge, visitor, role, sees
):
    async with await visitor(role) as client:
        answer = await client.get(f"{edge.dagster}/graphql")
        assert answer.status_code == (200 if sees else 403)
        if sees:
            assert answer.json()["witness"] == sees


async def test_a_question_to_dagster_keeps_its_body_and_loses_the_session(edge, visitor):
    for role, sees in ((Role.ML_ENGINEER, "dagster"), (Role.STEWARD, "dagster-view")):
        async with await visitor(role) as client:
            said = (await client.post(f"{edge.dagster}/graphql", json={"query": "{ version }"})).json()
        assert (said["witness"], said["method"]) == (sees, "POST")
        assert json.loads(said["body"]) == {"query": "{ version }"}
        assert "cookie" not in said["headers"]
        assert "authorization" not in said["headers"]


@pytest.mark.parametrize(("role", "opens"), [(Role.ML_ENGINEER, True), (Role.STEWARD, True), (Role.DOCTOR, False)])
async def test_mlflow_opens_as_its_viewer_for_the_roles_of_the_table(edge, visitor, role, opens):
    async with await visitor(role) as client:
        client.headers["authorization"] = "Basic aGFja2VyOmhhY2tlcg=="
        answer = await client.get(f"{edge.mlflow}/")
    assert answer.status_code == (200 if opens else 403)
    if opens:
        headers = answer.json()["headers"]
        assert base64.b64decode(headers["authorization"].removeprefix("Basic ")) == b"medisync-viewer:secret"
        assert "cookie" not in headers


async def test_nobody_who_is_not_signed_in_passes_and_all_are_led_to_the_sign_in(edge, visitor):
    async with await visitor(None) as client:
        for door in (edge.dagster, edge.mlflow):
            answer = await client.get(f"{door}/runs")
            assert answer.status_code == 302
            assert answer.headers["location"] == f"{edge.api}/"
        forged = await client.get(f"{edge.dagster}/", headers={"cookie": "__Host-session=forged"})
        assert forged.status_code == 302
        inner = await client.get(f"{edge.dagster}/_allow/dagster")
        assert inner.status_code == 404


async def test_metrics_and_the_door_questions_are_not_for_the_outside(edge, visitor):
    async with await visitor(Role.ADMIN) as client:
        for path in ("/metrics", "/api/auth/allow/dagster-view"):
            assert (await client.get(f"{edge.api}{path}")).status_code == 404


async def test_plain_http_is_sent_to_https(edge, visitor):
    async with await visitor(None) as client:
        answer = await client.get(edge.api.replace("https:", "http:"))
    assert answer.status_code == 308
    assert answer.headers["location"].startswith("https://localhost:")


async def test_one_replica_killed_under_load_fails_no_request_and_no_session_ends(edge, visitor):
    client = await visitor(Role.DOCTOR)
    cookies = dict(client.cookies)
    await client.aclose()
    stopped = threading.Event()
    answers: list[int | str] = []

    def ask() -> None:
        with httpx.Client(verify=edge.trust, trust_env=False, cookies=cookies, timeout=15) as mine:
            while not stopped.is_set():
                try:
                    answers.append(mine.get(f"{edge.api}/api/users/me").status_code)
                except httpx.TransportError as error:
                    answers.append(type(error).__name__)

    victim = edge.replicas[0]
    with ThreadPoolExecutor(6) as pool:
        for _ in range(6):
            pool.submit(ask)
        time.sleep(1)
        before = len(answers)
        child = process.recall("api", room_of(victim))
        assert child is not None
        os.kill(child.pid, signal.SIGKILL)
        time.sleep(2)
        after = len(answers)
        stopped.set()
    assert before > 20
    assert after > before + 20, "the other replica went on answering"
    assert [answer for answer in answers if answer != 200] == []
    service.start(api.service(victim), room_of(victim), timeout=90)
