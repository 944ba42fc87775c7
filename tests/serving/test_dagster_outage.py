"""Dagster away: what it published last is served, risk is assessed, and the administrator is told."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import published
import pytest
from releases import put_event, put_release, sign_drafts
from test_risk import PATIENT

from core.embedded import ports
from core.vocabulary import Role
from serving.main import create_app
from serving.operations import pipeline
from serving.operations.pipeline import PipelineProbe
from serving.risk import holder
from tests.serving.conftest import sign_in

READS = {
    "/api/analytics/": Role.DOCTOR,
    "/api/analytics/doctor/": Role.DOCTOR,
    "/api/analytics/nurse/": Role.NURSE,
    "/api/analytics/realtime/": Role.NURSE,
}


class DagsterWeb:
    """Answers the one question that serving asks of Dagster's web interface."""

    def __init__(self) -> None:
        self.answer: dict = {}
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                assert self.path == "/graphql"
                self.rfile.read(int(self.headers["content-length"]))
                body = json.dumps(owner.answer).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def daemons(self, *healthy: bool) -> None:
        statuses = [{"required": True, "healthy": one} for one in healthy] + [{"required": False, "healthy": None}]
        self.answer = {"data": {"instance": {"daemonHealth": {"allDaemonStatuses": statuses}}}}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def web() -> Iterator[DagsterWeb]:
    server = DagsterWeb()
    yield server
    server.close()


@pytest.fixture
async def without_dagster(app_settings, alias_server, pg_engine, seed, accounts, tmp_path, monkeypatch):
    """An application with publications and a champion, whose Dagster answers neither by web nor by storage."""
    monkeypatch.setattr(holder, "POLL_SECONDS", 3600.0)
    nowhere = ports.find_free()
    settings = app_settings.model_copy(
        update={
            "mlflow_url": alias_server.address,
            "dagster_url": f"http://127.0.0.1:{nowhere}",
            "dagster_database_url": f"postgresql://nobody@127.0.0.1:{nowhere}/dagster",
        }
    )
    published.publish(pg_engine, published.everything())
    put_release(pg_engine, 1, seed_hex=seed)
    put_event(pg_engine, 1)
    sign_drafts(pg_engine)
    alias_server.version = 1
    app = create_app(settings, web_dist=tmp_path)
    async with app.router.lifespan_context(app):
        await app.state.models.poll()
        await app.state.models.poll()
        yield app


async def test_dagster_away_costs_no_answer_and_the_administrator_is_told(without_dagster):
    app = without_dagster
    async with (
        sign_in(app, Role.DOCTOR) as doctor,
        sign_in(app, Role.NURSE) as nurse,
        sign_in(app, Role.ADMIN) as admin,
    ):
        of = {Role.DOCTOR: doctor, Role.NURSE: nurse}
        for path, role in READS.items():
            answer = await of[role].get(path)
            assert answer.status_code == 200, path
            if "sections" in answer.json():
                blocks = [block for block in answer.json()["sections"].values() if block is not None]
                assert blocks and all(block["as_of"] == "2026-11-22T00:00:00Z" for block in blocks), path
        pdf = await doctor.post("/api/analytics/pdf/", json={"role": "doctor"})
        assert (pdf.status_code, pdf.content[:4]) == (200, b"%PDF")
        assessed = await doctor.post("/api/risk/assess", json=PATIENT)
        assert (assessed.status_code, assessed.json()["model_version"]) == (200, 1)
        ready = await admin.get("/readyz")
        assert ready.status_code == 200, "the fleet does not leave the proxy for a pipeline that is away"
        health = (await admin.get("/api/analytics/admin/")).json()["system_health"]
    assert health["pipeline"] == "away"


async def test_the_pipeline_is_ready_idle_or_away_and_asked_seldom(web, monkeypatch):
    monkeypatch.setattr(pipeline, "_KEPT_SECONDS", -1.0)
    probe = PipelineProbe(web.address)
    web.daemons(True, True)
    assert await probe.state() == "ready"
    web.daemons(True, False)
    assert await probe.state() == "idle"
    web.answer = {"errors": [{"message": "could not connect to server"}], "data": None}
    assert await probe.state() == "away", "the web interface is there and its storage is not"
    monkeypatch.setattr(pipeline, "_KEPT_SECONDS", 60.0)
    web.daemons(True)
    assert await probe.state() == "away", "who asks again soon gets the same answer"


async def test_a_dagster_that_takes_the_question_and_says_nothing_is_away(monkeypatch):
    monkeypatch.setattr(pipeline, "_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert await PipelineProbe(f"http://127.0.0.1:{silent.getsockname()[1]}").state() == "away"


def test_an_address_that_is_no_web_address_is_named():
    with pytest.raises(ValueError, match="MEDISYNC_DAGSTER_URL is 'file:///etc'"):
        PipelineProbe("file:///etc")
