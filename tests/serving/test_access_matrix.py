"""Every route by every role, and every route of a patient by every relation: generated from the application.

No route can be forgotten: the cells come from the application's own routes and its one table of permissions, and a new
route of a patient that takes a body fails here until a valid body is written down.
"""

import io
import uuid
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import insert, select, update
from test_queue import make_queue

from app_api import permissions
from app_api.identity.access import declared_actions
from core import clock
from core.db.tables import BreakGlass, CareTeam, Patient, UserAccount
from core.ids import new_uuid
from core.vocabulary import Role
from serving.routes import OPEN_ROUTES, api_routes
from tests.serving.conftest import code_of, give_session

CLINICIANS = (Role.DOCTOR, Role.NURSE)
PATIENTS = ("own", "cared_for", "others", "broken_glass")
#: What a role may see of a patient: (role, relation) of these, and nothing else.
ADMITTED = {(Role.PATIENT, "own")} | {(role, one) for role in CLINICIANS for one in ("cared_for", "broken_glass")}
#: Routes of a patient that do not ask for a relation, with the roles for which they do not.
ANY_PATIENT = {("POST", "/break-glass"): set(CLINICIANS), ("GET", "/access-log"): {Role.ADMIN}}
BODIES = {
    ("PATCH", ""): {"phone": "+49 30 1234567"},
    ("POST", "/break-glass"): {"reason": "unconscious in the shock room"},
    ("POST", "/records"): {"kind": "note", "title": "t", "text": "w"},
    ("PATCH", "/records/{record_id}"): {"title": "t", "text": "w"},
    ("POST", "/medications"): {"name": "n", "dose": "d", "instruction": "i"},
    ("PATCH", "/medications/{medication_id}"): {"status": "stopped"},
    ("POST", "/medications/{medication_id}/doses"): {"outcome": "given"},
    ("POST", "/tasks"): {"title": "t"},
    ("PATCH", "/tasks/{task_id}"): {"status": "done"},
    ("POST", "/documents/{document_id}/entered-in-error"): {"reason": "of another patient"},
}
_PICTURE = io.BytesIO()
Image.new("RGB", (4, 4)).save(_PICTURE, "PNG")
#: Routes of a patient that take a form.
FORMS = {
    ("POST", "/documents"): {
        "files": {"file": ("a.png", _PICTURE.getvalue(), "image/png")},
        "data": {"kind": "other", "title": "t"},
    },
}
_PREFIX = "/api/patients/{patient_id}"


class _AnyId(dict):
    def __missing__(self, key):
        return str(new_uuid()) if key.endswith("_id") else "1"


def _cells():
    for route in api_routes():
        if route.path not in OPEN_ROUTES:
            for method in sorted(route.methods - {"HEAD"}):
                yield method, route.path, declared_actions(route.dependant)


def _sent(method, path):
    if path.endswith(("/verification", "/documents")) and method == "POST":
        return {"files": {"file": ("a.pdf", b"%PDF-", "application/pdf")}}
    return {"json": {}} if method in ("POST", "PATCH", "PUT") else {}


@pytest.mark.parametrize("role", Role)
async def test_a_role_reaches_exactly_the_routes_that_the_table_gives_it(app, accounts, client_of, role):
    client, cells = client_of(), 0
    for method, path, actions in _cells():
        await give_session(app, client, role)
        answer = await client.request(method, path.format_map(_AnyId()), **_sent(method, path))
        is_allowed = all(role in permissions.PERMISSIONS[action] for action in actions)
        is_refused = answer.status_code == 403 and code_of(answer) == "forbidden"
        assert is_refused is not is_allowed, (method, path, role, answer.status_code)
        assert answer.status_code not in (401, 500), (method, path, answer.status_code)
        cells += 1
    assert cells > 100


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.NURSE, Role.ADMIN])
async def test_a_token_for_a_wall_opens_walls_and_no_other_route(signed_in, client_of, role):
    owner, machine, refused = await signed_in(role), client_of(), 0
    made = await owner.post("/api/auth/tokens", json={"name": "w", "scopes": ["queue.wall"], "lifetime_days": 90})
    machine.headers["authorization"] = f"Bearer {made.json()['token']}"
    for method, path, actions in _cells():
        answer = await machine.request(method, path.format_map(_AnyId()), **_sent(method, path))
        if actions == {"queue.wall"}:
            assert (answer.status_code, code_of(answer)) == (404, "queue_not_found"), (method, path)
        else:
            assert (answer.status_code, code_of(answer)) == (403, "forbidden"), (method, path)
            refused += 1
    assert refused > 100


async def test_a_token_of_a_screen_reads_its_own_queue_and_no_other_and_says_when_it_ends(nurse, client_of):
    own, other = await make_queue(nurse), await make_queue(nurse, prefix="R")
    wish = {"name": "w", "scopes": ["queue.wall"], "lifetime_days": 90, "queue_id": own}
    made, machine = (await nurse.post("/api/auth/tokens", json=wish)).json(), client_of()
    machine.headers["authorization"] = f"Bearer {made['token']}"
    assert (await machine.get(f"/api/queues/{own}/wall")).json()["address_ends_at"] == made["expires_at"]
    refused = await machine.get(f"/api/queues/{other}/wall")
    assert (refused.status_code, code_of(refused)) == (403, "forbidden")
    assert own in refused.json()["detail"]
    assert (await nurse.get(f"/api/queues/{own}/wall")).json()["address_ends_at"] is None
    assert [one["queue_id"] for one in (await nurse.get("/api/auth/tokens")).json()["items"]] == [own]


@pytest.mark.parametrize(("change", "status", "code"), [
    ({"queue_id": str(uuid.UUID(int=7))}, 404, "queue_not_found"),
    ({"scopes": ["queue.wall", "queue.read"]}, 422, "scope_not_allowed"),
    ({"scopes": ["queue.read"]}, 422, "scope_not_allowed"),
])  # fmt: skip
async def test_a_queue_binds_a_token_of_walls_alone_and_must_be_there(nurse, change, status, code):
    wish = {"name": "w", "scopes": ["queue.wall"], "queue_id": await make_queue(nurse)} | change
    answer = await nurse.post("/api/auth/tokens", json=wish)
    assert (answer.status_code, code_of(answer)) == (status, code)
    assert (await nurse.get("/api/auth/tokens")).json()["items"] == []


@pytest.fixture
async def ward(app, accounts, pg_engine):
    """Four patients, one of each relation, and the ties that make them so."""
    now = clock.now()
    context = app.state.context
    async with context.engine.begin() as connection:
        rows = (await connection.execute(select(UserAccount.role, UserAccount.user_id))).all()
        ids = {row.role: row.user_id for row in rows}
        for one in PATIENTS:
            sealed = await context.vault.seal(connection, {"given_name": "A", "family_name": one}, "patient", one)
            row = {"patient_id": one, "sex": "other", "is_synthetic": False, "version": 1, "created_at": now,
                   "updated_at": now, **sealed}  # fmt: skip
            await connection.execute(insert(Patient).values(**row))
        mine = update(UserAccount).where(UserAccount.role == "patient")
        await connection.execute(mine.values(patient_id="own"))
        for role in CLINICIANS:
            team = {"patient_id": "cared_for", "user_id": ids[role], "assigned_at": now}
            await connection.execute(insert(CareTeam).values(**team))
            grant_id = new_uuid()
            sealed = await context.vault.seal(connection, {"reason": "r"}, "break_glass", grant_id)
            grant = {"grant_id": grant_id, "patient_id": "broken_glass", "user_id": ids[role], "granted_at": now,
                     "expires_at": now + timedelta(hours=1), **sealed}  # fmt: skip
            await connection.execute(insert(BreakGlass).values(**grant))
    return app


@pytest.mark.parametrize("patient", PATIENTS)
@pytest.mark.parametrize("role", Role)
async def test_a_patient_is_seen_by_relation_only(ward, client_of, role, patient):
    client, cells = client_of(), 0
    for method, path, actions in _cells():
        part = path.removeprefix(_PREFIX)
        if not path.startswith(_PREFIX) or ((method, part) == ("POST", "/break-glass") and role in CLINICIANS):
            continue  # breaking the glass makes a relation: it has a test of its own below
        await give_session(ward, client, role)
        body = FORMS.get((method, part), {})
        if not body and method in ("POST", "PATCH", "PUT"):
            body = {"json": BODIES[method, part]}
        answer = await client.request(method, path.format_map(_AnyId(patient_id=patient)), **body)
        code = code_of(answer)
        if not all(role in permissions.PERMISSIONS[action] for action in actions):
            wanted = answer.status_code == 403
        elif (role, patient) in ADMITTED or role in ANY_PATIENT.get((method, part), ()):
            wanted = code not in ("patient_not_found", "forbidden", "invalid_request") and answer.status_code != 500
        else:
            wanted = (answer.status_code, code) == (404, "patient_not_found")
        assert wanted, (method, path, role, patient, answer.status_code, code)
        cells += 1
    assert cells >= 17


@pytest.mark.parametrize("role", CLINICIANS)
async def test_breaking_the_glass_opens_anothers_patient_to_that_person_only(ward, client_of, role):
    client = client_of()
    await give_session(ward, client, role)
    assert (await client.get("/api/patients/others")).status_code == 404
    answer = await client.post("/api/patients/others/break-glass", json=BODIES["POST", "/break-glass"])
    assert answer.status_code == 201
    assert (await client.get("/api/patients/others")).json()["relation"] == "break_glass"
    colleague = client_of()
    await give_session(ward, colleague, Role.NURSE if role is Role.DOCTOR else Role.DOCTOR)
    assert (await colleague.get("/api/patients/others")).status_code == 404


async def test_the_audit_is_read_by_administrators_and_says_who_did_what_without_values(ward, client_of):
    clients = {role: client_of() for role in Role}
    for role, client in clients.items():
        await give_session(ward, client, role)
    assert (await clients[Role.DOCTOR].get("/api/patients/cared_for")).status_code == 200
    assert (await clients[Role.DOCTOR].get("/api/patients/others")).status_code == 404
    page = (await clients[Role.ADMIN].get("/api/audit", params={"limit": 2})).json()
    said = [(one["actor"], one["action"], one["patient_id"], one["relation"], one["outcome"]) for one in page["items"]]
    assert said == [
        ("A doctor", "patient.read", "others", "other", "refused"),
        ("A doctor", "patient.read", "cared_for", "assigned", "done"),
    ]
    refused = (await clients[Role.ADMIN].get("/api/audit", params={"outcome": "refused"})).json()["items"]
    assert {one["outcome"] for one in refused} == {"refused"}
    again = (await clients[Role.ADMIN].get("/api/audit", params={"limit": 1})).json()["items"]
    assert again[0]["action"] == "audit.read", "reading the audit is an event too"
    for role in set(Role) - {Role.ADMIN}:
        assert (await clients[role].get("/api/audit")).status_code == 403
