"""Queues over HTTP: who is next, once, and what became of them."""

import asyncio
from datetime import timedelta

from sqlalchemy import insert, select, text, update

from app_api.queue.waits import NO_FLOW, NO_MODEL
from core import clock
from core.db.tables import QueueEntry, UserAccount, WaitingModel
from core.vocabulary import Role
from ml.waiting.estimate import FEATURES, SPREAD_FEATURES, WaitModel

TRIAGE = {"respiratory_rate": 26, "spo2_pct": 90, "systolic_bp": 88, "heart_rate": 125, "temperature_c": 38.6}


async def make_queue(client, *, prefix="E", strategy="priority") -> str:
    body = {"name": f"Queue {prefix}", "facility": "Main", "ticket_prefix": prefix, "strategy": strategy}
    answer = await client.post("/api/queues", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["queue_id"]


async def join(client, queue_id: str, patient_id: str, acuity: int) -> dict:
    answer = await client.post(f"/api/queues/{queue_id}/entries", json={"patient_id": patient_id, "acuity": acuity})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def call(client, queue_id: str) -> dict | None:
    answer = await client.post(f"/api/queues/{queue_id}/call-next", json={"desk": "Room 2"})
    assert answer.status_code in (200, 204), answer.text
    return answer.json() if answer.status_code == 200 else None


async def move(client, entry: dict, to: str, **more) -> tuple[int, dict]:
    answer = await client.post(f"/api/queue-entries/{entry['entry_id']}/transition", json={"to": to, **more})
    return answer.status_code, answer.json()


async def test_the_more_urgent_is_called_first_and_an_empty_queue_says_204(nurse, doctor):
    queue_id = await make_queue(nurse)
    for name, acuity in (("p-4", 4), ("p-3", 3), ("p-2", 2), ("p-1", 1)):
        await join(nurse, queue_id, name, acuity)
    called = [(await call(doctor, queue_id))["patient_id"] for _ in range(4)]
    assert called == ["p-1", "p-2", "p-3", "p-4"]
    assert await call(doctor, queue_id) is None


async def test_a_patient_cannot_wait_twice_in_one_queue_even_at_the_same_moment(nurse):
    queue_id = await make_queue(nurse)
    answers = await asyncio.gather(
        *(nurse.post(f"/api/queues/{queue_id}/entries", json={"patient_id": "p", "acuity": 3}) for _ in range(12))
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 11
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"already_in_queue"}


async def test_news2_makes_a_level_stricter_but_never_laxer(nurse):
    queue_id = await make_queue(nurse)
    url = f"/api/queues/{queue_id}/entries"
    ill = (await nurse.post(url, json={"patient_id": "a", "acuity": 4, "triage": TRIAGE})).json()
    assert (ill["news2_score"], ill["acuity"]) == (12, 2)
    well = {"respiratory_rate": 16, "spo2_pct": 98, "systolic_bp": 120, "heart_rate": 70, "temperature_c": 37}
    kept = (await nurse.post(url, json={"patient_id": "b", "acuity": 2, "triage": well})).json()
    assert (kept["news2_score"], kept["acuity"]) == (0, 2)
    neither = await nurse.post(url, json={"patient_id": "c", "triage": {}})
    assert (neither.status_code, neither.json()["code"]) == (422, "acuity_missing")


async def test_every_move_of_a_visit_and_the_ones_that_are_not_possible(nurse, doctor):
    queue_id = await make_queue(nurse)
    await join(nurse, queue_id, "p", 3)
    entry = await call(doctor, queue_id)
    assert (entry["state"], entry["desk"]) == ("called", "Room 2")
    assert (await doctor.get("/api/queue-entries/called-by-me")).json()["items"][0]["entry_id"] == entry["entry_id"]
    status, begun = await move(doctor, entry, "in_service")
    assert (status, begun["state"]) == (200, "in_service")
    assert begun["started_at"] is not None
    assert (await move(doctor, entry, "left"))[1]["code"] == "move_not_allowed"
    assert (await move(doctor, entry, "completed"))[1]["state"] == "completed"
    status, refusal = await move(doctor, entry, "waiting")
    assert (status, refusal["code"]) == (409, "move_not_allowed")
    assert (await move(doctor, entry, "called"))[0] == 409


async def test_undo_puts_a_patient_back_to_their_old_place(nurse, doctor):
    queue_id = await make_queue(nurse)
    first = await join(nurse, queue_id, "p-1", 3)
    await join(nurse, queue_id, "p-2", 3)
    await call(doctor, queue_id)
    undone = await doctor.post(f"/api/queue-entries/{first['entry_id']}/undo")
    assert (undone.status_code, undone.json()["state"], undone.json()["called_at"]) == (200, "waiting", None)
    again = await doctor.post(f"/api/queue-entries/{first['entry_id']}/undo")
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_undo")
    assert (await call(doctor, queue_id))["patient_id"] == "p-1"


async def test_a_late_undo_is_refused(nurse, doctor, pg_engine):
    queue_id = await make_queue(nurse)
    entry = await join(nurse, queue_id, "p-1", 3)
    await call(doctor, queue_id)
    with pg_engine.begin() as connection:
        connection.execute(text("UPDATE queue_move SET moved_at = moved_at - interval '16 minutes'"))
    assert (await doctor.post(f"/api/queue-entries/{entry['entry_id']}/undo")).status_code == 409


async def test_a_transfer_keeps_ticket_and_clock_and_can_be_undone(nurse, doctor):
    here, there = await make_queue(nurse), await make_queue(nurse, prefix="X")
    early = await join(nurse, here, "p-1", 4)
    await join(nurse, there, "p-2", 4)
    status, moved = await move(doctor, early, "waiting", queue_id=there)
    assert (status, moved["queue_id"], moved["ticket_code"]) == (200, there, early["ticket_code"])
    assert moved["arrived_at"] == early["arrived_at"]
    line = (await nurse.get(f"/api/queues/{there}/entries")).json()["items"]
    assert [entry["patient_id"] for entry in line] == ["p-1", "p-2"]
    back = await nurse.post(f"/api/queue-entries/{early['entry_id']}/undo")
    assert back.json()["queue_id"] == here
    assert (await move(doctor, early, "waiting", queue_id="00000000-0000-7000-8000-000000000000"))[0] == 404


async def test_day_end_closes_whoever_is_open(nurse, doctor):
    queue_id = await make_queue(nurse)
    for number in range(3):
        await join(nurse, queue_id, f"p-{number}", 3)
    await call(doctor, queue_id)
    assert (await nurse.post(f"/api/queues/{queue_id}/close-day")).json() == {"closed_count": 3}
    assert (await nurse.get(f"/api/queues/{queue_id}/entries")).json()["items"] == []
    assert (await doctor.post(f"/api/queues/{queue_id}/close-day")).status_code == 403


async def test_the_wall_shows_tickets_and_no_patient(nurse, doctor):
    queue_id = await make_queue(nurse)
    await join(nurse, queue_id, "secret-patient", 3)
    await join(nurse, queue_id, "other-patient", 4)
    await call(doctor, queue_id)
    answer = await nurse.get(f"/api/queues/{queue_id}/wall")
    assert "patient" not in answer.text
    wall = answer.json()
    assert (wall["calls"][0]["ticket_code"], wall["calls"][0]["desk"], wall["calls"][0]["is_new"]) == (
        "E001",
        "Room 2",
        True,
    )
    assert wall["next_tickets"] == ["E002"]


async def test_a_call_under_one_key_happens_once(nurse, doctor):
    queue_id = await make_queue(nurse)
    for number in range(3):
        await join(nurse, queue_id, f"p-{number}", 3)
    key = {"Idempotency-Key": "press-1"}
    answers = await asyncio.gather(
        *(doctor.post(f"/api/queues/{queue_id}/call-next", json={}, headers=key) for _ in range(6))
    )
    assert len({answer.json()["entry_id"] for answer in answers}) == 1
    waiting = (await nurse.get(f"/api/queues/{queue_id}/entries")).json()["items"]
    assert [entry["state"] for entry in waiting].count("waiting") == 2


async def test_a_stale_version_is_refused_and_nothing_moves(nurse, doctor):
    queue_id = await make_queue(nurse)
    entry = await join(nurse, queue_id, "p", 3)
    url = f"/api/queue-entries/{entry['entry_id']}/transition"
    stale = await doctor.post(url, json={"to": "left"}, headers={"If-Match": '"7"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "version_stale")
    fresh = await doctor.post(url, json={"to": "left"}, headers={"If-Match": f'"{entry["version"]}"'})
    assert (fresh.status_code, fresh.headers["etag"]) == (200, '"2"')


def a_model() -> dict:
    location = [0.0] * len(FEATURES)
    location[FEATURES.index("log_turns")] = 1.2
    return WaitModel(tuple(location), (0.0,) * len(SPREAD_FEATURES), 0.5, 1.5).as_dict()


async def test_a_patient_sees_their_own_place_only_and_an_honest_wait(nurse, doctor, signed_in, pg_engine):
    with pg_engine.begin() as connection:
        connection.execute(update(UserAccount).where(UserAccount.role == "patient").values(patient_id="me"))
    patient = await signed_in(Role.PATIENT)
    queue_id = await make_queue(nurse)
    other = await join(nurse, queue_id, "somebody", 3)
    mine = await join(nurse, queue_id, "me", 3)
    assert (await patient.get(f"/api/queue-entries/{other['entry_id']}/position")).status_code == 404
    url = f"/api/queue-entries/{mine['entry_id']}/position"
    first = (await patient.get(url)).json()
    assert (first["place"], first["ahead_count"], first["wait"], first["no_wait_reason"]) == (2, 1, None, NO_MODEL)
    with pg_engine.begin() as connection:
        connection.execute(
            insert(WaitingModel).values(receipt_id="rcp_wait", payload={"model": a_model()}, published_at=clock.now())
        )
    assert (await patient.get(url)).json()["no_wait_reason"] == NO_FLOW
    for number in range(4):
        await join(nurse, queue_id, f"earlier-{number}", 1)
        await call(doctor, queue_id)
    shown = (await patient.get(url)).json()
    assert shown["wait"]["receipt"] == "rcp_wait"
    assert 0 < shown["wait"]["p50_minutes"] < shown["wait"]["p90_minutes"]
    assert [one["entry_id"] for one in (await patient.get("/api/queue-entries/mine")).json()["items"]] == [
        mine["entry_id"]
    ]
    await move(nurse, mine, "left")
    gone = (await nurse.get(url)).json()
    assert (gone["state"], gone["place"], gone["wait"]) == ("left", None, None)


async def test_sql_and_policy_agree_on_the_order_also_for_the_owed(nurse, pg_engine):
    from ml.waiting.order import in_order

    queue_id = await make_queue(nurse)
    for number in range(14):
        await join(nurse, queue_id, f"p-{number}", number % 5 + 1)
    with pg_engine.begin() as connection:
        for number in range(14):
            shift = {
                "arrived_at": clock.now() - timedelta(minutes=number * number % 50),
                "virtual_at": clock.now() - timedelta(minutes=number * 7 % 60),
                "overtakes": number * 3 % 11,
            }
            connection.execute(update(QueueEntry).where(QueueEntry.patient_id == f"p-{number}").values(**shift))
        rows = connection.execute(select(*QueueEntry.__table__.columns)).all()
    shown = (await nurse.get(f"/api/queues/{queue_id}/entries")).json()["items"]
    assert [entry["patient_id"] for entry in shown] == [row.patient_id for row in in_order(rows)]
