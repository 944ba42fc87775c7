"""Doses that are due: prescribed by interval, seen by whoever may see the patient, recorded once."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from core import clock
from core.db.tables import AuditEvent, Medication, MedicationDose
from core.vocabulary import Role
from tests.serving.conftest import sign_in

GRACE = {"given_name": "Grace", "family_name": "Lim", "birth_date": "1956-04-02", "sex": "female"}
AMOXICILLIN = {"name": "Amoxicillin", "dose": "500 mg", "instruction": "with water", "interval_hours": 8}
GIVEN, SEEN = {"outcome": "given"}, {"if-match": '"1"'}


def ago(**time) -> str:
    return (clock.now() - timedelta(**time)).isoformat()


@pytest.fixture
async def grace(doctor):
    return (await doctor.post("/api/patients", json=GRACE)).json()["patient_id"]


async def prescribe(doctor, patient_id, **change) -> dict:
    answer = await doctor.post(f"/api/patients/{patient_id}/medications", json=AMOXICILLIN | change)
    assert answer.status_code == 201, answer.text
    return answer.json()


def doses_of(medicine) -> str:
    return f"/api/patients/{medicine['patient_id']}/medications/{medicine['medication_id']}/doses"


async def test_doses_of_all_patients_stand_in_one_list_by_due_time(doctor, grace):
    soon = (clock.now() + timedelta(minutes=20)).isoformat()
    tomorrow = (clock.now() + timedelta(hours=20)).isoformat()
    await prescribe(doctor, grace, name="Later", first_due_at=tomorrow)
    await prescribe(doctor, grace, name="When needed", interval_hours=None)
    stopped = await prescribe(doctor, grace, name="Stopped", first_due_at=soon)
    one = f"/api/patients/{grace}/medications/{stopped['medication_id']}"
    assert (await doctor.patch(one, json={"status": "stopped"}, headers=SEEN)).json()["next_due_at"] is None
    await prescribe(doctor, grace, name="Soon", first_due_at=soon)
    items = (await doctor.get("/api/doses")).json()["items"]
    assert [(one["name"], one["display_name"], one["state"]) for one in items] == [("Soon", "Lim, Grace", "due")]
    items = (await doctor.get("/api/doses", params={"hours": 24})).json()["items"]
    assert [(one["name"], one["state"]) for one in items] == [("Soon", "due"), ("Later", "later")]
    page = (await doctor.get("/api/doses", params={"hours": 24, "limit": 1})).json()
    rest = (await doctor.get("/api/doses", params={"hours": 24, "limit": 1, "cursor": page["next"]})).json()
    assert ([one["name"] for one in rest["items"]], rest["next"]) == (["Later"], None)


async def test_a_dose_given_late_leaves_the_times_as_they_are(app, doctor, grace):
    medicine = await prescribe(doctor, grace)
    due_at = clock.now() - timedelta(hours=2)
    async with app.state.context.engine.begin() as connection:
        await connection.execute(update(Medication).values(next_due_at=due_at))
    (item,) = (await doctor.get("/api/doses")).json()["items"]
    assert item["state"] == "overdue"
    answer = await doctor.post(doses_of(medicine), json=GIVEN, headers=SEEN)
    assert (answer.status_code, answer.headers["etag"]) == (201, '"2"')
    dose = answer.json()
    assert datetime.fromisoformat(dose["next_due_at"]) == due_at + timedelta(hours=8)
    assert (dose["outcome"], dose["recorded_by"]) == ("given", "A doctor")
    (told,) = (await doctor.get(doses_of(medicine))).json()["items"]
    assert told == {name: value for name, value in dose.items() if name != "next_due_at"}


async def test_a_dose_is_recorded_once_however_many_press(app, doctor, grace):
    medicine = await prescribe(doctor, grace)
    answers = await asyncio.gather(*(doctor.post(doses_of(medicine), json=GIVEN, headers=SEEN) for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [201] + [412] * 11
    async with app.state.context.engine.connect() as connection:
        assert len((await connection.execute(select(MedicationDose))).all()) == 1


async def test_the_same_press_sent_twice_has_one_effect_one_event_and_one_message(app, doctor, grace):
    medicine = await prescribe(doctor, grace)
    headers = SEEN | {"Idempotency-Key": "one-press"}
    first = await doctor.post(doses_of(medicine), json=GIVEN, headers=headers)
    again = await doctor.post(doses_of(medicine), json=GIVEN, headers=headers)
    assert (again.status_code, again.headers["Idempotency-Replayed"], again.json()) == (201, "true", first.json())
    async with app.state.context.engine.connect() as connection:
        query = select(AuditEvent).where(AuditEvent.action == "dose.record")
        (event,) = (await connection.execute(query)).all()
        doses = (await connection.execute(select(MedicationDose))).all()
    assert (event.patient_id, event.relation, event.outcome, list(event.object_ids)) == (
        grace, "assigned", "done", [medicine["medication_id"]],
    )  # fmt: skip
    assert len(doses) == 1


async def test_the_screens_hear_of_a_dose_by_its_id_only(app, doctor, grace, monkeypatch):
    medicine = await prescribe(doctor, grace)
    told = []
    monkeypatch.setattr("app_api.envelope.outbox.add", lambda _, topic, payload: _note(told, topic, payload))
    await doctor.post(doses_of(medicine), json=GIVEN, headers=SEEN)
    assert told == [("medications", {"medication_id": medicine["medication_id"]})]


async def _note(told, topic, payload):
    told.append((topic, dict(payload)))


@pytest.mark.parametrize(
    ("change", "wish", "status", "code"),
    [
        ({}, {"outcome": "not_given"}, 422, "invalid_input"),
        ({}, {"outcome": "given", "reason_code": "nil_by_mouth"}, 422, "invalid_input"),
        ({}, {"outcome": "not_given", "reason_code": "nil_by_mouth", "given_at": "2026-01-01T00:00:00Z"}, 422,
         "invalid_input"),
        ({}, {"outcome": "given", "given_at": "2999-01-01T00:00:00Z"}, 422, "future_time"),
        ({}, {"outcome": "given", "given_at": "2020-01-01T00:00:00Z"}, 409, "dose_not_due"),
        ({"first_due_at": "2999-01-01T00:00:00Z"}, GIVEN, 409, "dose_not_due"),
        ({"interval_hours": None}, GIVEN, 409, "dose_not_due"),
    ],
)  # fmt: skip
async def test_what_cannot_be_said_of_a_dose_is_refused_and_nothing_is_kept(doctor, grace, change, wish, status, code):
    medicine = await prescribe(doctor, grace, **change)
    answer = await doctor.post(doses_of(medicine), json=wish, headers=SEEN)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert (await doctor.get(doses_of(medicine))).json()["items"] == []


async def test_a_dose_that_was_left_out_says_why_and_the_next_time_comes(doctor, grace):
    medicine = await prescribe(doctor, grace)
    wish = {"outcome": "not_given", "reason_code": "nil_by_mouth"}
    dose = (await doctor.post(doses_of(medicine), json=wish, headers=SEEN)).json()
    assert (dose["reason_code"], dose["given_at"]) == ("nil_by_mouth", None)
    waits = datetime.fromisoformat(dose["next_due_at"]) - datetime.fromisoformat(dose["due_at"])
    assert waits == timedelta(hours=8)


async def test_a_first_time_without_an_interval_is_refused(doctor, grace):
    wish = AMOXICILLIN | {"interval_hours": None, "first_due_at": ago(hours=0)}
    answer = await doctor.post(f"/api/patients/{grace}/medications", json=wish)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


async def test_doses_are_seen_and_recorded_only_for_patients_whom_one_may_see(app, doctor, grace):
    medicine = await prescribe(doctor, grace)
    async with sign_in(app, Role.NURSE) as nurse, sign_in(app, Role.PATIENT) as patient:
        assert (await nurse.get("/api/doses")).json()["items"] == []
        assert (await nurse.post(doses_of(medicine), json=GIVEN, headers=SEEN)).status_code == 404
        assert (await patient.get("/api/doses")).status_code == 403
        assert (await patient.post(doses_of(medicine), json=GIVEN, headers=SEEN)).status_code == 403
