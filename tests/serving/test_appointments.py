"""Appointments over HTTP: slots, holds, series, the wait list; nobody twice."""

import asyncio
from datetime import timedelta

import icalendar
import pytest
from sqlalchemy import text, update

from app_api.appointments import offers
from core import clock
from core.db.tables import Appointment, UserAccount
from core.db.tables.appointments import OPEN_APPOINTMENT
from core.vocabulary import Role


@pytest.fixture
async def patient(signed_in, pg_engine):
    with pg_engine.begin() as connection:
        connection.execute(update(UserAccount).where(UserAccount.role == "patient").values(patient_id="me"))
    return await signed_in(Role.PATIENT)


def at(hours: float) -> str:
    base = (clock.now() + timedelta(days=3)).replace(hour=0, minute=0, second=0, microsecond=0)
    return clock.iso(base + timedelta(hours=hours))


def span(hour: float, minutes: int = 30) -> dict:
    return {"starts_at": at(hour), "ends_at": at(hour + minutes / 60)}


async def make_provider(nurse, name="Dr Adeyemi") -> str:
    body = {"name": name, "specialty": "General", "facility": "Main"}
    answer = await nurse.post("/api/providers", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["provider_id"]


async def make_room(nurse, name="Room 1") -> str:
    answer = await nurse.post("/api/rooms", json={"name": name, "facility": "Main"})
    assert answer.status_code == 201, answer.text
    return answer.json()["room_id"]


async def book(client, provider_id: str, hour: float, patient_id: str | None = "p", **more):
    body = {"provider_id": provider_id, **span(hour), **more}
    return await client.post("/api/appointments", json=body | ({"patient_id": patient_id} if patient_id else {}))


async def open_all_day(nurse, provider_id: str) -> None:
    for weekday in range(7):
        body = {"provider_id": provider_id, "weekday": weekday, "starts_local": "08:00", "ends_local": "12:00"}
        answer = await nurse.post("/api/schedules", json=body)
        assert answer.status_code == 201, answer.text


async def slots(client, provider_id: str) -> list[str]:
    answer = await client.get("/api/slots", params={"provider": provider_id, "from": at(0), "to": at(24)})
    assert answer.status_code == 200, answer.text
    return [slot["starts_at"] for slot in answer.json()["items"]]


async def test_a_slot_is_free_until_it_is_held_booked_and_free_again_after_cancelling(nurse, patient):
    provider_id = await make_provider(nurse)
    await open_all_day(nurse, provider_id)
    assert len(await slots(patient, provider_id)) == 8
    held = await patient.post("/api/holds", json={"provider_id": provider_id, **span(8)})
    assert (held.status_code, held.json()["status"], held.json()["patient_id"]) == (201, "held", "me")
    assert len(await slots(patient, provider_id)) == 7
    url = f"/api/appointments/{held.json()['appointment_id']}"
    booked = await patient.patch(url, json={"status": "booked"}, headers={"If-Match": held.headers["etag"]})
    assert (booked.status_code, booked.json()["status"]) == (200, "booked")
    stale = await patient.patch(url, json={"status": "cancelled"}, headers={"If-Match": held.headers["etag"]})
    assert stale.status_code == 412
    assert (await patient.patch(url, json={"status": "cancelled", "reason": "better"})).json()["status"] == "cancelled"
    assert len(await slots(patient, provider_id)) == 8


async def test_provider_room_and_patient_cannot_be_taken_twice_and_the_refusal_names_free_times(nurse):
    first, second = await make_provider(nurse), await make_provider(nurse, "Dr Silva")
    await open_all_day(nurse, first)
    room = await make_room(nurse)
    assert (await book(nurse, first, 8, "a", room_id=room)).status_code == 201
    same_provider = await book(nurse, first, 8.25, "b")
    assert (same_provider.status_code, same_provider.json()["code"]) == (409, "time_taken")
    assert f"next free: {at(8.5)}" in same_provider.json()["detail"]
    assert (await book(nurse, second, 8.25, "b", room_id=room)).status_code == 409
    assert (await book(nurse, second, 8.25, "a")).status_code == 409
    assert (await book(nurse, second, 8.25, "b")).status_code == 201
    assert (await book(nurse, first, 8.5, "a")).status_code == 201


async def test_two_hundred_clients_race_for_one_slot_and_one_gets_it(nurse, pg_engine):
    provider_id, room = await make_provider(nurse), await make_room(nurse)
    answers = await asyncio.gather(
        *(book(nurse, provider_id, 9, f"p-{number}", room_id=room) for number in range(200)), return_exceptions=False
    )
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(201) == 1
    assert set(statuses) <= {201, 409, 503}
    with pg_engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM appointment")).scalar_one() == 1


async def test_without_the_constraint_the_race_would_double_book(nurse, pg_engine):
    """The yardstick: the database, not the application's manners, is what refuses."""
    provider_id = await make_provider(nurse)
    names = [f"ex_appointment_{name}_during" for name in ("provider_id", "room_id", "patient_id")]
    try:
        with pg_engine.begin() as connection:
            for name in names:
                connection.execute(text(f"ALTER TABLE appointment DROP CONSTRAINT {name}"))
        answers = [await book(nurse, provider_id, 9, f"p-{number}") for number in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201]
    finally:
        with pg_engine.begin() as connection:
            connection.execute(text("DELETE FROM appointment"))
            for name in names:
                column = name.removeprefix("ex_appointment_").removesuffix("_during")
                connection.execute(
                    text(
                        f"ALTER TABLE appointment ADD CONSTRAINT {name} EXCLUDE USING gist "
                        f"({column} WITH =, during WITH &&) WHERE ({OPEN_APPOINTMENT})"
                    )
                )


async def test_an_expired_hold_frees_its_time_by_itself(nurse, pg_engine):
    provider_id = await make_provider(nurse)
    body = {"provider_id": provider_id, "patient_id": "a", **span(8)}
    held = (await nurse.post("/api/holds", json=body)).json()
    assert (await book(nurse, provider_id, 8, "b")).status_code == 409
    with pg_engine.begin() as connection:
        connection.execute(update(Appointment).values(hold_expires_at=clock.now()))
    late = await nurse.patch(f"/api/appointments/{held['appointment_id']}", json={"status": "booked"})
    assert (late.status_code, late.json()["code"]) == (409, "hold_expired")
    assert (await book(nurse, provider_id, 8, "b")).status_code == 201


async def test_a_series_is_booked_whole_or_not_at_all(nurse, pg_engine):
    provider_id = await make_provider(nurse)
    assert (await book(nurse, provider_id, 8 + 7 * 24 * 2, "other")).status_code == 201
    refused = await book(nurse, provider_id, 8, repeat={"count": 4})
    assert refused.status_code == 409
    with pg_engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM appointment")).scalar_one() == 1
    assert (await book(nurse, provider_id, 10, repeat={"count": 4})).status_code == 201
    listed = (await nurse.get("/api/appointments", params={"provider": provider_id})).json()["items"]
    assert len({one["series_id"] for one in listed if one["patient_id"] == "p"}) == 1
    assert len(listed) == 5


async def test_a_freed_time_is_held_for_the_first_on_the_wait_list_and_then_for_the_next(app, nurse, patient):
    provider_id = await make_provider(nurse)
    taken = (await book(nurse, provider_id, 8, "busy")).json()
    wish = {"provider_id": provider_id, "not_before": at(0), "not_after": at(24)}
    assert (await patient.post("/api/wait-list", json=wish)).status_code == 201
    assert (await nurse.post("/api/wait-list", json={**wish, "patient_id": "second"})).status_code == 201
    await nurse.patch(f"/api/appointments/{taken['appointment_id']}", json={"status": "cancelled"})
    [offer] = (await patient.get("/api/appointments")).json()["items"]
    assert (offer["status"], offer["is_offer"]) == ("held", True)
    assert (await book(nurse, provider_id, 8, "third")).status_code == 409
    async with app.state.context.engine.begin() as connection:
        await offers.sweep(connection, clock.now() + timedelta(minutes=31))
    listed = (await nurse.get("/api/appointments", params={"provider": provider_id})).json()["items"]
    open_ones = [(one["patient_id"], one["is_offer"]) for one in listed if one["status"] == "held"]
    assert open_ones == [("second", True)]
    waiting = (await nurse.get("/api/wait-list")).json()["items"]
    assert {(one["patient_id"], one["status"]) for one in waiting} == {("me", "waiting"), ("second", "offered")}


async def test_who_did_not_come_is_recorded(app, nurse, pg_engine):
    provider_id = await make_provider(nurse)
    made = (await book(nurse, provider_id, 8)).json()
    async with app.state.context.engine.begin() as connection:
        await offers.sweep(connection, clock.now() + timedelta(days=5))
    assert (await nurse.get(f"/api/appointments/{made['appointment_id']}")).json()["status"] == "no_show"


async def test_a_patient_sees_and_books_their_own_only(nurse, patient):
    provider_id = await make_provider(nurse)
    other = (await book(nurse, provider_id, 8, "other")).json()
    url = f"/api/appointments/{other['appointment_id']}"
    assert (await patient.get(url)).status_code == 404
    assert (await patient.patch(url, json={"status": "cancelled"})).status_code == 404
    assert (await patient.get(f"{url}/calendar.ics")).status_code == 404
    assert (await book(patient, provider_id, 9, "other")).status_code == 404
    mine = await book(patient, provider_id, 9, None)
    assert (mine.status_code, mine.json()["patient_id"]) == (201, "me")
    assert (await patient.post("/api/schedules", json={})).status_code == 403


async def test_the_calendar_file_names_the_provider_and_not_the_patient(nurse):
    provider_id = await make_provider(nurse)
    made = (await book(nurse, provider_id, 8, "secret-patient")).json()
    answer = await nurse.get(f"/api/appointments/{made['appointment_id']}/calendar.ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    assert "secret" not in answer.text
    [event] = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    assert str(event["summary"]) == "Appointment with Dr Adeyemi"
    assert clock.iso(event["dtstart"].dt) == made["starts_at"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"ends_at": at(7)}, "span_empty"),
        ({"starts_at": "2020-01-01T08:00:00Z"}, "span_past"),
        ({"ends_at": at(30)}, "span_too_long"),
        ({"patient_id": None}, "patient_missing"),
    ],
)
async def test_a_wrong_time_is_named(nurse, change, code):
    provider_id = await make_provider(nurse)
    body = {"provider_id": provider_id, "patient_id": "p", **span(8), **change}
    if code == "span_past":
        body["ends_at"] = "2020-01-01T08:30:00Z"
    answer = await nurse.post("/api/appointments", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_patients_preference_decides_what_is_suggested(nurse, patient):
    provider_id = await make_provider(nurse)
    body = {"provider_id": provider_id, "weekday": 0, "starts_local": "08:00", "ends_local": "19:00"}
    for weekday in range(7):
        assert (await nurse.post("/api/schedules", json=body | {"weekday": weekday})).status_code == 201
    asked = {"provider": provider_id, "from": at(0), "to": at(48)}
    plain = (await patient.get("/api/slots", params=asked)).json()["items"]
    assert not any(slot["is_preferred"] or slot["is_suggested"] for slot in plain), "no forecast, nothing said"
    second_day = (clock.now() + timedelta(days=4)).weekday()
    wish = asked | {"part_of_day": "evening", "weekday": second_day}
    shown = (await patient.get("/api/slots", params=wish)).json()["items"]
    assert [slot["starts_at"] for slot in shown if slot["is_preferred"]] == [at(41 + n / 2) for n in range(4)]
    assert [slot["starts_at"] for slot in shown if slot["is_suggested"]] == [at(41), at(41.5), at(42)]
    wrong = await patient.get("/api/slots", params=asked | {"part_of_day": "night"})
    assert (wrong.status_code, wrong.json()["errors"][0]["loc"]) == (422, ["query", "part_of_day"])


async def test_an_offer_that_a_booking_finds_expired_goes_down_the_wait_list_all_the_same(nurse, patient, pg_engine):
    provider_id = await make_provider(nurse)
    taken = (await book(nurse, provider_id, 8, "busy")).json()
    wish = {"provider_id": provider_id, "not_before": at(0), "not_after": at(12)}
    assert (await patient.post("/api/wait-list", json=wish)).status_code == 201
    assert (await nurse.post("/api/wait-list", json={**wish, "patient_id": "second"})).status_code == 201
    await nurse.patch(f"/api/appointments/{taken['appointment_id']}", json={"status": "cancelled"})
    with pg_engine.begin() as connection:
        offered = update(Appointment).where(Appointment.status == "held")
        connection.execute(offered.values(hold_expires_at=clock.now()))
    assert (await book(nurse, provider_id, 15, "other")).status_code == 201
    waiting = (await nurse.get("/api/wait-list")).json()["items"]
    assert {(one["patient_id"], one["status"]) for one in waiting} == {("me", "waiting"), ("second", "offered")}


async def test_a_provider_out_of_use_is_neither_offered_nor_booked(nurse, patient):
    provider_id = await make_provider(nurse)
    await open_all_day(nurse, provider_id)
    taken = await book(nurse, provider_id, 8)
    wish = {"provider_id": provider_id, "not_before": at(0), "not_after": at(24)}
    assert (await patient.post("/api/wait-list", json=wish)).status_code == 201
    out = await nurse.patch(f"/api/providers/{provider_id}", json={"is_active": False}, headers={"If-Match": '"1"'})
    assert out.status_code == 200, out.text
    assert await slots(patient, provider_id) == []
    refusals = [
        await book(patient, provider_id, 9, None),
        await patient.post("/api/holds", json={"provider_id": provider_id, **span(9)}),
        await patient.post("/api/wait-list", json=wish),
        await nurse.patch(f"/api/appointments/{taken.json()['appointment_id']}", json=span(10)),
    ]
    assert [(one.status_code, one.json()["code"]) for one in refusals] == [(409, "provider_inactive")] * 4
    cancel = {"status": "cancelled"}
    assert (await nurse.patch(f"/api/appointments/{taken.json()['appointment_id']}", json=cancel)).status_code == 200
    [entry] = (await nurse.get("/api/wait-list")).json()["items"]
    assert entry["status"] == "waiting", "a freed time of a provider out of use is offered to nobody"


@pytest.mark.parametrize(
    ("time_zone", "start", "end"),
    [
        ("Europe/Berlin", "9999-12-30T00:00:00Z", "9999-12-31T23:59:59Z"),
        ("America/New_York", "0001-01-01T00:00:00Z", "0001-01-01T01:00:00Z"),
    ],
)
async def test_at_the_ends_of_the_calendar_there_are_no_slots_and_no_fault(nurse, time_zone, start, end):
    body = {"name": "Dr Far", "specialty": "General", "facility": "Main", "time_zone": time_zone}
    provider_id = (await nurse.post("/api/providers", json=body)).json()["provider_id"]
    await open_all_day(nurse, provider_id)
    answer = await nurse.get("/api/slots", params={"provider": provider_id, "from": start, "to": end})
    assert (answer.status_code, answer.json()["items"]) == (200, [])


async def test_nobody_fills_the_wait_list(nurse, patient):
    wish = {"provider_id": await make_provider(nurse), "not_before": at(0), "not_after": at(24)}
    answers = await asyncio.gather(*(patient.post("/api/wait-list", json=wish) for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [201] * 10 + [409] * 2
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"wait_list_full"}
    assert (await nurse.post("/api/wait-list", json={**wish, "patient_id": "second"})).status_code == 201
