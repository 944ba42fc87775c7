"""Passkeys as a second factor, through HTTP on a real PostgreSQL, with a security key in software."""

import asyncio
from datetime import timedelta

import httpx
import pyotp
import pytest
from authenticator import Authenticator, encoded
from sqlalchemy import select, update

from app_api.identity import cookies
from app_api.identity.access import COOKIE
from core import clock
from core.db.tables import AuditEvent, Passkey, PasskeyCeremony
from core.settings import Settings
from core.vocabulary import Role
from serving.main import create_app
from tests.serving.conftest import ORIGIN, PASSWORD, email_of

URL = "/api/auth/passkeys"
STEP = "/api/auth/mfa/passkey"


@pytest.fixture
async def site(app_settings, pg_engine, tmp_path):
    """The application as it is delivered, under its address."""
    settings = app_settings.model_copy(update={"is_mfa_required": True, "public_url": ORIGIN})
    made = create_app(settings, web_dist=tmp_path / "web")
    async with made.router.lifespan_context(made):
        await made.state.context.valkey.ask(lambda client: client.flushall(), otherwise=None)
        yield made


@pytest.fixture
async def person(site, accounts):
    """A doctor with an authenticator, signed in."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url=ORIGIN) as client:
        await _login(client)
        secret = (await client.post("/api/auth/mfa/enrol")).json()["secret"]
        await client.post("/api/auth/mfa", json={"code": pyotp.TOTP(secret).at(clock.now())})
        yield client


async def _login(client, role=Role.DOCTOR):
    return await client.post("/api/auth/login", json={"email": email_of(role), "password": PASSWORD})


async def _options(client) -> dict:
    answer = await client.post(f"{URL}/options", json={"password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return answer.json()["options"]


async def _registered(client, name="Blue key") -> tuple[Authenticator, dict]:
    key = Authenticator()
    answer = await client.post(URL, json={"name": name, "credential": key.create(await _options(client))})
    assert answer.status_code == 201, answer.text
    return key, answer.json()


async def _challenged(client) -> dict:
    """Sign in half way and return what the browser is asked with."""
    client.cookies.delete(COOKIE)
    assert (await _login(client)).json()["has_passkey"] is True
    return (await client.post(f"{STEP}/options")).json()["options"]


async def _answered(client, credential: dict) -> httpx.Response:
    return await client.post(STEP, json={"credential": credential})


async def test_a_passkey_is_registered_listed_used_and_removed(site, person):
    key, made = await _registered(person)
    options = await _challenged(person)
    assert options["rpId"] == "medisync.test"
    assert [one["id"] for one in options["allowCredentials"]] == [encoded(key.credential_id)]
    answer = await _answered(person, key.get(options))
    assert (answer.status_code, answer.json()["role"]) == (200, "doctor")
    assert cookies.CHALLENGE not in person.cookies
    (listed,) = (await person.get(URL)).json()["items"]
    assert (listed["name"], listed["passkey_id"]) == ("Blue key", made["passkey_id"])
    assert listed["last_used_at"] is not None
    assert (await person.delete(f"{URL}/{made['passkey_id']}")).status_code == 204
    assert (await person.delete(f"{URL}/{made['passkey_id']}")).json()["code"] == "passkey_not_found"
    assert (await _login(person)).json() == {"mfa_required": True, "enrolment_required": False, "has_passkey": False}
    async with site.state.context.engine.connect() as connection:
        actions = (await connection.execute(select(AuditEvent.action).order_by(AuditEvent.event_id))).scalars().all()
    assert [one for one in actions if "passkey" in one] == ["user.passkey_added", "user.passkey_removed"]


async def test_a_challenge_is_answered_once_right_or_wrong(person):
    key, _ = await _registered(person)
    options = await _challenged(person)
    stranger = Authenticator()
    assert (await _answered(person, stranger.get(options))).json()["code"] == "bad_passkey"
    late = await _answered(person, key.get(options))
    assert (late.status_code, late.json()["code"]) == (403, "bad_passkey")
    fresh = (await person.post(f"{STEP}/options")).json()["options"]
    assert (await _answered(person, key.get(fresh))).status_code == 200


async def test_a_replayed_answer_opens_nothing(person):
    key, _ = await _registered(person)
    answer = key.get(await _challenged(person))
    assert (await _answered(person, answer)).status_code == 200
    await _challenged(person)
    assert (await _answered(person, answer)).json()["code"] == "bad_passkey"


async def test_twenty_submissions_of_one_answer_open_one_session(site, person):
    key, _ = await _registered(person)
    answer = key.get(await _challenged(person))
    statuses = [one.status_code for one in await asyncio.gather(*(_answered(person, answer) for _ in range(20)))]
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 401, 403, 429}


async def test_a_challenge_lives_for_two_minutes(site, person):
    key, _ = await _registered(person)
    options = await _challenged(person)
    async with site.state.context.engine.begin() as connection:
        await connection.execute(update(PasskeyCeremony).values(expires_at=clock.now() - timedelta(seconds=1)))
    assert (await _answered(person, key.get(options))).json()["code"] == "bad_passkey"


@pytest.mark.parametrize("where", [{"origin": "https://medisync.test.evil.example"}, {"rp_id": "evil.example"}])
async def test_an_answer_given_to_another_site_is_refused(person, where):
    made_there = Authenticator().create(await _options(person), **where)
    answer = await person.post(URL, json={"name": "Key", "credential": made_there})
    assert (answer.status_code, answer.json()["code"]) == (403, "bad_passkey")
    key, _ = await _registered(person)
    assert (await _answered(person, key.get(await _challenged(person), **where))).json()["code"] == "bad_passkey"


@pytest.mark.parametrize("count", [1, 2])
async def test_a_counter_that_does_not_go_up_betrays_a_copy(site, person, count):
    key, _ = await _registered(person)
    key.count = 1
    assert (await _answered(person, key.get(await _challenged(person)))).status_code == 200
    key.count = count - 1
    assert (await _answered(person, key.get(await _challenged(person)))).json()["code"] == "bad_passkey"
    async with site.state.context.engine.connect() as connection:
        assert (await connection.execute(select(Passkey.sign_count))).scalar_one() == 2


async def test_the_passkey_of_somebody_else_opens_nothing(site, person, accounts):
    await _registered(person)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url=ORIGIN) as other:
        await _login(other, Role.NURSE)
        secret = (await other.post("/api/auth/mfa/enrol")).json()["secret"]
        await other.post("/api/auth/mfa", json={"code": pyotp.TOTP(secret).at(clock.now())})
        theirs, made = await _registered(other)
        assert (await person.delete(f"{URL}/{made['passkey_id']}")).status_code == 404
    assert (await _answered(person, theirs.get(await _challenged(person)))).json()["code"] == "bad_passkey"


async def test_a_challenge_of_one_session_is_not_answered_in_another(site, person):
    options = await _options(person)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url=ORIGIN) as elsewhere:
        key, _ = await _registered(person)
        answer = key.get(await _challenged(elsewhere))
        stolen = await person.post(STEP, json={"credential": answer})
        assert stolen.status_code == 401, "this browser is not half way"
        body = {"name": "Key", "credential": Authenticator().create(options)}
        assert (await elsewhere.post(URL, json=body)).status_code == 401


async def test_a_key_is_registered_once_and_needs_password_and_authenticator(site, person, accounts):
    key, _ = await _registered(person)
    again = await person.post(URL, json={"name": "Again", "credential": key.create(await _options(person))})
    assert (again.status_code, again.json()["code"]) == (409, "passkey_known")
    wrong = await person.post(f"{URL}/options", json={"password": "guessed by somebody"})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "bad_password")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url=ORIGIN) as patient:
        await _login(patient, Role.PATIENT)
        refused = await patient.post(f"{URL}/options", json={"password": PASSWORD})
        assert (refused.status_code, refused.json()["code"]) == (409, "no_second_factor")


async def test_malformed_answers_are_refused_and_name_no_part_of_themselves(person):
    await _options(person)
    credential = {"id": "AAAA", "rawId": "AAAA", "type": "public-key",
                  "response": {"clientDataJSON": "bm90IGpzb24", "attestationObject": "AAAA"}}  # fmt: skip
    answer = await person.post(URL, json={"name": "Key", "credential": credential})
    assert (answer.status_code, answer.json()["code"]) == (403, "bad_passkey")
    assert "bm90IGpzb24" not in answer.text
    short = await person.post(URL, json={"name": "Key", "credential": {"id": "AAAA"}})
    assert short.status_code == 422


async def test_guessing_with_passkeys_ends_the_sign_in(person):
    await _registered(person)
    await _challenged(person)
    statuses = []
    for _ in range(7):
        asked = await person.post(f"{STEP}/options")
        options = asked.json().get("options") or {"rpId": "medisync.test", "challenge": "AAAA"}
        statuses.append((await _answered(person, Authenticator().get(options))).status_code)
    assert statuses[:4] == [403] * 4
    assert set(statuses[5:]) <= {401, 429}


def test_site_and_address_come_from_the_settings():
    there = Settings(public_url="https://clinic.example:8443")
    assert (there.passkey_origin, there.passkey_rp_id) == ("https://clinic.example:8443", "clinic.example")
    here = Settings(api_port=8123)
    assert (here.passkey_origin, here.passkey_rp_id) == ("http://localhost:8123", "localhost")
    for wrong in ("clinic.example", "https://", "https://clinic.example/path"):
        with pytest.raises(ValueError, match="public_url"):
            Settings(public_url=wrong)


async def test_a_button_pressed_many_times_at_once_gives_each_press_a_challenge_and_the_last_one_counts(site, person):
    await _registered(person)
    await _challenged(person)
    answers = await asyncio.gather(*(person.post(f"{STEP}/options") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    async with site.state.context.engine.connect() as connection:
        kept = (await connection.execute(select(PasskeyCeremony.challenge))).scalars().all()
    assert len(kept) == 1
    assert encoded(kept[0]) in {answer.json()["options"]["challenge"] for answer in answers}
