"""PostgreSQL killed under load: definite answers only, no acknowledged write lost or doubled, recovery by itself."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from sqlalchemy import Engine, insert, select, text

from core import clock
from core.db import migrate
from core.db.engine import async_engine, sync_engine
from core.db.tables import Registration, UserAccount
from core.embedded import ports, postgres, service
from core.embedded.process import Room
from core.ids import new_uuid
from core.settings import Settings
from core.vocabulary import Role
from serving.main import create_app
from tests.serving.conftest import ORIGIN, PASSWORD_HASH, email_of, give_session

CLIENTS = 12
KILLS = 3
READS = ("/api/users/me", "/api/registrations?limit=5", "/api/analytics/realtime/", "/api/analytics/", "/readyz")


@pytest.fixture
def own_server() -> Iterator[tuple[Settings, Room]]:
    """A durable PostgreSQL of this test alone, migrated, with a nurse."""
    home = Path(tempfile.mkdtemp(prefix="medisync-outage-"))
    home.chmod(0o711)
    settings = Settings(
        home=home, pg_port=ports.find_free(), redis_url=f"redis://127.0.0.1:{ports.find_free()}/0", database_url=None
    )
    settings.ensure_secrets()
    room = Room(settings.root / "run", settings.log_dir)
    server = postgres.service(settings)
    try:
        service.start(server, room)
        engine = sync_engine(settings.database_dsn)
        migrate.upgrade(engine)
        with engine.begin() as connection:
            connection.execute(
                insert(UserAccount).values(
                    user_id=new_uuid(),
                    email=email_of(Role.NURSE),
                    display_name="Nurse",
                    role="nurse",
                    password_hash=PASSWORD_HASH,
                    is_active=True,
                    created_at=clock.now(),
                )
            )
        engine.dispose()
        yield settings, room
    finally:
        service.stop(server, room)
        shutil.rmtree(home, ignore_errors=True)


def kill_whole_server(settings: Settings, room: Room) -> None:
    child = service.running(postgres.service(settings), room)
    assert child is not None
    family = [psutil.Process(child.pid), *psutil.Process(child.pid).children(recursive=True)]
    for process in family:
        try:
            os.kill(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def kill_one_backend(settings: Settings) -> None:
    engine: Engine = sync_engine(settings.database_dsn)
    with engine.connect() as connection:
        query = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        pids = connection.execute(text(query)).scalars().all()
    engine.dispose()
    os.kill(pids[0], signal.SIGKILL)


@pytest.mark.slow
async def test_a_killed_database_costs_503_and_nothing_else(own_server, tmp_path):
    settings, room = own_server
    app = create_app(settings, web_dist=tmp_path)
    seen: Counter[tuple[str, int]] = Counter()
    broken: list[str] = []
    acknowledged: list[str] = []
    is_over = asyncio.Event()

    async def send(client: httpx.AsyncClient, method: str, path: str, **more: object) -> int:
        answer = await client.request(method, path, **more)
        seen[method, answer.status_code] += 1
        if answer.status_code == 503 and "retry-after" not in answer.headers and path != "/readyz":
            broken.append(f"{method} {path}: 503 without Retry-After")
        elif answer.status_code not in (200, 201, 503):
            broken.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        return answer.status_code

    async def work(client: httpx.AsyncClient, name: int) -> None:
        number = 0
        while not is_over.is_set():
            number += 1
            key = f"{name}-{number}"
            body = {"patient_id": key, "facility": "North", "condition": "Influenza"}
            # The same key until there is a definite answer, as a careful client does.
            while not is_over.is_set():
                status = await send(client, "POST", "/api/registrations", json=body, headers={"idempotency-key": key})
                if status == 201:
                    acknowledged.append(key)
                    break
                await asyncio.sleep(0.1)
            await send(client, "GET", READS[number % len(READS)])

    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN, timeout=30) as client,
    ):
        await give_session(app, client, Role.NURSE)
        load = [asyncio.create_task(work(client, name)) for name in range(CLIENTS)]
        for turn in range(KILLS):
            await asyncio.sleep(1.0)
            if turn == 1:
                await asyncio.to_thread(kill_one_backend, settings)
                await asyncio.sleep(1.0)
            else:
                await asyncio.to_thread(kill_whole_server, settings, room)
                await asyncio.sleep(0.5)
                await asyncio.to_thread(service.start, postgres.service(settings), room)
        await asyncio.sleep(2.0)
        is_over.set()
        await asyncio.gather(*load)
        recovered = [(await client.get(path)).status_code for path in READS]

    assert broken == []
    assert recovered == [200] * len(READS)
    met = sum(count for (_, status), count in seen.items() if status == 503)
    assert met > 0, "no request met the outage: the test proves nothing"
    engine = sync_engine(settings.database_dsn)
    with engine.connect() as connection:
        kept = Counter(connection.execute(select(Registration.patient_id)).scalars())
    engine.dispose()
    assert [key for key in acknowledged if kept[key] != 1] == []
    assert max(kept.values()) == 1


@pytest.mark.slow
async def test_who_asks_while_the_database_comes_up_waits_and_in_a_long_outage_is_refused_at_once(
    own_server, monkeypatch
):
    settings, room = own_server
    server = postgres.service(settings)
    patient = async_engine(settings.async_database_dsn)

    async def ask() -> int:
        async with patient.connect() as connection:
            return (await connection.execute(text("SELECT 1"))).scalar_one()

    assert await ask() == 1
    service.stop(server, room)
    monkeypatch.setattr("core.db.engine._PATIENCE_SECONDS", 120.0)
    waiting = [asyncio.create_task(ask()) for _ in range(3)]
    await asyncio.to_thread(service.start, server, room)
    assert await asyncio.gather(*waiting) == [1, 1, 1]
    service.stop(server, room)
    monkeypatch.setattr("core.db.engine._PATIENCE_SECONDS", 0.0)
    with pytest.raises(ConnectionRefusedError):
        await ask()
    await patient.dispose()


def works() -> set[str]:
    """Return what the application does behind the requests."""
    return {task.get_coro().__qualname__ for task in asyncio.all_tasks()}


@pytest.mark.slow
async def test_an_application_starts_and_its_work_goes_on_while_the_database_says_that_it_is_not_ready(
    own_server, tmp_path, monkeypatch
):
    settings, room = own_server
    server = postgres.service(settings)
    monkeypatch.setattr("core.db.engine._PATIENCE_SECONDS", 0.0)
    for pause in ("linking.EVERY", "audit_sealer.EVERY", "realtime.listener.POLL", "realtime.outbox.LOOK"):
        monkeypatch.setattr(f"serving.{pause}_SECONDS", 0.1)
    engine = sync_engine(settings.database_dsn)
    with engine.connect() as guest:
        guest.execute(text("SELECT 1"))
        child = service.running(server, room)
        assert child is not None
        # It waits for its guest and tells everybody else that it is shutting down, as it tells while it starts.
        os.kill(child.pid, signal.SIGTERM)
        app = create_app(settings, web_dist=tmp_path)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN, timeout=30) as client,
        ):
            at_work = works()
            ready = (await client.get("/readyz")).json()
            assert (ready["status"], ready["database"]) == ("unready", "away")
            assert len(at_work) > 8
            await asyncio.sleep(3.0)
            assert works() == at_work
            guest.close()
            engine.dispose()
            await asyncio.to_thread(service.start, server, room)
            await give_session(app, client, Role.NURSE)
            assert (await client.get("/api/users/me")).status_code == 200
            assert works() >= at_work
