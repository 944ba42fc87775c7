"""Accounts in an administrator's hands: every change audited, the last administrator kept, resets by two people."""

import asyncio

import pyotp
import pytest
from sqlalchemy import select

from core import clock
from core.db.tables import AuditEvent, UserAccount, UserMfa
from core.ids import new_uuid
from core.vocabulary import Role
from tests.serving.conftest import PASSWORD, email_of, give_session

REASON = {"reason": "showed an identity card at the desk"}


@pytest.fixture
async def people(signed_in):
    return {role: await signed_in(role) for role in Role}


@pytest.fixture
def ids(pg_engine, accounts):
    with pg_engine.connect() as connection:
        rows = connection.execute(select(UserAccount.role, UserAccount.user_id)).all()
    return {Role(row.role): row.user_id for row in rows}


@pytest.fixture
async def second_admin(people, signed_in):
    """Another administrator, made through the API by the first one."""
    wish = {"email": "second@clinic.example", "display_name": "Second", "role": "admin"}
    made = (await people[Role.ADMIN].post("/api/users", json=wish)).json()
    client = await signed_in(Role.ADMIN)
    client.cookies.clear()
    login = {"email": wish["email"], "password": made["generated_password"]}
    assert (await client.post("/api/auth/login", json=login)).status_code == 200
    return client


async def _events(app):
    async with app.state.context.engine.connect() as connection:
        query = select(AuditEvent).where(AuditEvent.action.like("user.%")).order_by(AuditEvent.event_id)
        return (await connection.execute(query)).all()


async def _with_factor(client):
    secret = (await client.post("/api/auth/mfa/setup")).json()["secret"]
    answer = await client.post("/api/auth/mfa/confirm", json={"code": pyotp.TOTP(secret).at(clock.now())})
    assert answer.status_code == 200, answer.text
    return secret


async def test_every_change_of_an_account_and_every_refusal_is_one_event(app, people, ids):
    admin = people[Role.ADMIN]
    wish = {"email": "new@clinic.example", "display_name": "New", "role": "nurse"}
    assert (await admin.post("/api/users", json=wish)).status_code == 201
    assert (await admin.post("/api/users", json=wish)).status_code == 409
    url = f"/api/users/{ids[Role.NURSE]}"
    assert (await admin.patch(url, json={"role": "steward", "is_active": False})).status_code == 200
    assert (await admin.patch(f"/api/users/{new_uuid()}", json={"is_active": False})).status_code == 404
    said = [(event.action, event.outcome, event.reason_code, event.fields) for event in await _events(app)]
    assert said == [
        ("user.create", "done", None, ["role"]),
        ("user.create", "refused", "email_taken", []),
        ("user.update", "done", None, ["is_active", "role"]),
        ("user.update", "refused", "user_not_found", ["is_active"]),
    ]
    assert all(event.actor_id == ids[Role.ADMIN] for event in await _events(app))


async def test_one_key_makes_one_account(app, people):
    wish = {"email": "new@clinic.example", "display_name": "New", "role": "nurse"}
    answers = await asyncio.gather(
        *(people[Role.ADMIN].post("/api/users", json=wish, headers={"Idempotency-Key": "k"}) for _ in range(8))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["generated_password"] for answer in answers}) == 1


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "nurse"}])
async def test_the_last_administrator_can_be_neither_locked_nor_demoted(people, ids, change):
    url = f"/api/users/{ids[Role.ADMIN]}"
    answer = await people[Role.ADMIN].patch(url, json=change)
    assert (answer.status_code, answer.json()["code"]) == (409, "last_administrator")
    assert (await people[Role.ADMIN].patch(url, json={"display_name": "Renamed", "role": "admin"})).status_code == 200


async def test_two_administrators_who_lock_each_other_at_once_leave_one(app, people, ids, second_admin):
    me = (await second_admin.get("/api/users/me")).json()["user_id"]
    answers = await asyncio.gather(
        people[Role.ADMIN].patch(f"/api/users/{me}", json={"is_active": False}),
        second_admin.patch(f"/api/users/{ids[Role.ADMIN]}", json={"is_active": False}),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_a_second_factor_is_taken_away_by_two_administrators_only(app, people, ids, second_admin):
    nurse, admin = people[Role.NURSE], people[Role.ADMIN]
    await _with_factor(nurse)
    asked = await admin.post(f"/api/users/{ids[Role.NURSE]}/mfa-reset", json=REASON)
    assert (asked.status_code, asked.json()["status"]) == (201, "open")
    assert (await nurse.get("/api/auth/mfa")).json()["is_enabled"], "asking takes nothing away"
    again = await admin.post(f"/api/users/{ids[Role.NURSE]}/mfa-reset", json=REASON)
    assert (again.status_code, again.json()["code"]) == (409, "reset_open")
    url = f"/api/mfa-resets/{asked.json()['request_id']}/decision"
    alone = await admin.post(url, json={"is_approved": True})
    assert (alone.status_code, alone.json()["code"]) == (403, "second_person_needed")
    agreed = await second_admin.post(url, json={"is_approved": True})
    assert (agreed.status_code, agreed.json()["decided_by"]) == (200, "Second")
    assert (await second_admin.post(url, json={"is_approved": True})).status_code == 409
    assert (await nurse.get("/api/users/me")).status_code == 401, "the sessions end with the second factor"
    async with app.state.context.engine.connect() as connection:
        assert (await connection.execute(select(UserMfa.user_id))).all() == []
        ended = select(AuditEvent.reason_code, AuditEvent.object_ids).where(AuditEvent.action == "session.close")
        (event,) = (await connection.execute(ended)).all()
    assert (event.reason_code, event.object_ids[0]) == ("mfa_reset", str(ids[Role.NURSE]))
    listed = (await admin.get("/api/mfa-resets")).json()["items"]
    assert [(line["status"], line["reason"]) for line in listed] == [("approved", REASON["reason"])]


async def test_a_refused_reset_leaves_everything_and_may_be_asked_for_again(people, ids, second_admin):
    await _with_factor(people[Role.NURSE])
    ask = f"/api/users/{ids[Role.NURSE]}/mfa-reset"
    request_id = (await people[Role.ADMIN].post(ask, json=REASON)).json()["request_id"]
    said = await second_admin.post(f"/api/mfa-resets/{request_id}/decision", json={"is_approved": False})
    assert said.json()["status"] == "refused"
    assert (await people[Role.NURSE].get("/api/auth/mfa")).json()["is_enabled"]
    assert (await people[Role.ADMIN].post(ask, json=REASON)).status_code == 201


async def test_what_is_not_there_is_not_reset(people, ids):
    answer = await people[Role.ADMIN].post(f"/api/users/{ids[Role.NURSE]}/mfa-reset", json=REASON)
    assert (answer.status_code, answer.json()["code"]) == (409, "no_second_factor")
    assert (await people[Role.ADMIN].post(f"/api/users/{new_uuid()}/mfa-reset", json=REASON)).status_code == 404
    nowhere = f"/api/mfa-resets/{new_uuid()}/decision"
    assert (await people[Role.ADMIN].post(nowhere, json={"is_approved": True})).status_code == 404


async def test_the_code_that_confirms_an_authenticator_cannot_be_guessed(people):
    nurse = people[Role.NURSE]
    secret = (await nurse.post("/api/auth/mfa/setup")).json()["secret"]
    right = pyotp.TOTP(secret).at(clock.now())
    wrong = f"{(int(right) + 500_000) % 1_000_000:06d}"
    codes = [(await nurse.post("/api/auth/mfa/confirm", json={"code": wrong})).status_code for _ in range(8)]
    assert codes[:5] == [401] * 5
    assert set(codes[5:]) == {429}
    late = await nurse.post("/api/auth/mfa/confirm", json={"code": right})
    assert (late.status_code, "retry-after" in late.headers) == (429, True)


async def test_the_present_password_cannot_be_guessed_from_an_open_session(people):
    body = {"password": "not the password", "new_password": "a new one, long enough and odd"}
    codes = [(await people[Role.NURSE].post("/api/auth/password", json=body)).status_code for _ in range(7)]
    assert codes[:5] == [403] * 5
    assert set(codes[5:]) == {429}


async def test_a_lock_ends_every_session_of_the_account(app, people, ids, client_of):
    other = client_of()
    await give_session(app, other, Role.NURSE)
    assert (
        await people[Role.ADMIN].patch(f"/api/users/{ids[Role.NURSE]}", json={"is_active": False})
    ).status_code == 200
    for client in (people[Role.NURSE], other):
        assert (await client.get("/api/users/me")).status_code == 401
    login = {"email": email_of(Role.NURSE), "password": PASSWORD}
    assert (await other.post("/api/auth/login", json=login)).status_code == 401
