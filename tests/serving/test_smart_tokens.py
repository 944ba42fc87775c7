"""SMART Backend Services: who is given a token, and which assertions are refused, on a real PostgreSQL and Valkey."""

import asyncio
import hmac
import json
from contextlib import AsyncExitStack
from datetime import timedelta

import httpx
import pytest
from joserfc.jwk import ECKey, RSAKey
from joserfc.util import urlsafe_b64encode
from smart_program import (
    EC,
    RSA,
    TOKEN,
    asked,
    claims_of,
    form_of,
    public,
    registered,
    shared_secret,
    signed,
    token_of,
)
from sqlalchemy import select, update

from app_api.identity import policy
from app_api.smart import repository, service
from core import clock
from core.db.tables import AuditEvent, SmartAccessToken, SmartAssertion, SmartClient
from core.vocabulary import Role
from tests.serving.conftest import ORIGIN

SLOTS = "/fhir/R4/Slot/none"


@pytest.fixture
async def admin(signed_in):
    return await signed_in(Role.ADMIN)


@pytest.fixture
async def program(admin):
    """The client_id of a program that was registered for slots and for searching appointments."""
    return await registered(admin, ["system/Slot.read", "system/Appointment.s"])


@pytest.fixture
async def at_address(app):
    """A factory of clients at addresses of their own, each counted by itself when guesses are slowed down."""
    async with AsyncExitStack() as stack:

        def come_from(number):
            transport = httpx.ASGITransport(app, client=(f"192.0.2.{number}", 4000))
            client = httpx.AsyncClient(transport=transport, base_url=ORIGIN)
            stack.push_async_callback(client.aclose)
            return client

        yield come_from


def _refused(answer, error, status=401):
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()["error_description"]


async def _is_let_in(client, header):
    """Say whether a token is known: the slot that is asked for is not there."""
    answer = await client.get(SLOTS, headers=header)
    assert answer.status_code in (401, 404), answer.text
    return answer.status_code == 404


async def test_the_configuration_is_open_and_names_what_there_is(client):
    told = (await client.get("/fhir/R4/.well-known/smart-configuration")).json()
    assert told["token_endpoint"] == f"https://medisync.test{TOKEN}"
    assert told["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert told["token_endpoint_auth_signing_alg_values_supported"] == ["ES384", "RS384"]
    assert told["grant_types_supported"] == ["client_credentials"]
    assert {"system/Slot.rs", "system/RiskAssessment.s", "system/Appointment.read"} <= set(told["scopes_supported"])
    assert "authorization_endpoint" not in told
    assert told["capabilities"] == ["client-confidential-asymmetric", "permission-v1", "permission-v2"]


@pytest.mark.parametrize("key", [RSA, EC], ids=["RS384", "ES384"])
async def test_a_signed_assertion_is_answered_with_a_token_of_five_minutes(client, program, key, pg_engine):
    before = clock.now()
    answer = await client.post(TOKEN, data=form_of(signed(claims_of(program), key)))
    told = answer.json()
    assert answer.status_code == 200, answer.text
    assert (told["token_type"], told["expires_in"], told["scope"]) == ("bearer", 300, "system/Slot.rs")
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    assert await _is_let_in(client, {"authorization": f"Bearer {told['access_token']}"})
    with pg_engine.connect() as connection:
        kept = connection.execute(select(SmartAccessToken)).one()
        assert connection.execute(select(SmartClient.last_used_at)).scalar_one() >= before
    assert told["access_token"].rpartition("_")[2].encode() not in kept.secret_hash
    assert timedelta(0) < kept.expires_at - before <= timedelta(seconds=301)
    with pg_engine.begin() as connection:
        connection.execute(update(SmartAccessToken).values(expires_at=clock.now()))
    assert not await _is_let_in(client, {"authorization": f"Bearer {told['access_token']}"})


async def test_a_replayed_assertion_is_refused_by_every_worker_at_once(client, at_address, program, pg_engine):
    form = form_of(signed(claims_of(program)))
    # From twenty addresses: at one of them so many refusals would be slowed down.
    answers = await asyncio.gather(*(at_address(number).post(TOKEN, data=form) for number in range(20)))
    assert sorted(one.status_code for one in answers) == [200, *[401] * 19]
    assert "used before" in _refused(await client.post(TOKEN, data=form), "invalid_client")
    with pg_engine.connect() as connection:
        (kept,) = connection.execute(select(SmartAssertion)).all()
    assert len(kept.jti_hash) == 32, "what the client called it is not kept"


async def test_an_assertion_is_used_up_also_where_its_scope_is_refused(client, program):
    assertion = signed(claims_of(program))
    _refused(await client.post(TOKEN, data=form_of(assertion, "system/RiskAssessment.r")), "invalid_scope", 400)
    assert "used before" in _refused(await client.post(TOKEN, data=form_of(assertion)), "invalid_client")


async def test_used_assertions_are_kept_an_hour_after_they_ran_out(app, client, program, pg_engine):
    await token_of(client, program)
    context = app.state.context
    for passed, left in ((timedelta(minutes=50), 1), (timedelta(minutes=70), 0)):
        async with context.engine.begin() as connection:
            await repository.sweep(connection, clock.now() + passed)
        with pg_engine.connect() as connection:
            assert len(connection.execute(select(SmartAssertion)).all()) == left
            assert len(connection.execute(select(SmartAccessToken)).all()) == left


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"aud": "https://other.example/token"}, "aud"),
        ({"aud": "https://medisync.test/fhir/R4"}, "aud"),
        ({"aud": ["https://other.example/token", "x"]}, "aud"),
        ({"aud": None}, "aud"),
        ({"exp": None}, "exp"),
        ({"exp": "soon"}, "exp"),
        ({"jti": None}, "jti"),
        ({"jti": 7}, "jti"),
        ({"jti": ""}, "jti"),
        ({"jti": "x" * 256}, "jti"),
        ({"sub": "somebody else"}, "sub"),
        ({"sub": None}, "sub"),
        ({"nbf": 9_999_999_999}, "nbf"),
        ({"iat": 9_999_999_999}, "iat"),
    ],
)
async def test_an_assertion_with_a_claim_that_does_not_hold_is_refused(client, program, claims, why):
    assert why in _refused(await asked(client, program, **claims), "invalid_client")


@pytest.mark.parametrize(
    ("seconds", "why"),
    [(0, "run out"), (-1, "run out"), (-3600, "run out"), (360, "five minutes"), (10**12, "five minutes")],
)
async def test_an_assertion_that_has_run_out_or_runs_too_long_is_refused(client, program, seconds, why):
    exp = int(clock.now().timestamp()) + seconds
    assert why in _refused(await asked(client, program, exp=exp), "invalid_client")


@pytest.mark.parametrize("claim", ["iss", "jti"])
async def test_half_a_character_breaks_nothing(client, program, claim):
    half = {claim: "\ud800"}
    for status in (401, 401) if claim == "iss" else (200, 401):
        assert (await asked(client, program, **half)).status_code == status


async def test_an_assertion_for_several_places_holds_where_this_is_one(client, program):
    answer = await asked(client, program, aud=["https://other.example/token", f"https://medisync.test{TOKEN}"])
    assert answer.status_code == 200, answer.text


async def test_another_key_proves_nothing_whatever_it_calls_itself(client, program, admin):
    stranger = RSAKey.generate_key(2048, {"kid": RSA.kid})
    guess = form_of(signed(claims_of(program), stranger))
    described = _refused(await client.post(TOKEN, data=guess), "invalid_client")
    unknown = ECKey.generate_key("P-384", {"kid": "another"})
    other = await registered(admin, ["system/Slot.rs"], unknown, name="Other")
    for assertion in (
        signed(claims_of(program), unknown),  # a key of another client
        signed(claims_of(other), RSA),
        signed(claims_of("00000000-0000-7000-8000-000000000000")),  # nobody
        signed(claims_of("nobody")),
        signed(claims_of(program.upper())),
    ):
        answer = await client.post(TOKEN, data=form_of(assertion))
        # Which part of it is wrong is not said.
        assert _refused(answer, "invalid_client") == described


def _encoded(part):
    return urlsafe_b64encode(json.dumps(part).encode()).decode()


async def test_an_assertion_that_is_not_signed_or_signed_with_what_is_public_is_refused(client, at_address, program):
    claims = claims_of(program)
    bare = f"{_encoded({'alg': 'none', 'kid': RSA.kid, 'typ': 'JWT'})}.{_encoded(claims)}."
    by_secret = signed(claims, shared_secret())
    # HS256 with the public key as its secret: what a server does that believes the header.
    signing = f"{_encoded({'alg': 'HS256', 'kid': RSA.kid, 'typ': 'JWT'})}.{_encoded(claims)}"
    mac = hmac.digest(RSA.as_pem(private=False), signing.encode(), "sha256")
    by_public_key = f"{signing}.{urlsafe_b64encode(mac).decode()}"
    stolen = bare + signed(claims_of(program)).rpartition(".")[2]
    other_algorithm = signed(claims, RSA, alg="RS256")
    for assertion in (bare, stolen, by_secret, by_public_key, other_algorithm):
        _refused(await client.post(TOKEN, data=form_of(assertion)), "invalid_client")
    answer = await at_address(7).post(TOKEN, data=form_of(signed(claims)))
    assert answer.status_code == 200, "these claims would have held"


async def test_a_signature_is_over_what_it_signed(client, program):
    head, _, signature = signed(claims_of(program)).split(".")
    other = f"{head}.{_encoded(claims_of(program))}.{signature}"
    _refused(await client.post(TOKEN, data=form_of(other)), "invalid_client")


@pytest.mark.parametrize(
    "header",
    [
        {"jku": "http://127.0.0.1:1/keys"},
        {"x5u": "http://127.0.0.1:1/keys"},
        {"jwk": {"kty": "RSA"}},
        {"typ": "at+jwt"},
    ],
)
async def test_a_header_that_names_a_place_for_keys_or_another_kind_of_token_is_refused(client, program, header):
    claims = claims_of(program)
    head = _encoded({"alg": "RS384", "kid": RSA.kid, "typ": "JWT", **header})
    described = await client.post(TOKEN, data=form_of(f"{head}.{_encoded(claims)}.AAAA"))
    assert "header" in _refused(described, "invalid_client")


def _deep(levels):
    return urlsafe_b64encode(b"[" * levels).decode()


@pytest.mark.parametrize(
    "assertion",
    ["x", "a.b", "a.b.c", "....", "e30.e30.e30", "W10.W10.", "é.b.c", "A" * 9000, "MQ.MQ.MQ",
     f"{_deep(300)}.e30.", f"eyJhbGciOiJSUzM4NCJ9.{_deep(4000)}."],
    ids=range(11),
)  # fmt: skip
async def test_what_is_no_assertion_is_refused_and_not_looked_into(client, program, assertion):
    _refused(await client.post(TOKEN, data=form_of(assertion)), "invalid_client")


@pytest.mark.parametrize(
    ("scope", "granted"),
    [
        ("system/Slot.rs", True),
        ("system/Slot.r", True),
        ("system/Slot.s", True),
        ("system/Slot.read system/Appointment.s", True),
        ("system/Appointment.s  system/Appointment.s", True),
        ("system/Appointment.r", False),  # registered for searching
        ("system/Appointment.rs", False),
        ("system/Appointment.read", False),
        ("system/Slot.rs system/RiskAssessment.r", False),
        ("system/Slot.cruds", False),
        ("system/Slot.sr", False),
        ("system/*.rs", False),
        ("patient/Slot.rs", False),
        ("system/Patient.rs", False),
        ("system/Slot.rs?status=free", False),
        ("openid", False),
        (" ", False),
    ],
)
async def test_a_scope_is_granted_as_far_as_the_program_was_registered_and_no_further(client, program, scope, granted):
    answer = await asked(client, program, scope)
    if granted:
        assert answer.json()["scope"] == " ".join(dict.fromkeys(scope.split()))
    else:
        _refused(answer, "invalid_scope", 400)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": None}, "invalid_request"),
        ({"scope": None}, "invalid_request"),
        ({"client_assertion": None}, "invalid_request"),
        ({"client_assertion_type": None}, "invalid_request"),
        ({"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"}, "invalid_request"),
        ({"client_secret": "s"}, "invalid_request"),
        ({"scope": ["system/Slot.r", "system/Slot.s"]}, "invalid_request"),
        ({f"f{number}": "x" for number in range(30)}, "invalid_request"),
    ],
    ids=range(9),
)
async def test_a_form_that_asks_for_something_else_is_refused_in_oauths_words(client, program, change, error):
    _refused(await client.post(TOKEN, data=form_of(signed(claims_of(program)), **change)), error, 400)


async def test_what_is_no_form_is_refused_in_oauths_words_too(client, program):
    assert _refused(await client.post(TOKEN, json={"grant_type": "client_credentials"}), "invalid_request", 415)
    kind = {"content-type": "application/x-www-form-urlencoded"}
    _refused(await client.post(TOKEN, content=b"\xff=\xfe", headers=kind), "invalid_request", 400)
    _refused(await client.post(TOKEN, content=b"x=" + b"y" * 70_000, headers=kind), "invalid_request", 413)
    _refused(await client.post(TOKEN), "invalid_request", 400)
    basic = {"authorization": "Basic eDp5"}
    _refused(await client.post(TOKEN, data=form_of(signed(claims_of(program))), headers=basic), "invalid_request", 400)
    spanish = {"accept-language": "es"}
    assert _refused(await client.post(TOKEN, headers=spanish), "invalid_request", 400).isascii()


async def test_a_revoked_program_gets_no_token_and_those_it_has_open_nothing(client, program, admin):
    header = await token_of(client, program)
    assert await _is_let_in(client, header)
    assert (await admin.delete(f"/api/smart/clients/{program}")).status_code == 204
    assert not await _is_let_in(client, header)
    _refused(await asked(client, program), "invalid_client")
    assert (await admin.delete(f"/api/smart/clients/{program}")).status_code == 404
    (listed,) = (await admin.get("/api/smart/clients")).json()["items"]
    assert listed["revoked_at"] is not None


async def test_a_forged_token_opens_nothing(client, program):
    header = await token_of(client, program)
    token = header["authorization"].removeprefix("Bearer ")
    for forged in (token[:13] + token[13:][::-1], token[:-1], f"{token}x", "mss_", f"mss_{'A' * 8}_{'b' * 43}"):
        assert not await _is_let_in(client, {"authorization": f"Bearer {forged}"})


async def test_guesses_are_slowed_down_where_they_come_from_and_the_program_is_not(client, at_address, program):
    stranger = RSAKey.generate_key(2048, {"kid": RSA.kid})
    codes = [
        (await client.post(TOKEN, data=form_of(signed(claims_of(program), stranger)))).status_code
        for _ in range(policy.FREE_FAILURES + 1)
    ]
    assert codes == [*[401] * policy.FREE_FAILURES, 429]
    slowed = await asked(client, program)
    assert int(slowed.headers["retry-after"]) > 0
    _refused(slowed, "temporarily_unavailable", 429)
    await token_of(at_address(7), program)


async def test_the_audit_holds_who_got_a_token_and_who_was_refused_and_no_secret(client, program, admin, pg_engine):
    assertion = signed(claims_of(program))
    token = (await client.post(TOKEN, data=form_of(assertion))).json()["access_token"]
    await client.post(TOKEN, data=form_of(assertion))
    await asked(client, program, "system/RiskAssessment.rs")
    await asked(client, "nobody")
    await admin.delete(f"/api/smart/clients/{program}")
    with pg_engine.connect() as connection:
        rows = connection.execute(select(AuditEvent).order_by(AuditEvent.event_id)).all()
        administrator = rows[0].actor_id
    said = [(one.actor_id and str(one.actor_id), one.actor_role, one.action, one.object_ids, one.outcome,
             one.reason_code) for one in rows]  # fmt: skip
    assert said == [
        (str(administrator), "admin", "smart_client.register", [program], "done", None),
        (program, service.ROLE, "smart_client.token", [program], "done", None),
        (None, "nobody", "smart_client.token", [program], "refused", "invalid_client"),
        (program, service.ROLE, "smart_client.token", [program], "refused", "invalid_scope"),
        (None, "nobody", "smart_client.token", [], "refused", "invalid_client"),
        (str(administrator), "admin", "smart_client.revoke", [program], "done", None),
    ]
    written = str(rows)
    assert token not in written and assertion not in written
    shown = (await admin.get("/api/audit")).json()["items"]
    assert {one["actor"] for one in shown if one["actor_role"] == service.ROLE} == {"Registry"}


async def test_nothing_of_a_token_or_an_assertion_is_in_the_log(client, program, caplog):
    caplog.set_level("DEBUG", logger="medisync")
    assertion = signed(claims_of(program))
    token = (await client.post(TOKEN, data=form_of(assertion))).json()["access_token"]
    await client.post(TOKEN, data=form_of(assertion))
    written = "\n".join(str(vars(one)) for one in caplog.records)
    assert "/api/oauth/token" in written
    assert not any(secret in written for secret in (token, assertion, assertion.rpartition(".")[2], program))


async def test_an_administrator_registers_a_program_and_sees_its_keys_by_name(admin):
    wish = {"name": "Registry", "scopes": ["system/Slot.r", "system/Slot.s"], "jwks": public(RSA, EC)}
    made = (await admin.post("/api/smart/clients", json=wish)).json()
    assert made["scopes"] == ["system/Slot.rs"]
    assert made["keys"] == [{"kid": "rsa-1", "alg": "RS384"}, {"kid": "ec-1", "alg": "ES384"}]
    assert (await admin.get("/api/smart/clients")).json()["items"] == [made]


_PUBLIC = public(RSA)["keys"][0]
_CURVE = public(EC)["keys"][0]


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ([RSA.as_dict(private=True)], "private_key_sent"),
        ([EC.as_dict(private=True)], "private_key_sent"),
        ([_PUBLIC, _PUBLIC], "bad_key"),
        ([{**_PUBLIC, "n": None}], "bad_key"),
        ([{**_PUBLIC, "alg": "ES384"}], "bad_key"),
        ([{**_PUBLIC, "n": "AQAB"}], "bad_key"),
        ([{**_PUBLIC, "n": _PUBLIC["n"] * 2}], "bad_key"),
        ([{**_PUBLIC, "e": "AA"}], "bad_key"),
        ([{**_PUBLIC, "e": _PUBLIC["n"]}], "bad_key"),
        ([{**_CURVE, "x": _CURVE["y"]}], "bad_key"),
        ([{**_CURVE, "crv": None}], "bad_key"),
        ([ECKey.generate_key("P-256", {"kid": "k"}).as_dict(private=False)], "invalid_request"),
        ([{"kty": "oct", "kid": "k", "k": "c2VjcmV0"}], "invalid_request"),
        ([{name: value for name, value in _PUBLIC.items() if name != "kid"}], "invalid_request"),
        ([{**_PUBLIC, "use": "enc"}], "invalid_request"),
        ([], "invalid_request"),
        ([{**_PUBLIC, "kid": f"k{number}"} for number in range(9)], "invalid_request"),
    ],
    ids=range(17),
)
async def test_a_key_that_proves_nothing_is_not_taken_and_a_private_one_is_not_kept(admin, keys, code, pg_engine):
    wish = {"name": "Registry", "scopes": ["system/Slot.r"], "jwks": {"keys": keys}}
    answer = await admin.post("/api/smart/clients", json=wish)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    with pg_engine.connect() as connection:
        assert connection.execute(select(SmartClient)).all() == []


@pytest.mark.parametrize("scope", ["system/Slot.cruds", "system/*.rs", "user/Slot.rs", "system/Patient.rs", ""])
async def test_a_program_is_registered_for_scopes_that_there_are(admin, scope):
    wish = {"name": "Registry", "scopes": [scope], "jwks": public(RSA)}
    assert (await admin.post("/api/smart/clients", json=wish)).status_code == 422


async def test_there_are_only_as_many_programs_as_one_can_look_after(admin, monkeypatch):
    monkeypatch.setattr(service, "MAX_CLIENTS", 2)
    wish = {"name": "Registry", "scopes": ["system/Slot.r"], "jwks": public(RSA)}
    answers = await asyncio.gather(*(admin.post("/api/smart/clients", json=wish) for _ in range(4)))
    assert sorted(one.status_code for one in answers) == [201, 201, 409, 409]
