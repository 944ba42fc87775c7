"""Requests about accounts, second factors, sessions and proofs that are known to succeed.

Belongs here: seeds of identity. Does not belong here: other domains.
"""

import hashlib
import time
import uuid

from authenticator import Authenticator
from fuzz_person import PASSWORD, Seed, World, picture, seed, word


@seed("POST /api/auth/login")
def _login(world: World) -> Seed:
    world.with_first_password()
    return {"body": {"email": world.email, "password": PASSWORD}}


@seed("POST /api/auth/register")
def _register(world: World) -> Seed:
    return {"body": {"email": f"{word()}@home.example", "display_name": "New", "password": f"{word()} {word()}"}}


@seed("DELETE /api/auth/sessions/{session_id}")
def _session(world: World) -> Seed:
    return {"path": {"session_id": hashlib.sha256(world.session().encode()).hexdigest()[:16]}}


@seed("POST /api/auth/mfa")
def _second_step(world: World) -> Seed:
    return {"body": {"code": world.authenticator_code()}, "cookies": world.half_way()}


@seed("POST /api/auth/mfa/enrol")
def _enrol(world: World) -> Seed:
    world.without_factor()
    return {"cookies": world.half_way()}


@seed("POST /api/auth/mfa/setup")
def _set_up(world: World) -> Seed:
    world.without_factor()
    return {}


@seed("POST /api/auth/mfa/confirm")
def _confirm(world: World) -> Seed:
    return {"body": {"code": world.authenticator_code()}}


@seed("POST /api/auth/passkeys/options")
def _passkey_options(world: World) -> Seed:
    world.with_factor()
    world.with_first_password()
    return {"body": {"password": PASSWORD}}


@seed("POST /api/auth/passkeys")
def _passkey(world: World) -> Seed:
    token = world.session()
    answer = world.ask("POST", "/api/auth/passkeys/options", token=token, json=_passkey_options(world)["body"])
    credential = Authenticator().create(answer.json()["options"], origin=world.origin)
    return {"body": {"name": "Key", "credential": credential}, "cookies": {"__Host-session": token}}


def _own_passkey(world: World) -> tuple[Authenticator, str]:
    token, authenticator = world.session(), Authenticator()
    options = world.ask("POST", "/api/auth/passkeys/options", token=token, json=_passkey_options(world)["body"])
    body = {"name": "Key", "credential": authenticator.create(options.json()["options"], origin=world.origin)}
    made = world.ask("POST", "/api/auth/passkeys", token=token, json=body)
    return authenticator, made.json()["passkey_id"]


@seed("DELETE /api/auth/passkeys/{passkey_id}")
def _old_passkey(world: World) -> Seed:
    return {"path": {"passkey_id": _own_passkey(world)[1]}}


@seed("POST /api/auth/mfa/passkey/options")
def _passkey_step(world: World) -> Seed:
    _own_passkey(world)
    return {"cookies": world.half_way()}


@seed("POST /api/auth/mfa/passkey")
def _passkey_answer(world: World) -> Seed:
    authenticator, _ = _own_passkey(world)
    cookies = world.half_way()
    asked = world.ask("POST", "/api/auth/mfa/passkey/options", cookies=cookies)
    return {"body": {"credential": authenticator.get(asked.json()["options"], origin=world.origin)}, "cookies": cookies}


@seed("POST /api/auth/tokens")
def _token(world: World) -> Seed:
    scopes = world.ask("GET", "/api/auth/tokens").json()["allowed_scopes"]
    return {"body": {"name": "board", "scopes": scopes[:1]}}


@seed("DELETE /api/auth/tokens/{token_id}")
def _old_token(world: World) -> Seed:
    made = world.ask("POST", "/api/auth/tokens", json=_token(world)["body"]).json()
    return {"path": {"token_id": made["token_id"]}}


@seed("POST /api/auth/password")
def _password(world: World) -> Seed:
    world.with_first_password()
    return {"body": {"password": PASSWORD, "new_password": f"{word()} {word()} {word()}"}}


@seed("PATCH /api/users/me")
def _own_name(world: World) -> Seed:
    return {"body": {"display_name": "Dr Somebody", "language": "en"}}


VISIT = {"age_years": 70, "sex": "female", "condition": "Influenza", "acuity": 3, "comorbidity_count": 1,
         "systolic_bp": 125, "diastolic_bp": 80, "heart_rate": 85, "respiratory_rate": 16, "temperature_c": 37.2,
         "spo2_pct": 97}  # fmt: skip


@seed("POST /api/registrations")
def _registration(world: World) -> Seed:
    return {"body": {"patient_id": f"walk-in-{word()}", "facility": "North", **VISIT}}


@seed("POST /api/risk/assess")
def _assessment(world: World) -> Seed:
    return {"body": VISIT}


@seed("POST /api/risk/overrides")
def _override(world: World) -> Seed:
    said = world.ask("POST", "/api/risk/assess", json=VISIT).json()
    for _ in range(100):  # receipts are kept a moment after the answer
        if world.row("SELECT count(*) FROM receipt WHERE receipt_id = %s", said["receipt"])[0]:
            break
        time.sleep(0.05)
    level = "low" if said["level"] != "low" else "high"
    return {"body": {"receipt": said["receipt"], "level": level, "reason": "known_history"}}


@seed("POST /api/analytics/pdf/")
def _pdf(world: World) -> Seed:
    return {"body": {"role": world.role}}


@seed("POST /api/users")
def _account(world: World) -> Seed:
    return {"body": {"email": f"{word()}@clinic.example", "display_name": "New", "role": "nurse"}}


@seed("PATCH /api/users/{user_id}")
def _other_account(world: World) -> Seed:
    return {"path": {"user_id": world.new_account()}, "body": {"display_name": "Somebody else"}}


def _account_with_factor(world: World) -> str:
    """Make an account with a second factor that nobody has."""
    user_id = world.new_account()
    world.run(
        "INSERT INTO user_mfa (user_id, last_step, confirmed_at, sealed, key_id) "
        "SELECT %s, 0, now(), '\\x00', key_id FROM data_key LIMIT 1",
        user_id,
    )
    return user_id


@seed("POST /api/users/{user_id}/mfa-reset")
def _lost_factor(world: World) -> Seed:
    user_id = _account_with_factor(world)
    return {"path": {"user_id": user_id}, "body": {"reason": "the telephone was lost"}}


@seed("POST /api/mfa-resets/{request_id}/decision")
def _reset_decision(world: World) -> Seed:
    user_id, request_id = _account_with_factor(world), str(uuid.uuid4())
    world.run(
        "INSERT INTO mfa_reset_request (request_id, user_id, requested_by, requested_at, reason, status) "
        "VALUES (%s, %s, %s, now(), 'the telephone was lost', 'open')",
        request_id, user_id, world.new_account("admin"),
    )  # fmt: skip
    return {"path": {"request_id": request_id}, "body": {"is_approved": True}}


@seed("POST /api/users/{user_id}/verification")
def _proof(world: World) -> Seed:
    user_id = world.new_account("patient") if world.role == "admin" else world.user_id
    return {"path": {"user_id": user_id}, "body": {"file": picture(), "wanted_role": "nurse"},
            "media_type": "multipart/form-data"}  # fmt: skip


def _verification(world: World) -> str:
    user_id = world.new_account("patient")
    files = {"file": ("proof.png", picture(), "image/png")}
    form = {"files": files, "data": {"wanted_role": "nurse"}}
    made = world.ask("POST", f"/api/users/{user_id}/verification", role="admin", **form)
    if world.role != "admin":
        world.run("UPDATE verification SET user_id = %s WHERE user_id = %s", world.user_id, user_id)
    return made.json()["verification_id"]


@seed("GET /api/verifications/{verification_id}/document")
def _document(world: World) -> Seed:
    return {"path": {"verification_id": _verification(world)}}


@seed("POST /api/verifications/{verification_id}/decision")
def _verdict(world: World) -> Seed:
    made = _verification(world)
    world.run("UPDATE verification SET uploaded_by = user_id WHERE verification_id = %s", made)
    body = {"decision": "rejected", "reason": "the name cannot be read"}
    return {"path": {"verification_id": made}, "body": body}


@seed("PATCH /api/staff/me")
def _own_profile(world: World) -> Seed:
    seen = world.ask("GET", "/api/staff/me")
    return {"body": {"unit": "Ward 3", "languages": ["de", "en"]}, "headers": {"If-Match": seen.headers["etag"]}}


@seed("PATCH /api/staff/{user_id}")
def _verified_profile(world: World) -> Seed:
    body = {"qualifications": ["triage_trained"]}
    return {"path": {"user_id": world.new_account()}, "body": body, "headers": {"If-Match": '"0"'}}
