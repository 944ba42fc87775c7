"""The shortcut gives exactly what the slow path gives, and only to whom the slow path gives it."""

import asyncio

import published
import pytest

from core.vocabulary import Role
from serving.analytics import fast_path
from serving.analytics.router import HOT_PAGES

COMPARED = ("content-type", "content-length", "etag", "cache-control", "vary", "content-security-policy")


@pytest.fixture
def shortcuts(monkeypatch):
    """Count how often the shortcut answered."""
    taken = []
    respond = fast_path._respond

    def counting(scope, hot):
        response = respond(scope, hot)
        if response is not None:
            taken.append(scope["path"])
        return response

    monkeypatch.setattr(fast_path, "_respond", counting)
    return taken


@pytest.fixture
async def warm(app, pg_engine):
    """Published pages, and a worker that hears revocations."""
    published.publish(pg_engine, published.everything())
    await app.state.analytics.renew()
    while not app.state.context.sessions.is_listening:
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.NURSE, Role.ADMIN])
async def test_both_paths_give_the_same_answers(warm, signed_in, shortcuts, role):
    client = await signed_in(role)
    for path in HOT_PAGES:
        await client.get("/api/users/me")
        slow = await client.get(path, headers={"authorization": "not for the shortcut"})
        taken = len(shortcuts)
        fast = await client.get(path)
        assert fast.status_code == slow.status_code
        assert len(shortcuts) - taken == (slow.status_code == 200)
        if slow.status_code == 200:
            assert fast.content == slow.content
            assert [fast.headers.get(name) for name in COMPARED] == [slow.headers.get(name) for name in COMPARED]


async def test_pages_are_sent_compressed_and_either_form_counts_as_having_it(warm, signed_in):
    doctor = await signed_in(Role.DOCTOR)
    zipped = await doctor.get("/api/analytics/", headers={"accept-encoding": "gzip"})
    plain = await doctor.get("/api/analytics/", headers={"accept-encoding": "identity"})
    assert zipped.headers["content-encoding"] == "gzip"
    assert zipped.content == plain.content
    assert int(zipped.headers["content-length"]) < int(plain.headers["content-length"])
    assert zipped.headers["etag"] != plain.headers["etag"]
    for tag in (zipped.headers["etag"], plain.headers["etag"]):
        again = await doctor.get("/api/analytics/", headers={"if-none-match": tag})
        assert (again.status_code, again.content) == (304, b"")


async def test_the_shortcut_knows_the_tag(warm, signed_in, shortcuts):
    doctor = await signed_in(Role.DOCTOR)
    first = await doctor.get("/api/analytics/")
    again = await doctor.get("/api/analytics/", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert shortcuts == ["/api/analytics/"]


async def test_nobody_and_a_session_that_was_ended_never_take_it(warm, client, signed_in, shortcuts):
    assert (await client.get("/api/analytics/")).status_code == 401
    doctor = await signed_in(Role.DOCTOR)
    assert [(await doctor.get("/api/analytics/")).status_code for _ in range(2)] == [200, 200]
    assert len(shortcuts) == 1
    token = doctor.cookies["__Host-session"]
    await doctor.post("/api/auth/logout")
    answer = await client.get("/api/analytics/", headers={"cookie": f"__Host-session={token}"})
    assert answer.status_code == 401
    assert len(shortcuts) == 1


async def test_it_is_logged_and_counted_by_its_route(warm, signed_in, shortcuts):
    doctor = await signed_in(Role.DOCTOR)
    for _ in range(3):
        await doctor.get("/api/analytics/doctor/")
    text = (await doctor.get("/metrics")).text
    assert 'medisync_http_requests_total{method="GET",route="/api/analytics/doctor/",status="200"} 3.0' in text
    assert len(shortcuts) == 2


async def test_while_revocations_are_not_heard_the_shortcut_is_closed(app, warm, signed_in, shortcuts):
    doctor = await signed_in(Role.DOCTOR)
    app.state.context.sessions.listening(False)
    assert [(await doctor.get("/api/analytics/")).status_code for _ in range(3)] == [200] * 3
    assert shortcuts == []
