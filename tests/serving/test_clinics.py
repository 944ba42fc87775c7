"""Clinics: how patients may book and by which rules; requests that staff confirm; moving; check-in."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from test_appointments import at, book, make_provider, open_all_day, slots, span
from test_queue import call, make_queue, move

from app_api.appointments import offers
from core import clock
from core.db.tables import Appointment, Provider, UserAccount
from core.vocabulary import Role
from tests.serving.conftest import email_of


@pytest.fixture
async def admin(signed_in):
    return await signed_in(Role.ADMIN)


@pytest.fixture
async def patient(signed_in, pg_engine):
    with pg_engine.begin() as connection:
        connection.execute(update(UserAccount).where(UserAccount.role == "patient").values(patient_id="me"))
    return await signed_in(Role.PATIENT)


async def settle(admin, mode: str, *rules: dict, version: int = 0):
    answer = await admin.put(
        "/api/clinics/Main",
        json={"portal_mode": mode, "rules": list(rules)},
        headers={"If-Match": f'"{version}"'},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def change(client, made: dict, **body):
    return await client.patch(f"/api/appointments/{made['appointment_id']}", json=body)


async def test_in_view_only_a_patient_looks_and_changes_nothing(nurse, admin, patient):
    provider_id = await make_provider(nurse)
    made = (await book(nurse, provider_id, 8, "me")).json()
    await settle(admin, "view_only")
    assert (await patient.get("/api/appointments")).json()["items"][0]["status"] == "booked"
    for refused in (
        await book(patient, provider_id, 9, None),
        await patient.post("/api/holds", json={"provider_id": provider_id, **span(9)}),
        await change(patient, made, status="cancelled"),
        await change(patient, made, **span(10)),
    ):
        assert (refused.status_code, refused.json()["code"]) == (403, "portal_view_only")
        assert "portal_mode at Main is view_only" in refused.json()["detail"]
    assert (await book(nurse, provider_id, 9, "other")).status_code == 201
    listed = (await patient.get("/api/clinics")).json()["items"]
    assert [(one["facility"], one["portal_mode"], one["version"]) for one in listed] == [("Main", "view_only", 1)]


async def test_in_request_mode_staff_confirm_and_the_time_is_kept_meanwhile(app, nurse, admin, patient, pg_engine):
    provider_id = await make_provider(nurse)
    await settle(admin, "request")
    asked = (await book(patient, provider_id, 8, None)).json()
    assert asked["status"] == "requested"
    assert (await book(nurse, provider_id, 8, "other")).status_code == 409
    own = await change(patient, asked, status="booked")
    assert (own.status_code, own.json()["code"]) == (409, "change_not_allowed")
    assert (await change(nurse, asked, status="booked")).json()["status"] == "booked"
    moved = (await change(patient, asked, **span(11))).json()
    assert (moved["status"], moved["starts_at"]) == ("requested", at(11))
    held = (await patient.post("/api/holds", json={"provider_id": provider_id, **span(9)})).json()
    assert (await change(patient, held, status="booked")).json()["status"] == "requested"
    assert (await change(nurse, held, status="cancelled", reason="full")).json()["status"] == "cancelled"
    async with app.state.context.engine.begin() as connection:
        await offers.sweep(connection, clock.now() + timedelta(days=5))
    assert (await nurse.get(f"/api/appointments/{asked['appointment_id']}")).json()["status"] == "expired"


async def test_a_rule_refuses_by_name_and_a_race_does_not_pass_it(nurse, admin, patient, pg_engine):
    first, second = await make_provider(nurse), await make_provider(nurse, "Dr Silva")
    await settle(admin, "self_book", {"kind": "per_day", "limit": 1})
    answers = await asyncio.gather(
        *(book(patient, (first, second)[number % 2], 8 + number / 2, None) for number in range(8))
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["code"] == "booking_rule_broken"
    assert "Main: rule per_day (limit 1, facility): the patient has 1 on" in refused.json()["detail"]
    with pg_engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(Appointment)).scalar_one() == 1
    assert (await book(patient, first, 24 + 8, None)).status_code == 201, "another day"
    assert (await book(nurse, first, 15, "me")).status_code == 201, "rules of patients do not bind staff"
    assert (await book(patient, first, 48 + 8, None, repeat={"count": 2})).status_code == 201
    await settle(admin, "self_book", {"kind": "open", "limit": 2, "binds": "everyone"}, version=1)
    series = await book(nurse, second, 8, "new", repeat={"count": 3})
    assert (series.status_code, series.json()["code"]) == (409, "booking_rule_broken")


async def test_settings_of_a_clinic_name_what_is_wrong_and_are_changed_with_the_version_in_view(nurse, admin, patient):
    await make_provider(nurse)
    body = {"portal_mode": "request", "rules": []}
    unknown = await admin.put("/api/clinics/Nowhere", json=body, headers={"If-Match": '"0"'})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "clinic_not_found")
    assert "allowed are: Main" in unknown.json()["detail"]
    assert (await admin.put("/api/clinics/Main", json=body)).status_code == 428
    assert (await nurse.put("/api/clinics/Main", json=body)).status_code == 403
    await settle(admin, "request")
    assert (await admin.put("/api/clinics/Main", json=body, headers={"If-Match": '"0"'})).status_code == 412
    wrong = await admin.put(
        "/api/clinics/Main",
        json={"portal_mode": "open", "rules": [{"kind": "per_moon", "limit": 400}]},
        headers={"If-Match": '"1"'},
    )
    fields = {".".join(map(str, fault["loc"])) for fault in wrong.json()["errors"]}
    assert wrong.status_code == 422
    assert {"body.portal_mode", "body.rules.0.kind", "body.rules.0.limit"} <= fields


async def test_an_appointment_is_moved_as_the_same_one_and_frees_its_old_time(nurse):
    provider_id = await make_provider(nurse)
    await open_all_day(nurse, provider_id)
    made = (await book(nurse, provider_id, 8)).json()
    moved = (await change(nurse, made, **span(10))).json()
    assert (moved["appointment_id"], moved["starts_at"], moved["version"]) == (made["appointment_id"], at(10), 2)
    free = await slots(nurse, provider_id)
    assert at(8) in free
    assert at(10) not in free
    assert (await book(nurse, provider_id, 9, "other")).status_code == 201
    taken = await change(nurse, made, **span(9))
    assert (taken.status_code, taken.json()["code"]) == (409, "time_taken")
    both = await change(nurse, made, status="cancelled", **span(11))
    assert (both.status_code, both.json()["code"]) == (422, "one_change_at_a_time")


def start_now(pg_engine, appointment_id: str, *, minutes: float) -> None:
    """Let an appointment begin in so many minutes."""
    start = clock.now() + timedelta(minutes=minutes)
    during = func.tstzrange(start, start + timedelta(minutes=30))
    with pg_engine.begin() as connection:
        rows = update(Appointment).where(Appointment.appointment_id == appointment_id).values(during=during)
        assert connection.execute(rows).rowcount == 1


async def test_who_is_checked_in_stands_in_line_for_that_doctor_since_the_arrival(app, nurse, doctor, pg_engine):
    provider_id = await make_provider(nurse)
    with pg_engine.begin() as connection:
        own = select(UserAccount.user_id).where(UserAccount.email == email_of(Role.DOCTOR)).scalar_subquery()
        connection.execute(update(Provider).values(user_id=own))
    queue_id = await make_queue(nurse)
    made = (await book(nurse, provider_id, 8)).json()
    url = f"/api/appointments/{made['appointment_id']}/check-in"
    early = await nurse.post(url, json={"queue_id": queue_id, "acuity": 4})
    assert (early.status_code, early.json()["code"]) == (409, "check_in_not_now")
    start_now(pg_engine, made["appointment_id"], minutes=20)
    came = (await change(nurse, made, status="arrived")).json()["arrived_at"]
    unknown = await nurse.post(url, json={"queue_id": "00000000-0000-7000-8000-000000000000", "acuity": 4})
    assert unknown.status_code == 404
    still = (await nurse.get(f"/api/appointments/{made['appointment_id']}")).json()
    assert still["status"] == "arrived", "both or neither"
    done = await nurse.post(url, json={"queue_id": queue_id, "acuity": 4})
    assert done.status_code == 201, done.text
    entry = done.json()["entry"]
    assert (done.json()["appointment"]["status"], entry["arrived_at"]) == ("checked_in", came)
    assert (entry["provider_id"], entry["needed_specialty"]) == (provider_id, "General")
    again = await nurse.post(url, json={"queue_id": queue_id, "acuity": 4})
    assert (again.status_code, again.json()["code"]) == (409, "change_not_allowed")
    called = await call(doctor, queue_id)
    assert called["entry_id"] == entry["entry_id"]
    await move(doctor, called, "in_service")
    await move(doctor, called, "completed")
    async with app.state.context.engine.begin() as connection:
        await offers.sweep(connection, clock.now())
    final = (await nurse.get(f"/api/appointments/{made['appointment_id']}")).json()
    assert final["status"] == "completed"


async def test_each_of_the_eight_statuses_is_reached(app, nurse, admin, patient, pg_engine):
    provider_id, queue_id = await make_provider(nurse), await make_queue(nurse)
    await settle(admin, "request")
    seen = []
    asked = (await book(patient, provider_id, 8, None)).json()
    seen.append(asked["status"])
    wish = {"provider_id": provider_id, "not_before": at(0), "not_after": at(24)}
    seen.append((await patient.post("/api/wait-list", json=wish)).json()["status"])
    seen.append((await change(nurse, asked, status="booked")).json()["status"])
    start_now(pg_engine, asked["appointment_id"], minutes=20)
    seen.append((await change(nurse, asked, status="arrived")).json()["status"])
    done = await nurse.post(
        f"/api/appointments/{asked['appointment_id']}/check-in", json={"queue_id": queue_id, "acuity": 3}
    )
    seen.append(done.json()["appointment"]["status"])
    seen.append((await change(nurse, asked, status="completed")).json()["status"])
    other = (await book(nurse, provider_id, 9, "b")).json()
    seen.append((await change(nurse, other, status="cancelled", reason="ill")).json()["status"])
    missed = (await book(nurse, provider_id, 10, "c")).json()
    async with app.state.context.engine.begin() as connection:
        await offers.sweep(connection, clock.now() + timedelta(days=5))
    seen.append((await nurse.get(f"/api/appointments/{missed['appointment_id']}")).json()["status"])
    assert seen == [
        "requested", "waiting", "booked", "arrived", "checked_in", "completed", "cancelled", "no_show",
    ]  # fmt: skip
