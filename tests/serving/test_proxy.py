"""The shipped proxy configuration in a real nginx before two real replicas of the API.

Behind the doors of Dagster and MLflow stand witnesses that say what reached them; the real ones stand there in
`tests/stack/test_fleet.py`.
"""

import base64
import json
import os
import shutil
import signal
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from core.embedded import api, ports, process, service
from core.embedded.home import make_home, room_of
from core.settings import Settings
from core.vocabulary import Role
from tests.edge import make_certificates, needs_nginx, nginx
from tests.serving.conftest import give_session

pytestmark = [pytest.mark.slow, needs_nginx]


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
    trust = make_certificates(here / "certs")
    replicas = tuple(
        app_settings.model_copy(update={"home": here / name, "api_port": ports.find_free()}) for name in ("a", "b")
    )
    witnesses = {name: Witness(name) for name in ("dagster", "dagster-view", "mlflow")}
    places = {name: str(ports.find_free()) for name in ("PORT", "DAGSTER_PORT", "MLFLOW_PORT")}
    addresses = {name: f"https://localhost:{port}" for name, port in places.items()}
    values = {
        "API_A": f"127.0.0.1:{replicas[0].api_port}",
        "API_B": f"127.0.0.1:{replicas[1].api_port}",
        "DAGSTER": witnesses["dagster"].address,
        "DAGSTER_VIEW": witnesses["dagster-view"].address,
        "MLFLOW": witnesses["mlflow"].address,
        "CERTIFICATES": str(here / "certs"),
        "PUBLIC_ADDRESS": addresses["PORT"],
        "MEDISYNC_MLFLOW_VIEWER_PASSWORD": "secret",
        **places,
    }
    with ExitStack() as stack:
        for witness in witnesses.values():
            stack.callback(witness.server_close)
            stack.callback(witness.shutdown)
        for replica in replicas:
            make_home(replica)
            shutil.copy(app_settings.root / "secrets.json", replica.root / "secrets.json")
            stack.enter_context(service.started(api.service(replica), room=room_of(replica)))
        stack.enter_context(nginx(here, values, trust))
        yield Edge(addresses["PORT"], addresses["DAGSTER_PORT"], addresses["MLFLOW_PORT"], trust, replicas)


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


def _more_than(count: int, answers: list[int | str]) -> None:
    """Wait until more have been answered, however slow the machine is."""
    deadline = time.monotonic() + 60
    while len(answers) <= count:
        assert time.monotonic() < deadline, "nobody goes on answering"
        time.sleep(0.05)


@contextmanager
def _load(edge: Edge, cookies: dict[str, str]) -> Iterator[list[int | str]]:
    """Six clients that ask without a pause while the block runs; the list grows by their answers."""
    stopped = threading.Event()
    answers: list[int | str] = []

    def ask() -> None:
        with httpx.Client(verify=edge.trust, trust_env=False, cookies=cookies, timeout=15) as mine:
            while not stopped.is_set():
                try:
                    answers.append(mine.get(f"{edge.api}/api/users/me").status_code)
                except httpx.TransportError as error:
                    answers.append(type(error).__name__)

    with ThreadPoolExecutor(6) as pool:
        for _ in range(6):
            pool.submit(ask)
        try:
            _more_than(20, answers)
            yield answers
        finally:
            stopped.set()


async def _cookies(visitor) -> dict[str, str]:
    client = await visitor(Role.DOCTOR)
    cookies = dict(client.cookies)
    await client.aclose()
    return cookies


async def test_one_replica_killed_under_load_fails_no_request_and_no_session_ends(edge, visitor):
    victim = edge.replicas[0]
    with _load(edge, await _cookies(visitor)) as answers:
        child = process.recall("api", room_of(victim))
        assert child is not None
        os.kill(child.pid, signal.SIGKILL)
        time.sleep(2)
        _more_than(len(answers) + 20, answers)
    assert [answer for answer in answers if answer != 200] == []
    service.start(api.service(victim), room_of(victim), timeout=90)


async def test_replicas_restarted_one_after_the_other_fail_no_request(edge, visitor):
    with _load(edge, await _cookies(visitor)) as answers:
        for replica in edge.replicas:
            before = len(answers)
            assert service.stop(api.service(replica), room_of(replica))
            service.start(api.service(replica), room_of(replica), timeout=90)
            assert len(answers) > before + 20, "the other replica went on answering"
    assert [answer for answer in answers if answer != 200] == []
