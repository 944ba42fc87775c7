"""The live socket, on a real server: order, replay, revocation, who may listen."""

import asyncio
import json
import socket
import uuid
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta

import published
import pytest
import uvicorn
from sqlalchemy import update
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from core import clock
from core.db.engine import async_engine
from core.db.tables import UserAccount
from core.embedded import ports
from core.vocabulary import Role
from serving.realtime import events
from serving.realtime import router as realtime
from serving.realtime.hub import MOST_OF_PERSON, MOST_OF_SESSION, SIGN_IN, Seat
from serving.realtime.outbox import LOOK_SECONDS, drain_forever

COOKIE = "__Host-session"
BODY = {"patient_id": "canary-81723", "facility": "North", "condition": "Influenza", "acuity": 3}


@pytest.fixture
async def server(app, accounts):
    """The running application behind a real uvicorn; its address."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    made = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="critical", ws="websockets-sansio"))
    task = asyncio.create_task(made.serve([listening]))
    while not made.started:
        await asyncio.sleep(0.01)
    yield f"127.0.0.1:{listening.getsockname()[1]}"
    made.should_exit = True
    await task


def opened(server: str, *, since: int | None = None, **headers):
    """An open socket, by what its headers say."""
    query = "" if since is None else f"?since={since}"
    return connect(f"ws://{server}/ws/realtime{query}", additional_headers=headers)


def live(server: str, client, *, since: int | None = None, **headers):
    """An open socket with the client's session."""
    return opened(server, since=since, **session_of(client), **headers)


def session_of(client) -> dict[str, str]:
    return {"cookie": f"{COOKIE}={client.cookies.get(COOKIE, '')}"}


async def next_of(ws) -> dict:
    return json.loads(await asyncio.wait_for(ws.recv(), 2))


async def test_a_registration_is_on_the_screen_in_less_than_a_second(server, signed_in):
    nurse, doctor = await signed_in(Role.NURSE), await signed_in(Role.DOCTOR)
    async with live(server, doctor) as ws:
        assert await next_of(ws) == {"seq": 0, "topic": "hello", "data": {}}
        await nurse.post("/api/registrations", json=BODY)
        message = json.loads(await asyncio.wait_for(ws.recv(), 1))
    assert (message["seq"], message["topic"]) == (1, "registrations")
    assert message["data"]["condition"] == "Influenza"
    assert "canary" not in json.dumps(message)


async def test_a_role_that_does_not_treat_patients_hears_that_and_not_what(server, signed_in):
    nurse, admin = await signed_in(Role.NURSE), await signed_in(Role.ADMIN)
    async with live(server, admin) as ws:
        await next_of(ws)
        await nurse.post("/api/registrations", json=BODY)
        assert await next_of(ws) == {"seq": 1, "topic": "registrations", "data": {}}


async def test_a_publication_names_the_sections_that_are_new(app, server, signed_in, pg_engine):
    doctor = await signed_in(Role.DOCTOR)
    async with live(server, doctor) as ws:
        await next_of(ws)
        published.publish(pg_engine, {"patient_volume": published.patient_volume()})
        await app.state.context.valkey.publish("medisync:published", "patient_volume")
        assert await next_of(ws) == {"seq": 1, "topic": "published", "data": {"section": "patient_volume"}}


async def test_after_a_drop_what_was_missed_comes_in_order_and_nothing_twice(app, server, signed_in):
    nurse, doctor = await signed_in(Role.NURSE), await signed_in(Role.DOCTOR)
    async with live(server, doctor) as ws:
        await next_of(ws)
        await nurse.post("/api/registrations", json=BODY)
        seen = (await next_of(ws))["seq"]
    for _ in range(3):
        await nurse.post("/api/registrations", json=BODY)
    while (await events.since(app.state.context.valkey, 0))[2] < seen + 3:
        await asyncio.sleep(0.02)
    async with live(server, doctor, since=seen) as ws:
        assert [(await next_of(ws))["seq"] for _ in range(3)] == [2, 3, 4]
        assert await next_of(ws) == {"seq": 4, "topic": "hello", "data": {}}
        await nurse.post("/api/registrations", json=BODY)
        assert (await next_of(ws))["seq"] == 5


async def test_a_number_that_is_no_longer_known_asks_for_a_new_reading(server, signed_in):
    doctor = await signed_in(Role.DOCTOR)
    async with live(server, doctor, since=900) as ws:
        assert (await next_of(ws))["topic"] == "resync"
        assert (await next_of(ws))["topic"] == "hello"


async def refusal(ws):
    """Code and reason of a socket that is closed before it hears anything."""
    with pytest.raises(ConnectionClosed) as closed:
        await next_of(ws)
    return closed.value.rcvd.code, closed.value.rcvd.reason


@pytest.fixture
async def seats(server):
    """Open sockets that hear: `await seats(10, cookie=…)` opens so many more."""
    async with AsyncExitStack() as stack:

        async def take(count, **headers):
            made = [await stack.enter_async_context(opened(server, **headers)) for _ in range(count)]
            assert {(await next_of(ws))["topic"] for ws in made} == {"hello"}
            return made

        yield take


async def test_a_session_has_so_many_sockets_and_no_more_and_takes_none_from_others(server, signed_in, seats):
    faulty, other = await signed_in(Role.DOCTOR), await signed_in(Role.NURSE)
    one, *_ = await seats(MOST_OF_SESSION, **session_of(faulty))
    async with live(server, faulty) as ws:
        code, reason = await refusal(ws)
    assert (code, f"{MOST_OF_SESSION} of a session" in reason) == (4429, True)
    async with live(server, other) as ws:
        assert (await next_of(ws))["topic"] == "hello"
    await one.close()
    async with live(server, faulty) as ws:
        assert (await next_of(ws))["topic"] == "hello", "whoever closes one may open one"


async def test_a_person_has_so_many_sockets_by_all_sessions_and_tokens(server, signed_in, seats):
    here, there = await signed_in(Role.DOCTOR), await signed_in(Role.DOCTOR)
    wish = {"name": "another system", "scopes": ["realtime.listen"]}
    token = {"authorization": f"Bearer {(await here.post('/api/auth/tokens', json=wish)).json()['token']}"}
    await seats(MOST_OF_SESSION, **session_of(here))
    machine = await seats(3, **token)
    await seats(MOST_OF_PERSON - MOST_OF_SESSION - 3, **session_of(there))
    for refused in (opened(server, **token), live(server, there)):
        async with refused as ws:
            assert (await refusal(ws))[0] == 4429
    for ws in machine:
        await ws.close()
    await seats(3, **session_of(there))


async def test_a_token_alone_is_held_to_the_bound_of_a_session(server, signed_in):
    doctor = await signed_in(Role.DOCTOR)
    wish = {"name": "another system", "scopes": ["realtime.listen"]}
    token = {"authorization": f"Bearer {(await doctor.post('/api/auth/tokens', json=wish)).json()['token']}"}
    async with AsyncExitStack() as stack:
        taken = [await stack.enter_async_context(opened(server, **token)) for _ in range(MOST_OF_SESSION + 1)]
        assert [(await next_of(ws))["topic"] for ws in taken[:-1]] == ["hello"] * MOST_OF_SESSION
        assert (await refusal(taken[-1]))[0] == 4429
    async with live(server, doctor) as ws:
        assert (await next_of(ws))["topic"] == "hello", "the person's own screens go on"


async def test_signing_out_closes_the_socket(server, signed_in):
    doctor = await signed_in(Role.DOCTOR)
    async with live(server, doctor) as ws:
        await next_of(ws)
        await doctor.post("/api/auth/logout")
        with pytest.raises(ConnectionClosed) as closed:
            await next_of(ws)
    assert closed.value.rcvd.code == 4401


async def test_locking_an_account_closes_its_sockets(server, signed_in):
    admin, nurse = await signed_in(Role.ADMIN), await signed_in(Role.NURSE)
    user_id = (await nurse.get("/api/users/me")).json()["user_id"]
    async with live(server, nurse) as ws:
        await next_of(ws)
        await admin.patch(f"/api/users/{user_id}", json={"is_active": False})
        with pytest.raises(ConnectionClosed) as closed:
            await next_of(ws)
    assert closed.value.rcvd.code == 4401


@pytest.mark.parametrize("role", [None, Role.PATIENT])
async def test_who_is_not_signed_in_or_may_not_listen_is_told_to_sign_in(server, signed_in, client, role):
    visitor = client if role is None else await signed_in(role)
    async with live(server, visitor) as ws:
        with pytest.raises(ConnectionClosed) as closed:
            await next_of(ws)
    assert closed.value.rcvd.code == 4401


async def test_a_page_of_another_site_gets_no_socket(server, signed_in):
    doctor = await signed_in(Role.DOCTOR)
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        with pytest.raises(InvalidStatus) as refused:
            async with live(server, doctor, **headers):
                raise AssertionError("the socket opened")
        assert refused.value.response.status_code == 403
    async with live(server, doctor, origin=f"http://{server}") as ws:
        assert (await next_of(ws))["topic"] == "hello"


async def test_a_screen_that_reads_nothing_is_let_go_and_delays_nobody(app, server, signed_in):
    from serving.realtime.events import Event
    from serving.realtime.hub import QUEUE

    doctor = await signed_in(Role.DOCTOR)
    async with live(server, doctor) as ws:
        await next_of(ws)
        for seq in range(1, QUEUE + 10):
            app.state.hub.tell(Event(seq, "published", b"{}"))
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await next_of(ws)
    assert closed.value.rcvd.code == 1013


async def test_of_many_events_the_last_two_hundred_are_kept(app):
    valkey = app.state.context.valkey
    for number in range(250):
        await events.relay(valkey, name=str(number), topic="published", data={})
    kept, has_gap, newest = await events.since(valkey, 40)
    assert (len(kept), kept[0].seq, has_gap, newest) == (200, 51, True, 250)
    assert (await events.since(valkey, 240))[1] is False
    assert await events.relay(valkey, name="7", topic="published", data={}) == 0


@pytest.mark.parametrize("ticks", range(5))
async def test_a_worker_that_is_told_to_stop_as_a_nudge_comes_stops(app, ticks):
    context = app.state.context
    draining = asyncio.create_task(drain_forever(context))
    await asyncio.sleep(0.1)

    context.outbox_nudge.set()
    for _ in range(ticks):
        await asyncio.sleep(0)
    draining.cancel()
    done, _ = await asyncio.wait({draining}, timeout=LOOK_SECONDS * 2)
    draining.cancel()

    assert done


async def test_a_role_that_has_run_out_hears_no_more(app, server, signed_in, accounts, monkeypatch):
    monkeypatch.setattr(realtime, "RECHECK_SECONDS", 0.1)
    doctor = await signed_in(Role.DOCTOR)
    async with live(server, doctor) as ws:
        await next_of(ws)
        proven = update(UserAccount).where(UserAccount.email == accounts[Role.DOCTOR])
        async with app.state.context.engine.begin() as connection:
            await connection.execute(proven.values(role_expires_at=clock.now() - timedelta(seconds=1)))
        app.state.context.sessions.listening(False)  # nothing is remembered: the next look asks PostgreSQL
        with pytest.raises(ConnectionClosed) as ended:
            await asyncio.wait_for(ws.recv(), 3)
    assert ended.value.rcvd.code == 4401


async def test_a_socket_that_is_to_be_closed_is_told_nothing_before():
    seat = Seat(None, b"", uuid.uuid4(), True)
    for number in range(3):
        seat.queue.put_nowait((number, "what happened to a patient"))
    seat.close_soon(SIGN_IN)
    assert (seat.queue.get_nowait(), seat.queue.empty()) == (SIGN_IN, True)


async def test_a_socket_with_two_credentials_is_refused_and_one_without_a_database_is_told_to_come_back(
    app, server, signed_in
):
    doctor = await signed_in(Role.DOCTOR)
    with pytest.raises(InvalidStatus) as refused:
        async with live(server, doctor, authorization="Bearer mds_none"):
            pass
    assert refused.value.response.status_code == 403
    context = app.state.context
    away = async_engine(f"postgresql+asyncpg://nobody@127.0.0.1:{ports.find_free()}/nothing")
    app.state.context = replace(context, engine=away)
    try:
        async with opened(server, cookie=f"{COOKIE}=a-token-that-nobody-remembers") as ws:
            with pytest.raises(ConnectionClosed) as closed:
                await next_of(ws)
    finally:
        app.state.context = context
        await away.dispose()
    assert closed.value.rcvd.code == 1012
