"""Valkey killed while people work: nobody is signed out, nothing fails, live updates fall back and come back."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import published
import pytest

from core.embedded import ports, service, valkey
from core.embedded.process import Room
from core.settings import Settings
from core.vocabulary import Role
from serving.main import create_app
from serving.realtime import listener
from tests.serving.conftest import sign_in

BODY = {"patient_id": "p", "facility": "North", "condition": "Influenza"}


@pytest.fixture
def own_valkey(app_settings: Settings) -> Iterator[tuple[Settings, Room]]:
    """A Valkey of this test alone, beside the session's database."""
    home = Path(tempfile.mkdtemp(prefix="medisync-valkey-"))
    settings = Settings(
        home=home,
        database_url=app_settings.database_url,
        redis_url=None,
        valkey_port=ports.find_free(),
        mlflow_url=app_settings.mlflow_url,
    )
    settings.ensure_secrets()
    room = Room(settings.root / "run", settings.log_dir)
    with service.started(valkey.service(settings), room=room):
        yield settings, room
    shutil.rmtree(home, ignore_errors=True)


async def until(condition, *, seconds: float = 10.0) -> None:
    for _ in range(int(seconds / 0.05)):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not happen in time")


async def test_a_killed_valkey_is_a_slower_screen_and_no_more(own_valkey, pg_engine, accounts, tmp_path, monkeypatch):
    settings, room = own_valkey
    monkeypatch.setattr(listener, "POLL_SECONDS", 0.2)
    app = create_app(settings, web_dist=tmp_path)
    async with app.router.lifespan_context(app), sign_in(app, Role.NURSE) as nurse, sign_in(app, Role.ADMIN) as admin:
        book = app.state.context.sessions
        await until(lambda: book.is_listening)
        assert (await nurse.get("/api/users/me")).status_code == 200

        child = service.running(valkey.service(settings), room)
        assert child is not None
        os.kill(child.pid, signal.SIGKILL)
        await until(lambda: not book.is_listening)

        told = []
        monkeypatch.setattr(app.state.hub, "tell_resync", lambda: told.append("resync"))
        for client in (nurse, admin):
            assert (await client.get("/api/users/me")).status_code == 200
        assert (await nurse.post("/api/registrations", json=BODY)).status_code == 201
        # As an orchestrator asks: three answers in a row before it believes that a worker must be spared. PostgreSQL
        # has a second to answer a probe, and a busy machine may once take longer.
        answers = [(await nurse.get("/readyz")).json() for _ in range(3)]
        assert "degraded" in {answer["status"] for answer in answers}
        assert {answer["valkey"] for answer in answers} == {"away"}
        published.publish(pg_engine, published.everything())
        # Two rounds of asking PostgreSQL after the publication, so the second has read it.
        told.clear()
        await until(lambda: len(told) > 1)
        page = (await nurse.get("/api/analytics/")).json()
        assert None not in page["sections"].values()
        # A revocation holds at once without Valkey.
        user_id = (await nurse.get("/api/users/me")).json()["user_id"]
        assert (await admin.patch(f"/api/users/{user_id}", json={"is_active": False})).status_code == 200
        assert (await nurse.get("/api/users/me")).status_code == 401

        await asyncio.to_thread(service.start, valkey.service(settings), room)
        await until(lambda: book.is_listening)
        assert (await admin.get("/api/users/me")).status_code == 200
        for _ in range(40):  # the breaker looks again a second after the last failure
            if await app.state.context.valkey.ping():
                return
            await asyncio.sleep(0.05)
        raise AssertionError("Valkey is back and is not asked")
