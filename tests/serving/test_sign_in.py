"""Signing in and out, sessions, accounts: through HTTP, on real PostgreSQL and Valkey."""

import asyncio
import statistics
import time
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from app_api.identity.session_uses import write_uses
from app_api.identity.sessions import find_session, token_hash
from core import clock
from core.db.tables import UserAccount, UserSession
from core.vocabulary import Role
from tests.serving.conftest import ORIGIN, PASSWORD

COOKIE = "__Host-session"


async def test_signing_in_gives_the_person_and_a_cookie_that_scripts_cannot_read(client, accounts):
    answer = await client.post(
        "/api/auth/login", json={"email": " Doctor@Clinic.example".strip(), "password": PASSWORD}
    )
    assert answer.status_code == 200
    assert answer.json()["role"] == "doctor"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    for attribute in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert attribute in cookie
    assert (await client.get("/api/users/me")).json() == answer.json()


async def test_the_database_knows_only_the_hash_of_a_token(signed_in, pg_engine):
    client = await signed_in(Role.DOCTOR)
    token = client.cookies[COOKIE]
    with pg_engine.connect() as connection:
        stored = connection.execute(select(UserSession.token_hash)).scalars().all()
    assert stored == [token_hash(token)]
    assert token.encode() not in stored[0]


async def test_over_tls_the_cookie_is_sent_once_and_on_this_machine_twice(app, accounts, client_of):
    body = {"email": accounts[Role.DOCTOR], "password": PASSWORD}
    client = client_of()
    assert len((await client.post("/api/auth/login", json=body)).headers.get_list("set-cookie")) == 1
    local = await client.post("http://127.0.0.1:8000/api/auth/login", json=body)
    secure, plain = local.headers.get_list("set-cookie")
    assert secure == f"{plain}; Secure"
    assert (
        len((await client.post("http://clinic.example/api/auth/login", json=body)).headers.get_list("set-cookie")) == 1
    )


@pytest.mark.parametrize(
    "body",
    [
        {"email": "doctor@clinic.example", "password": "wrong"},
        {"email": "no@one.example", "password": PASSWORD},
    ],
)
async def test_a_wrong_password_and_an_unknown_email_get_the_same_answer(client, accounts, body):
    answer = await client.post("/api/auth/login", json=body)
    assert answer.status_code == 401
    assert {**answer.json(), "request_id": ""} == {
        "type": "urn:medisync:problem:bad_credentials",
        "title": "Unauthorized",
        "status": 401,
        "detail": "the e-mail and the password do not belong together",
        "code": "bad_credentials",
        "request_id": "",
    }
    assert "set-cookie" not in answer.headers


async def test_an_unknown_email_takes_as_long_as_a_wrong_password(app, client, accounts, monkeypatch):
    from app_api.identity import policy

    monkeypatch.setattr(policy, "FREE_FAILURES", 10_000)
    monkeypatch.setattr(policy, "ADDRESS_FAILURES_PER_MINUTE", 10_000)
    took: dict[str, list[float]] = {"doctor@clinic.example": [], "nobody@clinic.example": []}
    for _ in range(30):
        for email, times in took.items():
            started = time.process_time()
            await client.post("/api/auth/login", json={"email": email, "password": "wrong"})
            times.append(time.process_time() - started)
    known, unknown = (statistics.median(times) for times in took.values())
    assert abs(known - unknown) < 0.25 * known


async def test_a_locked_account_cannot_sign_in(client, accounts, pg_engine):
    with pg_engine.begin() as connection:
        connection.execute(update(UserAccount).values(is_active=False))
    body = {"email": accounts[Role.DOCTOR], "password": PASSWORD}
    assert (await client.post("/api/auth/login", json=body)).status_code == 401


async def test_after_five_failures_even_the_right_password_must_wait(client, accounts):
    body = {"email": accounts[Role.DOCTOR], "password": "wrong"}
    assert [(await client.post("/api/auth/login", json=body)).status_code for _ in range(6)] == [401] * 5 + [429]
    answer = await client.post("/api/auth/login", json={**body, "password": PASSWORD})
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 60


async def test_signing_out_ends_the_session_at_once(signed_in, client_of):
    client, thief = await signed_in(Role.NURSE), client_of()
    thief.cookies.set(COOKIE, client.cookies[COOKIE])
    assert (await thief.get("/api/users/me")).status_code == 200
    answer = await client.post("/api/auth/logout")
    assert answer.status_code == 204
    assert answer.content == b""
    assert f"{COOKIE}=; Max-Age=0" in answer.headers["set-cookie"]
    assert (await thief.get("/api/users/me")).status_code == 401


@pytest.mark.parametrize(("column", "back", "status"), [
    ("last_seen_at", timedelta(minutes=14), 200),
    ("last_seen_at", timedelta(minutes=15, seconds=1), 401),
    ("expires_at", timedelta(hours=11, minutes=59), 200),
    ("expires_at", timedelta(hours=12, seconds=1), 401),
])  # fmt: skip
async def test_a_session_ends_by_rest_and_by_age(signed_in, pg_engine, column, back, status):
    client = await signed_in(Role.DOCTOR)
    with pg_engine.begin() as connection:
        connection.execute(update(UserSession).values({column: getattr(UserSession, column) - back}))
    assert (await client.get("/api/users/me")).status_code == status
    with pg_engine.connect() as connection:
        assert len(connection.execute(select(UserSession)).all()) == (status == 200)


async def test_working_keeps_a_session_awake(app, signed_in, pg_engine):
    client = await signed_in(Role.DOCTOR)
    with pg_engine.begin() as connection:
        connection.execute(update(UserSession).values(last_seen_at=UserSession.last_seen_at - timedelta(minutes=10)))
    assert (await client.get("/api/users/me")).status_code == 200
    await write_uses(app.state.context)
    with pg_engine.connect() as connection:
        seen = connection.execute(select(UserSession.last_seen_at)).scalar_one()
    assert clock.now() - seen < timedelta(minutes=1)


async def test_a_sixth_session_ends_the_oldest(signed_in):
    clients = [await signed_in(Role.DOCTOR) for _ in range(6)]
    statuses = [(await client.get("/api/users/me")).status_code for client in clients]
    assert statuses == [401] + [200] * 5


async def test_one_can_see_and_end_ones_own_sessions(signed_in):
    here, there = await signed_in(Role.DOCTOR), await signed_in(Role.DOCTOR)
    listed = (await here.get("/api/auth/sessions")).json()["items"]
    assert [item["is_current"] for item in listed] == [False, True]
    assert (await here.delete(f"/api/auth/sessions/{listed[0]['session_id']}")).status_code == 204
    assert (await there.get("/api/users/me")).status_code == 401
    assert (await here.get("/api/users/me")).status_code == 200
    assert (await here.delete("/api/auth/sessions")).status_code == 204
    assert (await here.get("/api/users/me")).status_code == 401


async def test_nobody_can_end_the_session_of_another(signed_in):
    doctor, nurse = await signed_in(Role.DOCTOR), await signed_in(Role.NURSE)
    wanted = (await doctor.get("/api/auth/sessions")).json()["items"][0]["session_id"]
    answer = await nurse.delete(f"/api/auth/sessions/{wanted}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "session_not_found"
    assert (await doctor.get("/api/users/me")).status_code == 200


async def test_an_administrator_makes_an_account_that_can_sign_in(signed_in, client):
    admin = await signed_in(Role.ADMIN)
    wish = {"email": "New.Nurse@Clinic.example", "display_name": "New Nurse", "role": "nurse"}
    made = await admin.post("/api/users", json=wish)
    assert made.status_code == 201, made.text
    body = {"email": wish["email"], "password": made.json()["generated_password"]}
    assert (await client.post("/api/auth/login", json=body)).json()["role"] == "nurse"
    again = await admin.post("/api/users", json={**wish, "email": "new.nurse@clinic.example"})
    assert (again.status_code, again.json()["code"]) == (409, "email_taken")


async def test_a_chosen_password_is_not_shown_again_and_must_be_long(signed_in):
    admin = await signed_in(Role.ADMIN)
    wish = {"email": "n@clinic.example", "display_name": "N", "role": "nurse", "password": "nnnnnnnnnnnnnnnn"}
    weak = await admin.post("/api/users", json=wish)
    assert (weak.status_code, weak.json()["code"]) == (422, "weak_password")
    made = await admin.post("/api/users", json={**wish, "password": "a long and silly sentence"})
    assert made.json()["generated_password"] is None


async def test_a_new_role_ends_the_sessions_and_then_holds(signed_in, accounts):
    admin, nurse = await signed_in(Role.ADMIN), await signed_in(Role.NURSE)
    user_id = (await nurse.get("/api/users/me")).json()["user_id"]
    changed = await admin.patch(f"/api/users/{user_id}", json={"role": "steward"})
    assert changed.json()["role"] == "steward"
    assert (await nurse.get("/api/users/me")).status_code == 401
    again = await nurse.post("/api/auth/login", json={"email": accounts[Role.NURSE], "password": PASSWORD})
    assert again.json()["role"] == "steward"
    assert (await nurse.get("/api/quarantine")).status_code == 200


async def test_a_name_changes_without_ending_sessions(signed_in):
    admin, nurse = await signed_in(Role.ADMIN), await signed_in(Role.NURSE)
    user_id = (await nurse.get("/api/users/me")).json()["user_id"]
    assert (await admin.patch(f"/api/users/{user_id}", json={"display_name": "Nora"})).json()["display_name"] == "Nora"
    assert (await nurse.get("/api/users/me")).status_code == 200
    assert (await admin.patch(f"/api/users/{uuid.uuid4()}", json={})).status_code == 404


async def test_accounts_are_listed_in_pages(signed_in):
    admin = await signed_in(Role.ADMIN)
    first = (await admin.get("/api/users", params={"limit": 4})).json()
    second = (await admin.get("/api/users", params={"limit": 4, "cursor": first["next"]})).json()
    assert second["next"] is None
    emails = [item["email"] for page in (first, second) for item in page["items"]]
    assert emails == sorted(emails)
    assert len(set(emails)) == len(Role)


async def test_a_session_that_is_ended_by_another_worker_is_forgotten_here(app, signed_in, pg_engine):
    client = await signed_in(Role.DOCTOR)
    while not app.state.context.sessions.is_listening:
        await asyncio.sleep(0.02)
    assert (await client.get("/api/users/me")).status_code == 200
    key = token_hash(client.cookies[COOKIE])
    assert app.state.context.sessions.find(key) is not None
    with pg_engine.begin() as connection:
        connection.execute(text("DELETE FROM user_session"))
    await app.state.context.valkey.publish("medisync:revoked", f"session:{key.hex()}")
    async with asyncio.timeout(10):
        while (await client.get("/api/users/me")).status_code != 401:
            await asyncio.sleep(0.02)


async def test_no_cookie_a_wrong_cookie_and_an_endless_cookie_are_all_nobody(client):
    for value in (None, "x", "x" * 5000, ""):
        headers = {} if value is None else {"cookie": f"{COOKIE}={value}"}
        answer = await client.get("/api/users/me", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


async def test_a_request_from_another_site_changes_nothing(signed_in, accounts):
    client = await signed_in(Role.ADMIN)
    wish = {"email": "x@clinic.example", "display_name": "X", "role": "admin"}
    for headers in (
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ):
        answer = await client.post("/api/users", json=wish, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")
    for number, headers in enumerate(({"sec-fetch-site": "same-origin"}, {"origin": ORIGIN}, {})):
        answer = await client.post("/api/users", json={**wish, "email": f"{number}@clinic.example"}, headers=headers)
        assert answer.status_code == 201


@pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data", ""])
async def test_a_body_that_a_form_could_send_is_refused(signed_in, media_type):
    client = await signed_in(Role.ADMIN)
    answer = await client.post("/api/users", content=b"{}", headers={"content-type": media_type})
    assert (answer.status_code, answer.json()["code"]) == (415, "not_json")


REGISTRATION = {"email": "Ada@Home.example", "display_name": "Ada L.", "password": "quiet harbour seven lanterns"}


async def test_a_patient_opens_an_account_and_is_signed_in_with_a_patients_rights(client, accounts):
    answer = await client.post("/api/auth/register", json=REGISTRATION)
    assert answer.status_code == 201
    assert (answer.json()["email"], answer.json()["role"]) == ("ada@home.example", "patient")
    assert (await client.get("/api/users/me")).json() == answer.json()
    assert (await client.get("/api/patients")).json()["items"] == []
    assert (await client.get("/api/analytics/")).status_code == 403


async def test_an_email_has_one_account_whatever_its_case_and_asking_often_is_slowed_down(client, accounts, client_of):
    body = REGISTRATION | {"email": accounts[Role.DOCTOR].upper()}
    answers = [await client.post("/api/auth/register", json=body) for _ in range(6)]
    assert [one.status_code for one in answers] == [409] * 5 + [429]
    assert answers[0].json()["code"] == "email_taken"
    login = {"email": accounts[Role.DOCTOR], "password": PASSWORD}
    assert (await client_of().post("/api/auth/login", json=login)).status_code == 200


async def test_nobody_makes_themselves_a_role_and_a_short_password_is_refused_by_its_rule(client, accounts):
    assert (await client.post("/api/auth/register", json=REGISTRATION | {"role": "admin"})).status_code == 422
    short = await client.post("/api/auth/register", json=REGISTRATION | {"password": "lanterns 12x"})
    assert short.status_code == 422
    assert "15 to 256" in short.json()["detail"]


async def test_uses_of_a_session_are_written_down_together_and_a_look_is_no_use(app, signed_in, pg_engine):
    doctor, nurse = await signed_in(Role.DOCTOR), await signed_in(Role.NURSE)
    context, old = app.state.context, clock.now() - timedelta(minutes=10)
    with pg_engine.begin() as connection:
        connection.execute(update(UserSession).values(last_seen_at=old))
    looked = await find_session(context, doctor.cookies[COOKIE], is_use=False)
    assert looked is not None
    assert context.sessions.take_uses() == {}
    for person in (doctor, nurse, doctor):
        assert (await person.get("/api/users/me")).status_code == 200
    await write_uses(context)
    with pg_engine.connect() as connection:
        seen = connection.execute(select(UserSession.last_seen_at)).scalars().all()
    assert len(seen) == 2
    assert all(clock.now() - moment < timedelta(seconds=30) for moment in seen)


async def test_the_later_of_two_workers_uses_stands_and_what_could_not_be_written_is_kept(app, signed_in, pg_engine):
    doctor = await signed_in(Role.DOCTOR)
    context, key, now = app.state.context, token_hash(doctor.cookies[COOKIE]), clock.now()
    for minutes in (1, 3):
        context.sessions.touched(key, now - timedelta(minutes=minutes))
        with pg_engine.begin() as connection:
            if minutes == 1:
                connection.execute(update(UserSession).values(last_seen_at=now - timedelta(minutes=9)))
        await write_uses(context)
    with pg_engine.connect() as connection:
        assert connection.execute(select(UserSession.last_seen_at)).scalar_one() == now - timedelta(minutes=1)
    context.sessions.touched(key, now)
    with pg_engine.begin() as connection:
        connection.execute(text("ALTER TABLE user_session RENAME TO user_session_away"))
    try:
        await write_uses(context)
    finally:
        with pg_engine.begin() as connection:
            connection.execute(text("ALTER TABLE user_session_away RENAME TO user_session"))
    assert context.sessions.take_uses() == {key: now}


async def test_people_who_wait_for_their_password_to_be_hashed_keep_no_connection_from_others(
    app, client, signed_in, monkeypatch
):
    """More of them than there are connections: whoever is signed in is answered all the same."""
    doctor, workshop, may_go_on = await signed_in(Role.DOCTOR), app.state.context.passwords, asyncio.Event()
    hashing = type(workshop)._run

    async def waiting(self, work, *arguments):
        await may_go_on.wait()
        return await hashing(self, work, *arguments)

    monkeypatch.setattr(type(workshop), "_run", waiting)
    change = {"password": PASSWORD, "new_password": "another long sentence to keep"}
    tasks = [
        asyncio.create_task(client.post("/api/auth/register", json=_new_patient(number))) for number in range(12)
    ] + [asyncio.create_task(doctor.post("/api/auth/password", json=change)) for _ in range(12)]
    await asyncio.sleep(0.5)
    try:
        nurse = await asyncio.wait_for(signed_in(Role.NURSE), 5)
        seen = await nurse.get("/api/queues")
    finally:
        may_go_on.set()
        answers = await asyncio.gather(*tasks)
    assert seen.status_code == 200, seen.text
    assert [answer.status_code for answer in answers[:12]] == [201] * 12
    assert {answer.status_code for answer in answers[12:]} <= {204, 403}


def _new_patient(number: int) -> dict[str, str]:
    password = "a plain sentence of many words"
    return {"email": f"new-{number}@home.example", "display_name": "New Person", "password": password}


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "https://[not-an-address]:80"])
async def test_an_origin_that_is_no_address_is_another_site(client, accounts, origin):
    body = {"email": accounts[Role.DOCTOR], "password": PASSWORD}
    answer = await client.post("/api/auth/login", json=body, headers={"origin": origin})
    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")
