"""Slots and appointments as FHIR R4: valid, searched by each parameter, paged, refused in FHIR's own shape."""

import asyncio
import json
import re
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fhir_checks import link, refused, resources, valid
from sqlalchemy import select, update
from test_appointments import at, book, make_provider, make_room, open_all_day, patient  # noqa: F401 (a fixture)
from test_realtime import server  # noqa: F401 (a fixture)

from core import clock
from core.db.tables import Appointment, AuditEvent, UserAccount
from core.settings import child_environment
from core.vocabulary import Role
from serving.fhir.mapping import APPOINTMENT_STATUS

FHIR = "/fhir/R4"
MANUAL = Path(__file__).parents[2] / "docs/how-to/read-as-fhir.md"


@pytest.fixture
async def clinic(nurse):
    """Two providers and a room; three appointments of `me` and one of `pat_other`, an hour apart."""
    first, second = await make_provider(nurse), await make_provider(nurse, "Dr Berg")
    room = await make_room(nurse)
    booked = [
        await book(nurse, provider, hour, whose, **more)
        for provider, hour, whose, more in (
            (first, 8, "me", {"room_id": room}), (first, 9, "pat_other", {}), (second, 10, "me", {}),
            (second, 34, "me", {}),
        )
    ]  # fmt: skip
    assert [one.status_code for one in booked] == [201] * 4
    ids = [one.json()["appointment_id"] for one in booked]
    return {"first": first, "second": second, "room": room, "ids": ids}


async def _found(client, **params):
    return [one["id"] for one in resources(valid(await client.get(f"{FHIR}/Appointment", params=params), "Bundle"))]


async def test_an_appointment_is_valid_fhir_and_says_who_when_where(clinic, nurse):
    told = valid(await nurse.get(f"{FHIR}/Appointment/{clinic['ids'][0]}"), "Appointment")
    ours = (await nurse.get(f"/api/appointments/{clinic['ids'][0]}")).json()
    assert (told["start"], told["end"], told["minutesDuration"]) == (ours["starts_at"], ours["ends_at"], 30)
    assert told["status"] == "booked"
    who = {one["actor"]["type"]: one["actor"] for one in told["participant"]}
    assert who["Patient"] == {
        "reference": "Patient/me", "type": "Patient", "identifier": {"system": "urn:medisync:patient", "value": "me"},
    }  # fmt: skip
    assert who["Practitioner"]["reference"] == f"Practitioner/{clinic['first']}"
    assert who["Practitioner"]["display"] == "Dr Adeyemi"
    assert who["Location"]["reference"] == f"Location/{clinic['room']}"
    assert told["meta"]["security"][0]["code"] == "HTEST", "the hospital of the tests is synthetic, and says so"


async def test_a_hospital_that_is_not_synthetic_marks_nothing_as_a_test(clinic, nurse, app):
    context = app.state.context
    real = context.settings.model_copy(update={"is_demo": False})
    object.__setattr__(context, "settings", real)
    told = valid(await nurse.get(f"{FHIR}/Appointment/{clinic['ids'][0]}"), "Appointment")
    assert told["meta"] == {"versionId": "1"}


async def test_the_version_of_an_appointment_is_the_one_that_a_change_names(clinic, nurse):
    read = await nurse.get(f"{FHIR}/Appointment/{clinic['ids'][0]}")
    assert (read.headers["etag"], read.json()["meta"]["versionId"]) == ('W/"1"', "1")
    changed = await nurse.patch(
        f"/api/appointments/{clinic['ids'][0]}", json={"status": "arrived"}, headers={"if-match": read.headers["etag"]}
    )
    assert changed.status_code == 200, changed.text
    again = valid(await nurse.get(f"{FHIR}/Appointment/{clinic['ids'][0]}"), "Appointment")
    assert (again["meta"]["versionId"], again["status"]) == ("2", "arrived")


@pytest.mark.parametrize("status", APPOINTMENT_STATUS)
async def test_every_status_of_ours_is_a_status_of_fhirs_and_is_found_by_it(clinic, nurse, pg_engine, status):
    with pg_engine.begin() as connection:
        changed = update(Appointment).where(Appointment.appointment_id == clinic["ids"][0])
        connection.execute(changed.values(status=status, hold_expires_at=clock.now() + timedelta(hours=1)))
    told = valid(await nurse.get(f"{FHIR}/Appointment/{clinic['ids'][0]}"), "Appointment")
    assert told["status"] == APPOINTMENT_STATUS[status]
    assert ("cancelationReason" in told) is (status == "expired")
    found = await _found(nurse, status=told["status"])
    assert found == (clinic["ids"] if status == "booked" else clinic["ids"][:1])


async def test_appointments_are_found_by_each_parameter(clinic, nurse):
    first, other, third, fourth = clinic["ids"]
    assert await _found(nurse) == clinic["ids"]
    assert await _found(nurse, patient="Patient/me") == [first, third, fourth]
    assert await _found(nurse, patient="me") == [first, third, fourth]
    assert await _found(nurse, patient=f"https://medisync.test{FHIR}/Patient/me") == [first, third, fourth]
    assert await _found(nurse, patient="Patient/pat.5Fother") == [other]
    assert await _found(nurse, patient="pat_other") == [other], "our own form of an id is taken too"
    assert await _found(nurse, patient="nobody") == []
    assert await _found(nurse, practitioner=f"Practitioner/{clinic['second']}") == [third, fourth]
    assert await _found(nurse, location=f"Location/{clinic['room']}") == [first]
    assert await _found(nurse, _id=third) == [third]
    assert await _found(nurse, status="booked,arrived") == clinic["ids"]
    assert await _found(nurse, status="http://hl7.org/fhir/appointmentstatus|booked") == clinic["ids"]
    assert await _found(nurse, status=["booked", "arrived"]) == [], "repeated is an and"
    assert await _found(nurse, date=[f"ge{at(9)}", f"lt{at(10)}"]) == [other]
    assert await _found(nurse, date=f"gt{at(10)}") == [fourth]
    assert await _found(nurse, date=at(0)[:10]) == [first, other, third]
    assert await _found(nurse, patient="me", practitioner=clinic["first"]) == [first]


async def test_pages_follow_each_other_by_their_links_and_end(clinic, nurse):
    page = valid(await nurse.get(f"{FHIR}/Appointment", params={"_count": 2, "status": "booked"}), "Bundle")
    assert "_count=2" in link(page, "self")
    following = link(page, "next")
    last = valid(await nurse.get(following), "Bundle")
    assert [one["id"] for one in resources(page) + resources(last)] == clinic["ids"]
    assert link(last, "next") is None
    assert link(last, "self") == following
    empty = valid(await nurse.get(f"{FHIR}/Appointment", params={"patient": "nobody"}), "Bundle")
    assert "entry" not in empty
    more = valid(await nurse.get(f"{FHIR}/Appointment", params={"_count": 1000}), "Bundle")
    assert "_count=200" in link(more, "self"), "more than a page is no fault, the page is as large as there is"


@pytest.mark.parametrize(
    ("params", "parameter", "kind", "allowed"),
    [
        ({"reason": "x"}, "reason", "not-supported", "_id, date, location, patient, practitioner, status, _count"),
        ({"status:not": "booked"}, "status:not", "not-supported", "allowed are _id, date"),
        ({"status": "lost"}, "status", "value", "fulfilled"),
        ({"date": "yesterday"}, "date", "value", "ge2026-11-30"),
        ({"date": "ne2026-11-30"}, "date", "value", "eq, ge, gt, le, lt, sa, eb"),
        ({"date": "2026-02-30"}, "date", "value", "1900 to 2200"),
        ({"patient": "Group/7"}, "patient", "value", "Patient/[id]"),
        ({"practitioner": "7"}, "practitioner", "value", "Practitioner/[id]"),
        ({"_id": "7"}, "_id", "value", "a UUID"),
        ({"_count": "0"}, "_count", "value", "a whole number from 1"),
        ({"_cursor": "-1"}, "_cursor", "value", "a whole number from 0"),
        ({"_format": "xml"}, "_format", "value", "application/fhir+json"),
        ({"patient": ["a", "b"]}, "patient", "value", "once"),
    ],
)
async def test_a_search_that_cannot_be_is_refused_by_name_with_what_is_allowed(nurse, params, parameter, kind, allowed):
    answer = await nurse.get(f"{FHIR}/Appointment", params=params)
    assert allowed in refused(answer, 400, "search_refused", kind=kind, parameter=parameter)


async def test_a_refusal_is_in_the_readers_language_and_repeats_no_patient(nurse):
    answer = await nurse.get(
        f"{FHIR}/Appointment", params={"patient": "Ada Treated"}, headers={"accept-language": "es"}
    )
    said = refused(answer, 400, "search_refused", kind="value", parameter="patient")
    assert said == "patient no nombra a ningún paciente; se admite Patient/[id]"
    assert "Ada" not in answer.text


async def test_a_patient_finds_and_reads_their_own_and_no_others(clinic, patient):  # noqa: F811
    first, other, third, fourth = clinic["ids"]
    assert await _found(patient) == [first, third, fourth]
    assert await _found(patient, patient="Patient/me") == [first, third, fourth]
    assert await _found(patient, _id=other) == []
    assert valid(await patient.get(f"{FHIR}/Appointment/{first}"), "Appointment")
    refused(await patient.get(f"{FHIR}/Appointment/{other}"), 404, "appointment_not_found", kind="not-found")
    asked = await patient.get(f"{FHIR}/Appointment", params={"patient": "pat_other"})
    refused(asked, 404, "appointment_not_found", kind="not-found")


async def test_a_patient_whom_the_hospital_does_not_know_yet_finds_nothing(clinic, signed_in, pg_engine):
    with pg_engine.begin() as connection:
        connection.execute(update(UserAccount).values(patient_id=None))
    assert await _found(await signed_in(Role.PATIENT)) == []


async def test_nobody_other_roles_and_other_methods_are_refused_as_fhir_says(clinic, client, signed_in, nurse):
    place = f"{FHIR}/Appointment/{clinic['ids'][0]}"
    refused(await client.get(place), 401, "not_signed_in", kind="login")
    steward = await signed_in(Role.STEWARD)
    refused(await steward.get(place), 403, "forbidden", kind="forbidden")
    refused(await nurse.delete(place), 405, "method_not_allowed", kind="not-supported")
    refused(
        await nurse.get(f"{FHIR}/Appointment/no_id"), 422, "invalid_request", kind="value", parameter="appointment_id"
    )
    refused(await nurse.get(f"{FHIR}/Appointment/7"), 404, "appointment_not_found", kind="not-found")
    refused(await nurse.get(f"{FHIR}/Patient/me"), 404, "not_found", kind="not-found")


async def test_a_token_reads_what_it_was_given_the_right_to_and_nothing_else(clinic, nurse, client):
    async def bearer(*scopes):
        made = await nurse.post("/api/auth/tokens", json={"name": "another system", "scopes": list(scopes)})
        return {"authorization": f"Bearer {made.json()['token']}"}

    booking, hours = await bearer("appointment.read"), await bearer("schedule.read")
    place, slots = f"{FHIR}/Appointment/{clinic['ids'][0]}", f"{FHIR}/Slot"
    valid(await client.get(place, headers=booking), "Appointment")
    said = refused(await client.get(place, headers=hours), 403, "forbidden", kind="forbidden")
    assert "appointment.read" in said
    refused(await client.get(slots, headers=booking), 403, "forbidden", kind="forbidden")
    wanted = {"schedule.actor": clinic["first"], "start": [f"ge{at(0)}", f"lt{at(24)}"]}
    valid(await client.get(slots, params=wanted, headers=hours), "Bundle")


async def test_each_look_is_in_the_audit_with_the_patient_and_refusals_are_too(clinic, nurse, patient, app):  # noqa: F811
    first, other, third, fourth = clinic["ids"]
    await nurse.get(f"{FHIR}/Appointment/{first}")
    await nurse.get(f"{FHIR}/Appointment", params={"patient": "me"})
    await nurse.get(f"{FHIR}/Appointment", params={"patient": "ada-treated"})
    await patient.get(f"{FHIR}/Appointment/{other}")
    async with app.state.context.engine.connect() as connection:
        query = select(AuditEvent).where(AuditEvent.action == "appointment.read").order_by(AuditEvent.event_id)
        seen = (await connection.execute(query)).all()
    assert [(one.actor_role, one.object_ids, one.patient_id, one.relation, one.outcome) for one in seen] == [
        ("nurse", [first], "me", "any", "done"),
        ("nurse", [first, third, fourth], "me", "any", "done"),
        ("nurse", [], None, "any", "done"),
        ("patient", [other], None, "own", "refused"),
    ]


async def _slots(client, **params):
    params.setdefault("start", [f"ge{at(0)}", f"lt{at(24)}"])
    return resources(valid(await client.get(f"{FHIR}/Slot", params=params), "Bundle"))


async def test_slots_are_free_busy_and_past_and_each_is_read_by_its_id(clinic, nurse, patient):  # noqa: F811
    await open_all_day(nurse, clinic["first"])
    found = await _slots(patient, **{"schedule.actor": f"Practitioner/{clinic['first']}"})
    assert [one["start"] for one in found] == [at(8 + half / 2) for half in range(8)]
    # Two are booked: at eight and at nine.
    assert [one["status"] for one in found] == ["busy", "free", "busy", *["free"] * 5]
    ours = await patient.get("/api/slots", params={"provider": clinic["first"], "from": at(0), "to": at(24)})
    free = [one["start"] for one in await _slots(patient, **{"schedule.actor": clinic["first"]}, status="free")]
    assert free == [one["starts_at"] for one in ours.json()["items"]]
    for one in found:
        assert valid(await patient.get(f"{FHIR}/Slot/{one['id']}"), "Slot") == one
    assert {one["schedule"]["display"] for one in found} == {"Dr Adeyemi"}
    schedule = found[0]["schedule"]["reference"]
    assert await _slots(patient, schedule=schedule) == found
    assert await _slots(patient, schedule=schedule, **{"schedule.actor": clinic["second"]}) == []
    assert await _slots(patient, schedule=schedule, status="busy,free") == found
    assert await _slots(patient, schedule=schedule, status="busy-unavailable") == []


async def test_a_slot_that_has_begun_is_not_to_be_had(clinic, nurse, pg_engine):
    await open_all_day(nurse, clinic["first"])
    with pg_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE schedule SET valid_from = valid_from - 30")
    past = clock.iso(datetime.fromisoformat(at(8)) - timedelta(days=7))
    window = [f"ge{past}", f"lt{clock.iso(datetime.fromisoformat(past) + timedelta(hours=4))}"]
    found = await _slots(nurse, **{"schedule.actor": clinic["first"]}, start=window)
    assert [one["status"] for one in found] == ["busy-unavailable"] * 8
    assert valid(await nurse.get(f"{FHIR}/Slot/{found[0]['id']}"), "Slot") == found[0]


async def test_a_slot_that_nobody_may_book_is_not_free(clinic, nurse, pg_engine):
    await open_all_day(nurse, clinic["first"])
    far = ["ge2099-01-05", "lt2099-01-06"]
    assert {one["status"] for one in await _slots(nurse, **{"schedule.actor": clinic["first"]}, start=far)} <= {
        "busy-unavailable"
    }
    free = await _slots(nurse, **{"schedule.actor": clinic["first"]}, status="free")
    with pg_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE provider SET is_active = false")
    assert free
    assert await _slots(nurse, **{"schedule.actor": clinic["first"]}, status="free") == []


async def test_slots_page(clinic, nurse):
    await open_all_day(nurse, clinic["first"])
    everything = await _slots(nurse, **{"schedule.actor": clinic["first"]})
    wanted = {"schedule.actor": clinic["first"], "start": [f"ge{at(0)}", f"lt{at(24)}"], "_count": 3}
    page, found = await nurse.get(f"{FHIR}/Slot", params=wanted), []
    for size in (3, 3, 2):
        bundle = valid(page, "Bundle")
        found += resources(bundle)
        assert len(resources(bundle)) == size
        following = link(bundle, "next")
        page = await nurse.get(following) if following else None
    assert page is None
    assert found == everything


@pytest.mark.parametrize(
    ("params", "parameter", "kind"),
    [
        ({"start": ["ge2026-11-30", "lt2026-12-01"]}, "schedule", "required"),
        ({"start": "ge2026-11-30"}, "start", "required"),
        ({}, "start", "required"),
        ({"start": ["ge2026-11-30", "lt2027-02-01"]}, "start", "value"),
        ({"status": "open"}, "status", "value"),
        ({"identifier": "7"}, "identifier", "not-supported"),
    ],
)
async def test_a_search_of_slots_needs_a_schedule_and_a_time(clinic, nurse, params, parameter, kind):
    if parameter != "schedule":
        params = {**params, "schedule.actor": clinic["first"]}
    answer = await nurse.get(f"{FHIR}/Slot", params=params)
    refused(answer, 400, "search_refused", kind=kind, parameter=parameter)


@pytest.mark.parametrize(
    "number", ["7", "00000000-0000-7000-8000-000000000000.20261130T083000", "x.20261130T083000",
               "00000000-0000-7000-8000-000000000000.20261399T083000"],
)  # fmt: skip
async def test_what_is_no_slot_is_not_there(nurse, number):
    refused(await nurse.get(f"{FHIR}/Slot/{number}"), 404, "slot_not_found", kind="not-found")


async def test_a_time_outside_the_weekly_hours_is_no_slot(clinic, nurse):
    await open_all_day(nurse, clinic["first"])
    found = await _slots(nurse, **{"schedule.actor": clinic["first"]})
    outside = re.sub(r"T\d{6}", "T050000", found[0]["id"])
    refused(await nurse.get(f"{FHIR}/Slot/{outside}"), 404, "slot_not_found", kind="not-found")


async def test_the_statement_is_open_and_names_exactly_what_is_honoured(client, nurse):
    told = valid(await client.get(f"{FHIR}/metadata"), "CapabilityStatement")
    assert told["fhirVersion"] == "4.0.1"
    (rest,) = told["rest"]
    assert [one["type"] for one in rest["resource"]] == ["Appointment", "RiskAssessment", "Slot"]
    document = (await client.get("/openapi.json")).json()
    for one in rest["resource"]:
        assert [act["code"] for act in one["interaction"]] == ["read", "search-type"]
        named = {parameter["name"] for parameter in one["searchParam"]}
        declared = {parameter["name"] for parameter in document["paths"][f"{FHIR}/{one['type']}"]["get"]["parameters"]
                    if parameter["in"] == "query"}  # fmt: skip
        assert named == {name for name in declared - {"_count", "_cursor", "_format"} if "." not in name}


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")
async def test_the_command_of_the_manual_finds_a_patients_appointments(clinic, nurse, server):  # noqa: F811
    (command,) = re.findall(r"```sh\n(.*?)```", MANUAL.read_text(), re.DOTALL)
    made = await nurse.post("/api/auth/tokens", json={"name": "another system", "scopes": ["appointment.read"]})
    told = {"MEDISYNC": f"http://{server}", "PATIENT": "me", "TOKEN": made.json()["token"]}
    asking = await asyncio.create_subprocess_exec(
        "sh", "-c", command, env=child_environment(told), stdout=asyncio.subprocess.PIPE
    )
    found, _ = await asyncio.wait_for(asking.communicate(), 30)
    first, _, third, fourth = clinic["ids"]
    assert [one["resource"]["id"] for one in json.loads(found)["entry"]] == [first, third, fourth]
