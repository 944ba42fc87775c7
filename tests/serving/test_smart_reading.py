"""What a program reads with its token: what its scopes name below /fhir/R4, and nothing else anywhere."""

import asyncio
import json
import re
import sys
from functools import partial
from pathlib import Path

import pytest
from fhir_checks import refused, resources, valid
from smart_program import registered, token_of
from sqlalchemy import select, update
from test_access_matrix import _AnyId, _cells, _sent
from test_appointments import at, open_all_day
from test_fhir_appointments import clinic  # noqa: F401 (a fixture)
from test_fhir_risk import OTHER, TREATED, _assessed, _kept, ward  # noqa: F401 (fixtures)
from test_realtime import server  # noqa: F401 (a fixture)
from test_risk import released  # noqa: F401 (a fixture)

from app_api.smart import service
from core.db.tables import AuditEvent, UserAccount
from core.vocabulary import Role
from tests.serving.conftest import sign_in

FHIR = "/fhir/R4"
MANUAL = Path(__file__).parents[2] / "docs/how-to/read-as-a-program.md"
EVERYTHING = "system/Appointment.rs system/RiskAssessment.rs system/Slot.rs"


@pytest.fixture
async def program(signed_in):
    return await registered(await signed_in(Role.ADMIN), EVERYTHING.split())


async def test_appointments_of_all_patients_are_read_and_the_audit_says_which_program_did(
    clinic,  # noqa: F811
    client,
    program,
    pg_engine,
):
    header = await token_of(client, program, "system/Appointment.rs")
    found = resources(valid(await client.get(f"{FHIR}/Appointment", headers=header), "Bundle"))
    assert [one["id"] for one in found] == clinic["ids"]
    assert valid(await client.get(f"{FHIR}/Appointment/{clinic['ids'][1]}", headers=header), "Appointment") == found[1]
    with pg_engine.connect() as connection:
        read = select(AuditEvent).where(AuditEvent.action == "appointment.read").order_by(AuditEvent.event_id)
        events = connection.execute(read).all()
    assert [(str(one.actor_id), one.actor_role, one.patient_id, one.relation) for one in events] == [
        (program, service.ROLE, None, "any"),
        (program, service.ROLE, "pat_other", "any"),
    ]


async def test_slots_are_read_and_found(clinic, nurse, client, program):  # noqa: F811
    await open_all_day(nurse, clinic["first"])
    header = await token_of(client, program, "system/Slot.rs")
    asked = {"schedule.actor": clinic["first"], "start": [f"ge{at(0)}", f"lt{at(24)}"]}
    found = resources(valid(await client.get(f"{FHIR}/Slot", params=asked, headers=header), "Bundle"))
    assert len(found) == 8
    assert valid(await client.get(f"{FHIR}/Slot/{found[0]['id']}", headers=header), "Slot") == found[0]


async def test_risk_of_any_patient_is_read_and_the_patient_sees_the_programs_name(ward, pg_engine):  # noqa: F811
    of = partial(sign_in, ward)
    async with of(Role.ADMIN) as admin, of(Role.DOCTOR) as doctor, of(Role.NURSE) as program:
        client_id = await registered(admin, ["system/RiskAssessment.rs"], name="Risk registry")
        await _assessed(doctor)
        await _kept(pg_engine, 1)
        program.cookies.clear()
        program.headers.update(await token_of(program, client_id, "system/RiskAssessment.rs"))
        (found,) = resources(valid(await program.get(f"{FHIR}/RiskAssessment", params={"patient": TREATED}), "Bundle"))
        assert valid(await program.get(f"{FHIR}/RiskAssessment/{found['id']}"), "RiskAssessment") == found
        # Nobody treats this one, so no doctor could read it; there is nothing to read either.
        none = valid(await program.get(f"{FHIR}/RiskAssessment", params={"patient": OTHER}), "Bundle")
        assert resources(none) == []
        unknown = await program.get(f"{FHIR}/RiskAssessment", params={"patient": "nobody-here"})
        refused(unknown, 404, "patient_not_found", kind="not-found")
        # To the administrator and, behind the second wall, to the patient.
        async with of(Role.PATIENT) as patient:
            with pg_engine.begin() as connection:
                theirs = update(UserAccount).where(UserAccount.role == Role.PATIENT.value)
                connection.execute(theirs.values(patient_id=TREATED))
            for reader in (admin, patient):
                log = (await reader.get(f"/api/patients/{TREATED}/access-log")).json()["items"]
                named = {(one["actor"], one["relation"]) for one in log if one["actor_role"] == service.ROLE}
                assert named == {("Risk registry", "any")}
    with pg_engine.connect() as connection:
        last = select(AuditEvent).where(AuditEvent.outcome == "refused")
        (event,) = connection.execute(last).all()
    assert (event.patient_id, event.object_ids, event.reason_code) == (None, [], "patient_not_found")


@pytest.mark.parametrize(
    ("scope", "open_to"),
    [
        ("system/Slot.r", {"Slot.r"}),
        ("system/Slot.s", {"Slot.s"}),
        ("system/Slot.read", {"Slot.r", "Slot.s"}),
        ("system/Appointment.r", {"Appointment.r"}),
        ("system/Appointment.s system/RiskAssessment.r", {"Appointment.s", "RiskAssessment.r"}),
        (EVERYTHING, {f"{kind}.{letter}" for kind in ("Appointment", "RiskAssessment", "Slot") for letter in "rs"}),
    ],
)
async def test_a_scope_of_one_resource_opens_no_other_and_reading_is_not_searching(
    app_with_registry, accounts, scope, open_to
):
    async with sign_in(app_with_registry, Role.ADMIN) as admin, sign_in(app_with_registry, Role.NURSE) as client:
        client_id = await registered(admin, EVERYTHING.split())
        client.cookies.clear()
        client.headers.update(await token_of(client, client_id, scope))
        found = set()
        for kind in ("Appointment", "RiskAssessment", "Slot"):
            for letter, path in (("r", f"{FHIR}/{kind}/none"), ("s", f"{FHIR}/{kind}")):
                answer = await client.get(path)
                if answer.status_code == 403:
                    assert f"system/{kind}.{letter}" in refused(answer, 403, "forbidden", kind="forbidden")
                else:
                    assert answer.status_code in (200, 400, 404), answer.text
                    found.add(f"{kind}.{letter}")
    assert found == open_to


async def test_a_token_of_a_program_is_nobodys_outside_the_facade(app, client, program):
    header, closed = await token_of(client, program, EVERYTHING), 0
    for method, path, _ in _cells():
        if path.startswith(f"{FHIR}/"):
            continue
        answer = await client.request(method, path.format_map(_AnyId()), headers=header, **_sent(method, path))
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), (method, path)
        closed += 1
    assert closed > 100


async def test_a_page_lends_its_cookie_to_no_program(nurse, client, program):
    header = await token_of(client, program)
    refused(await nurse.get(f"{FHIR}/Slot/none", headers=header), 400, "two_credentials", kind="invalid")


async def test_the_statement_says_that_this_is_smart_and_where_tokens_are_had(client):
    told = valid(await client.get(f"{FHIR}/metadata"), "CapabilityStatement")
    security = told["rest"][0]["security"]
    assert security["service"][0]["coding"][0]["code"] == "SMART-on-FHIR"
    (uris,) = security["extension"]
    assert uris["extension"] == [{"url": "token", "valueUri": "https://medisync.test/api/oauth/token"}]


async def test_the_program_of_the_manual_reads_appointments(
    clinic,  # noqa: F811
    signed_in,
    server,  # noqa: F811
    tmp_path,
):
    (text,) = re.findall(r"```python\n(.*?)```", MANUAL.read_text(), re.DOTALL)
    program, key = tmp_path / "program.py", tmp_path / "key.json"
    program.write_text(text)

    async def run(*arguments):
        running = await asyncio.create_subprocess_exec(
            sys.executable, str(program), *map(str, arguments), stdout=asyncio.subprocess.PIPE
        )
        told, _ = await asyncio.wait_for(running.communicate(), 30)
        return running.returncode, told.decode()

    _, printed = await run("key", key)
    assert key.stat().st_mode & 0o077 == 0
    admin = await signed_in(Role.ADMIN)
    wish = {"name": "Registry", "scopes": ["system/Appointment.rs"], "jwks": json.loads(printed)}
    client_id = (await admin.post("/api/smart/clients", json=wish)).json()["client_id"]
    code, told = await run("read", f"http://{server}", client_id, key)
    assert (code, [line.split()[0] for line in told.splitlines()]) == (0, clinic["ids"])
    await admin.delete(f"/api/smart/clients/{client_id}")
    assert await run("read", f"http://{server}", client_id, key) == (1, "")
