"""The second factor, recovery codes and machine tokens, through HTTP on a real PostgreSQL."""

import asyncio
from datetime import timedelta

import httpx
import pyotp
import pytest
from sqlalchemy import select, update

from app_api.identity import cookies, tokens
from app_api.identity.access import COOKIE
from core import clock
from core.db.tables import ApiToken, AuditEvent, LoginChallenge, UserAccount, UserMfa
from core.vocabulary import Role
from serving.main import create_app
from serving.routes import OPEN_ROUTES, api_routes
from tests.serving.conftest import ORIGIN, PASSWORD, code_of, email_of


@pytest.fixture
async def strict_app(app_settings, pg_engine, tmp_path):
    """The application as it is delivered: staff must have a second factor."""
    made = create_app(app_settings.model_copy(update={"is_mfa_required": True}), web_dist=tmp_path / "web")
    async with made.router.lifespan_context(made):
        await made.state.context.valkey.ask(lambda client: client.flushall(), otherwise=None)
        yield made


@pytest.fixture
async def person(strict_app, accounts):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(strict_app), base_url=ORIGIN) as client:
        yield client


async def _login(client, role=Role.DOCTOR):
    return await client.post("/api/auth/login", json={"email": email_of(role), "password": PASSWORD})


async def _enrol(client, role=Role.DOCTOR):
    assert (await _login(client, role)).json() == {
        "mfa_required": True, "enrolment_required": True, "has_passkey": False,
    }  # fmt: skip
    secret = (await client.post("/api/auth/mfa/enrol")).json()["secret"]
    answer = await client.post("/api/auth/mfa", json={"code": pyotp.TOTP(secret).at(clock.now())})
    assert answer.status_code == 200, answer.text
    return secret, answer.json()["recovery_codes"]


async def _forget_used_codes(app):
    async with app.state.context.engine.begin() as connection:
        await connection.execute(update(UserMfa).values(last_step=0))


async def test_staff_set_up_a_second_factor_before_anything_else(person):
    _, codes = await _enrol(person)
    assert len(set(codes)) == 10
    assert (await person.get("/api/users/me")).json()["role"] == "doctor"


async def test_a_patient_signs_in_with_the_password_alone(person):
    assert (await _login(person, Role.PATIENT)).json()["role"] == "patient"


async def test_the_right_password_alone_opens_nothing(person):
    """Every route with the cookie of a sign-in half way: not signed in."""
    await _enrol(person)
    person.cookies.delete(COOKIE)
    assert (await _login(person)).json() == {
        "mfa_required": True, "enrolment_required": False, "has_passkey": False,
    }  # fmt: skip
    assert cookies.CHALLENGE in person.cookies
    assert (await person.post("/api/auth/mfa/enrol")).status_code == 409
    for route in api_routes():
        if route.path in OPEN_ROUTES:
            continue
        for method in route.methods - {"HEAD"}:
            path = route.path.format_map(_AnyId())
            if method == "POST" and route.path.endswith(("/verification", "/documents")):  # those that take a form
                body = {"files": {"file": ("a.pdf", b"%PDF-", "application/pdf")}}
            else:
                body = {"json": {} if method in ("POST", "PATCH", "PUT") else None}
            answer = await person.request(method, path, **body)
            assert answer.status_code in (401, 422), (method, path, answer.status_code)
            assert answer.status_code == 401 or code_of(answer) == "invalid_request"


class _AnyId(dict):
    def __missing__(self, key):
        return "1"


async def test_fifty_submissions_of_one_code_open_one_session(strict_app, accounts, person):
    secret, _ = await _enrol(person)
    await _forget_used_codes(strict_app)
    code = pyotp.TOTP(secret).at(clock.now())
    clients = []
    for _ in range(50):
        client = httpx.AsyncClient(transport=httpx.ASGITransport(strict_app), base_url=ORIGIN)
        clients.append(client)
    half = await _login(clients[0])
    assert half.status_code == 200
    # One challenge a client, made directly: fifty passwords would take a second of hashing and be throttled.
    from app_api.identity import mfa
    from app_api.identity.sessions import token_hash

    async with strict_app.state.context.engine.begin() as connection:
        user_id = (
            await connection.execute(select(UserAccount.user_id).where(UserAccount.email == email_of(Role.DOCTOR)))
        ).scalar_one()
        for number, client in enumerate(clients):
            await mfa.open_challenge(connection, user_id, token_hash(f"challenge-{number}"))
            client.cookies.set(cookies.CHALLENGE, f"challenge-{number}")
    answers = await asyncio.gather(*(one.post("/api/auth/mfa", json={"code": code}) for one in clients))
    for client in clients:
        await client.aclose()
    assert [answer.status_code for answer in answers].count(200) == 1
    assert {answer.status_code for answer in answers} <= {200, 401, 429}


async def test_a_recovery_code_works_once(person):
    _, codes = await _enrol(person)
    await _login(person)
    assert (await person.post("/api/auth/mfa", json={"code": codes[3].lower()})).status_code == 200
    await _login(person)
    answer = await person.post("/api/auth/mfa", json={"code": codes[3]})
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_code")


async def test_guessing_ends_the_sign_in(strict_app, person):
    await _enrol(person)
    await _login(person)
    statuses = [(await person.post("/api/auth/mfa", json={"code": "000000"})).status_code for _ in range(7)]
    assert statuses[:4] == [401] * 4
    assert set(statuses[5:]) <= {401, 429}
    async with strict_app.state.context.engine.connect() as connection:
        attempts = (await connection.execute(select(LoginChallenge.attempts))).scalars().all()
    assert max(attempts) <= 5


async def test_the_secret_cannot_be_read_in_the_table(strict_app, person):
    secret, _ = await _enrol(person)
    async with strict_app.state.context.engine.connect() as connection:
        sealed = (await connection.execute(select(UserMfa.sealed))).scalar_one()
    assert secret.encode() not in sealed


async def test_a_token_does_what_it_was_given_and_nothing_else(app, signed_in, client):
    doctor = await signed_in(Role.DOCTOR)
    made = (await doctor.post("/api/auth/tokens", json={"name": "board", "scopes": ["patient.list"]})).json()
    headers = {"Authorization": f"Bearer {made['token']}"}
    assert (await client.get("/api/patients", headers=headers)).status_code == 200
    assert (await client.get("/api/analytics/", headers=headers)).status_code == 403
    assert (await client.get("/api/auth/sessions", headers=headers)).status_code == 403
    both = await doctor.get("/api/patients", headers=headers)
    assert (both.status_code, both.json()["code"]) == (400, "two_credentials")
    forged = made["token"][:13] + made["token"][13:][::-1]
    assert (await client.get("/api/patients", headers={"Authorization": f"Bearer {forged}"})).status_code == 401
    (listed,) = (await doctor.get("/api/auth/tokens")).json()["items"]
    assert "token" not in listed
    assert listed["last_used_at"] is not None
    assert (await doctor.delete(f"/api/auth/tokens/{made['token_id']}")).status_code == 204
    assert (await client.get("/api/patients", headers=headers)).status_code == 401


async def test_a_token_ends_with_its_time_and_with_its_owners_account(app, signed_in, client, accounts):
    doctor = await signed_in(Role.DOCTOR)
    made = (await doctor.post("/api/auth/tokens", json={"name": "t", "scopes": ["patient.list"]})).json()
    headers = {"Authorization": f"Bearer {made['token']}"}
    engine = app.state.context.engine
    async with engine.begin() as connection:
        await connection.execute(update(ApiToken).values(expires_at=clock.now() - timedelta(seconds=1)))
    assert (await client.get("/api/patients", headers=headers)).status_code == 401
    async with engine.begin() as connection:
        await connection.execute(update(ApiToken).values(expires_at=clock.now() + timedelta(days=1)))
        await connection.execute(
            update(UserAccount).where(UserAccount.email == accounts[Role.DOCTOR]).values(role="steward")
        )
    assert (await client.get("/api/patients", headers=headers)).status_code == 403


@pytest.mark.parametrize("scope", ["model.move", "session.own", "user.create", "audit.read", "no.such"])
async def test_rights_that_one_has_not_or_no_machine_may_have_are_refused(signed_in, scope):
    doctor = await signed_in(Role.DOCTOR)
    answer = await doctor.post("/api/auth/tokens", json={"name": "t", "scopes": [scope]})
    assert (answer.status_code, answer.json()["code"]) == (422, "scope_not_allowed")


async def test_a_new_password_needs_the_present_one_and_ends_all_sessions(app, signed_in):
    nurse, elsewhere = await signed_in(Role.NURSE), await signed_in(Role.NURSE)
    wish = {"password": "wrong", "new_password": "quite another battery staple"}
    assert (await nurse.post("/api/auth/password", json=wish)).status_code == 403
    assert (await nurse.post("/api/auth/password", json=wish | {"password": PASSWORD})).status_code == 204
    assert (await elsewhere.get("/api/users/me")).status_code == 401


async def test_signing_in_and_failing_to_are_in_the_audit(app, client, accounts):
    await client.post("/api/auth/login", json={"email": accounts[Role.PATIENT], "password": "no"})
    await client.post("/api/auth/login", json={"email": accounts[Role.PATIENT], "password": PASSWORD})
    async with app.state.context.engine.connect() as connection:
        rows = (await connection.execute(select(AuditEvent).order_by(AuditEvent.event_id))).all()
    assert [(row.action, row.outcome) for row in rows] == [("session.open", "refused"), ("session.open", "done")]


async def test_typing_the_password_again_gives_no_new_guesses_at_the_code(person):
    await _enrol(person)
    person.cookies.delete(COOKIE)
    guess = {"code": "AAAA-AAAA-AAAA-AAAA"}
    assert (await _login(person)).status_code == 200
    for _ in range(4):
        assert (await person.post("/api/auth/mfa", json=guess)).status_code == 401
    assert (await _login(person)).status_code == 200
    assert (await person.post("/api/auth/mfa", json=guess)).status_code == 401
    delayed = await person.post("/api/auth/mfa", json=guess)
    assert (delayed.status_code, delayed.json()["code"]) == (429, "too_many_attempts")


async def test_whoever_finishes_a_sign_in_is_told_the_language_and_the_end_of_the_role(strict_app, person):
    secret, _ = await _enrol(person)
    await person.patch("/api/users/me", json={"language": "es"})
    ends = clock.now() + timedelta(days=30)
    async with strict_app.state.context.engine.begin() as connection:
        doctor = update(UserAccount).where(UserAccount.email == email_of(Role.DOCTOR))
        await connection.execute(doctor.values(role_expires_at=ends))
    await _forget_used_codes(strict_app)
    await _login(person)
    told = (await person.post("/api/auth/mfa", json={"code": pyotp.TOTP(secret).at(clock.now())})).json()
    assert (told["language"], told["role_expires_at"]) == ("es", ends.isoformat().replace("+00:00", "Z"))


async def test_nobody_has_more_tokens_than_they_can_look_after(signed_in, monkeypatch):
    monkeypatch.setattr(tokens, "MAX_TOKENS", 3)
    doctor = await signed_in(Role.DOCTOR)
    wish = {"name": "reader", "scopes": ["analytics.read"]}
    answers = await asyncio.gather(*(doctor.post("/api/auth/tokens", json=wish) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 2
    first = (await doctor.get("/api/auth/tokens")).json()["items"][0]
    assert (await doctor.delete(f"/api/auth/tokens/{first['token_id']}")).status_code == 204
    assert (await doctor.post("/api/auth/tokens", json=wish)).status_code == 201
