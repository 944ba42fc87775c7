"""How a session ends is in the audit: once, with its reason and who ended it (45 CFR 164.312(b), (a)(2)(iii))."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app_api.identity import endings, sessions
from app_api.verifications import service as verifications
from core import clock
from core.db.tables import AuditEvent, UserAccount, UserSession
from core.vocabulary import Role
from tests.serving.conftest import PASSWORD

COOKIE = "__Host-session"


@pytest.fixture
def ids(pg_engine, accounts):
    with pg_engine.connect() as connection:
        rows = connection.execute(select(UserAccount.role, UserAccount.user_id)).all()
    return {Role(row.role): row.user_id for row in rows}


def events(pg_engine, action="session.close"):
    query = select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.event_id)
    with pg_engine.connect() as connection:
        return connection.execute(query).all()


def the_one(pg_engine):
    (event,) = events(pg_engine)
    return event


def named(client):
    """The public name of a client's session."""
    return endings.session_id(sessions.token_hash(client.cookies[COOKIE]))


async def test_a_sign_out_is_one_event_that_names_the_session_its_sign_in_opened(client, accounts, ids, pg_engine):
    await client.post("/api/auth/login", json={"email": accounts[Role.NURSE], "password": PASSWORD})
    session = named(client)
    request_id = (await client.post("/api/auth/logout")).headers["x-request-id"]
    assert (await client.post("/api/auth/logout")).status_code == 401
    (opened,), closed = events(pg_engine, "session.open"), the_one(pg_engine)
    assert opened.object_ids == closed.object_ids == [str(ids[Role.NURSE]), session]
    assert (closed.actor_id, closed.actor_role, closed.relation) == (ids[Role.NURSE], "nurse", "own")
    assert (closed.object_kind, closed.outcome, closed.reason_code) == ("account", "done", "signed_out")
    assert closed.request_id == request_id


@pytest.mark.parametrize(("column", "back", "reason"), [
    ("last_seen_at", timedelta(minutes=16), "idle_limit"),
    ("expires_at", timedelta(hours=12, seconds=1), "absolute_limit"),
])  # fmt: skip
async def test_a_session_past_a_limit_is_recorded_once_however_many_come_with_it(
    app, signed_in, ids, pg_engine, column, back, reason
):
    doctor = await signed_in(Role.DOCTOR)
    with pg_engine.begin() as connection:
        connection.execute(update(UserSession).values({column: getattr(UserSession, column) - back}))
    answers = await asyncio.gather(*(doctor.get("/api/users/me") for _ in range(8)))
    assert {answer.status_code for answer in answers} == {401}
    event = the_one(pg_engine)
    assert event.object_ids == [str(ids[Role.DOCTOR]), named(doctor)]
    assert (event.actor_id, event.actor_role, event.reason_code) == (None, "system", reason)


async def test_a_session_that_nobody_came_back_to_is_recorded_by_the_clock(app, signed_in, pg_engine):
    gone, there, patient = [await signed_in(role) for role in (Role.DOCTOR, Role.NURSE, Role.PATIENT)]
    with pg_engine.begin() as connection:
        for client, minutes in ((gone, 17), (there, 15), (patient, 29)):
            connection.execute(
                update(UserSession)
                .where(UserSession.token_hash == sessions.token_hash(client.cookies[COOKIE]))
                .values(last_seen_at=clock.now() - timedelta(minutes=minutes))
            )

    async def look():
        async with app.state.context.engine.begin() as connection:
            return await endings.end_abandoned(connection, clock.now())

    found = await asyncio.gather(*(look() for _ in range(4)))
    ended = [key for keys in found for key in keys]
    assert ended == [sessions.token_hash(gone.cookies[COOKIE])], "a patient may rest for 30 minutes"
    event = the_one(pg_engine)
    assert (event.object_ids[1], event.reason_code) == (named(gone), "idle_limit")


async def test_a_sixth_session_says_which_one_gave_way(signed_in, ids, pg_engine):
    oldest, *_ = [await signed_in(Role.DOCTOR) for _ in range(6)]
    event = the_one(pg_engine)
    assert event.object_ids == [str(ids[Role.DOCTOR]), named(oldest)]
    assert (event.actor_id, event.reason_code) == (ids[Role.DOCTOR], "too_many_sessions")


async def test_ones_own_sessions_ended_from_the_list_are_named(signed_in, ids, pg_engine):
    here, there = await signed_in(Role.DOCTOR), await signed_in(Role.DOCTOR)
    await here.delete(f"/api/auth/sessions/{named(there)}")
    assert (the_one(pg_engine).object_ids[1:], the_one(pg_engine).reason_code) == ([named(there)], "ended_by_owner")
    await here.delete("/api/auth/sessions")
    assert [event.object_ids[1:] for event in events(pg_engine)] == [[named(there)], [named(here)]]


async def test_a_new_password_ends_every_session_in_one_event(signed_in, pg_engine):
    here, there = await signed_in(Role.DOCTOR), await signed_in(Role.DOCTOR)
    body = {"password": PASSWORD, "new_password": "another horse, other battery"}
    assert (await here.post("/api/auth/password", json=body)).status_code == 204
    event = the_one(pg_engine)
    assert set(event.object_ids[1:]) == {named(here), named(there)}
    assert (event.actor_role, event.relation, event.reason_code) == ("doctor", "own", "password_changed")


@pytest.mark.parametrize(("change", "reason"), [
    ({"is_active": False}, "account_locked"),
    ({"role": "doctor"}, "role_changed"),
    ({"role": "doctor", "is_active": False}, "account_locked"),
])  # fmt: skip
async def test_a_session_that_an_administrator_ended_says_who_and_why(signed_in, ids, pg_engine, change, reason):
    admin, nurse = await signed_in(Role.ADMIN), await signed_in(Role.NURSE)
    answer = await admin.patch(f"/api/users/{ids[Role.NURSE]}", json=change)
    event = the_one(pg_engine)
    assert event.object_ids == [str(ids[Role.NURSE]), named(nurse)]
    assert (event.actor_id, event.relation, event.reason_code) == (ids[Role.ADMIN], "any", reason)
    assert event.request_id == answer.headers["x-request-id"]


async def test_where_no_session_is_open_none_is_said_to_have_ended(signed_in, ids, pg_engine):
    admin = await signed_in(Role.ADMIN)
    assert (await admin.patch(f"/api/users/{ids[Role.NURSE]}", json={"is_active": False})).status_code == 200
    assert events(pg_engine) == []


async def test_a_role_that_runs_out_ends_the_sessions_and_an_old_one_ended_by_its_own_limit(
    app, signed_in, ids, pg_engine
):
    old, young = await signed_in(Role.DOCTOR), await signed_in(Role.DOCTOR)
    with pg_engine.begin() as connection:
        connection.execute(
            update(UserSession)
            .where(UserSession.token_hash == sessions.token_hash(old.cookies[COOKIE]))
            .values(expires_at=clock.now() - timedelta(hours=1))
        )
        proven = update(UserAccount).where(UserAccount.user_id == ids[Role.DOCTOR])
        connection.execute(proven.values(role_expires_at=clock.now() - timedelta(seconds=1)))
    async with app.state.context.engine.begin() as connection:
        await verifications.lapse(connection, clock.now())
    said = {event.reason_code: event.object_ids[1:] for event in events(pg_engine)}
    assert said == {"absolute_limit": [named(old)], "role_lapsed": [named(young)]}
