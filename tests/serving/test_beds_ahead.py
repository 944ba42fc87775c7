"""Beds of the next hours over HTTP: from who is there now, with a receipt, or a reason; and where patients went."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, text, update
from test_demand import _publish
from test_queue import call, join, make_queue, move

from app_api.demand.beds import OTHER_CODE
from assets.beds import judged_model, visits_of_queues
from core import clock
from core.db.tables import BedModel, QueueEntry, QueueMove
from core.vocabulary import Role
from medisync.demo_operations import seed_operations

pytestmark = pytest.mark.usefixtures("afternoon")
SICK = {"respiratory_rate": 26, "spo2_pct": 88, "systolic_bp": 88, "heart_rate": 135, "temperature_c": 39.4}


@pytest.fixture
def ward(pg_engine):
    """The demo's department with its model published, as the asset does it."""
    seed_operations(pg_engine, seed=20261124)
    now = clock.now()
    with pg_engine.begin() as connection:
        judged, model, refused = judged_model(visits_of_queues(connection), 700.0, now=now)
        assert refused is None
        payload = {"model": model.as_dict(), "held_out": judged.as_dict(), "refused": None}
        connection.execute(insert(BedModel).values(receipt_id="rcp_beds", payload=payload, published_at=now))
    return pg_engine


async def beds(client) -> dict:
    answer = await client.get("/api/demand/beds")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_without_a_model_there_is_no_figure_and_it_says_why(signed_in):
    found = await beds(await signed_in(Role.NURSE))
    assert (found["items"], found["receipt"], found["refused"]) == ([], None, "no model of beds is published yet")
    assert found["as_of"]


@pytest.mark.parametrize("reason", ["not_better", "dispositions_missing", "too_few_admissions"])
async def test_a_model_that_was_refused_serves_nothing_and_its_judgement_has_a_receipt(signed_in, ward, reason):
    nurse = await signed_in(Role.NURSE)
    assert len((await beds(nurse))["items"]) == 8
    payload = {"model": None, "held_out": None, "refused": reason}
    with ward.begin() as connection:
        row = {"receipt_id": "rcp_no", "payload": payload, "published_at": clock.now()}
        connection.execute(insert(BedModel).values(**row))
    found = await beds(nurse)
    assert (found["items"], found["chances"], found["receipt"]) == ([], [], "rcp_no")
    assert len(found["refused"]) > 20
    assert found["refused"] != "no model of beds is published yet"


async def test_a_model_of_other_code_is_not_served(signed_in, ward):
    with ward.begin() as connection:
        payload = {"model": {"coefficients": []}, "held_out": None, "refused": None}
        connection.execute(insert(BedModel).values(receipt_id="r", payload=payload, published_at=clock.now()))
    assert (await beds(await signed_in(Role.DOCTOR)))["refused"] == OTHER_CODE


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.NURSE, Role.ADMIN])
async def test_eight_hours_are_told_with_intervals_parts_and_the_record(signed_in, ward, role):
    found = await beds(await signed_in(role))
    assert (found["receipt"], found["refused"], len(found["items"])) == ("rcp_beds", None, 8)
    assert found["model_as_of"] <= found["as_of"]
    assert found["items"][0]["starts_at"] == found["as_of"]
    for before, hour in zip([None, *found["items"]], found["items"], strict=False):
        if before is not None:
            assert hour["starts_at"] == before["ends_at"]
            assert hour["by_then"]["mean"] > before["by_then"]["mean"]
        for number in (hour["in_hour"], hour["by_then"]):
            assert number["lo95"] <= number["lo80"] <= number["point"] <= number["hi80"] <= number["hi95"]
            assert number["mean"] == pytest.approx(number["from_here"] + number["from_arrivals"], abs=0.002)
    last = found["items"][-1]["by_then"]
    assert last["from_here"] > 0 < last["from_arrivals"]
    assert sum(found["chances"]) == pytest.approx(1, abs=0.01)
    assert found["record"]["mae_model"] < min(found["record"]["mae_hour_of_week"], found["record"]["mae_occupancy"])


async def test_who_comes_and_who_goes_changes_what_is_foreseen(signed_in, ward):
    """Five very sick patients ask for more beds than five with a splinter, and none once they were sent home."""
    nurse, doctor = await signed_in(Role.NURSE), await signed_in(Role.DOCTOR)
    with ward.begin() as connection:
        connection.execute(text("UPDATE queue_entry SET state = 'closed' WHERE ended_at IS NULL"))
    queue_id = await make_queue(nurse, prefix="B")

    def from_here(found):
        return found["items"][-1]["by_then"]["from_here"]

    empty = await beds(nurse)
    assert (empty["present_count"], from_here(empty)) == (0, 0)
    for number in range(5):
        person = {
            "given_name": f"Ada {number}",
            "family_name": "Old",
            "birth_date": "1936-01-01",
            "is_new_person": True,
        }
        old = (await nurse.post("/api/patients", json=person)).json()
        body = {"patient_id": old["patient_id"], "acuity": 1, "triage": SICK}
        assert (await nurse.post(f"/api/queues/{queue_id}/entries", json=body)).status_code == 201
    with ward.connect() as connection:
        bands = connection.execute(select(QueueEntry.age_band).where(QueueEntry.queue_id == queue_id)).scalars()
        assert set(bands) == {"80+"}
    sick = await beds(nurse)
    assert sick["present_count"] == 5
    assert 2.5 < from_here(sick) <= 5
    for _ in range(5):
        called = await call(doctor, queue_id)
        done = await doctor.post(
            f"/api/queue-entries/{called['entry_id']}/transition", json={"to": "completed", "disposition": "discharged"}
        )
        assert done.json()["disposition"] == "discharged"
    assert from_here(await beds(nurse)) == 0
    for number in range(5):
        await join(nurse, queue_id, f"splinter-{number}", 5)
    assert from_here(await beds(nurse)) < 0.3


async def test_the_months_forecast_lifts_the_arrivals_and_one_that_is_far_off_does_not(signed_in, ward):
    nurse = await signed_in(Role.NURSE)
    usual = await beds(nurse)
    assert usual["arrivals_from"] == "recent_weeks"
    now = clock.now()
    days = ((now.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day
    _publish(ward, now.strftime("%Y-%m"), 700 * 1.5 * days / 7, [1 / 168] * 168)
    lifted = await beds(nurse)
    assert lifted["arrivals_from"] == "forecast"

    def coming(found):
        return found["items"][-1]["by_then"]["from_arrivals"]

    # The last hours' arrivals speak against it, so not by the whole half.
    assert 1.1 * coming(usual) < coming(lifted) < 1.55 * coming(usual)
    with ward.begin() as connection:
        connection.execute(text("ALTER TABLE forecast_promise DISABLE TRIGGER USER"))
        connection.execute(text("UPDATE forecast_promise SET mean = mean * 20"))
        connection.execute(text("ALTER TABLE forecast_promise ENABLE TRIGGER USER"))
    assert (await beds(nurse))["arrivals_from"] == "recent_weeks"


async def test_a_disposition_is_optional_kept_and_taken_back_with_the_move(signed_in, pg_engine):
    nurse, doctor = await signed_in(Role.NURSE), await signed_in(Role.DOCTOR)
    queue_id = await make_queue(nurse, prefix="B")
    for number in range(2):
        await join(nurse, queue_id, f"p-{number}", 3)
    first, second = [await call(doctor, queue_id) for _ in range(2)]
    assert (await move(doctor, first, "completed"))[1]["disposition"] is None
    url = f"/api/queue-entries/{second['entry_id']}"
    done = await doctor.post(f"{url}/transition", json={"to": "completed", "disposition": "admitted"})
    assert (done.status_code, done.json()["disposition"]) == (200, "admitted")
    undone = await doctor.post(f"{url}/undo")
    assert (undone.json()["state"], undone.json()["disposition"]) == ("called", None)
    with pg_engine.connect() as connection:
        kinds = connection.execute(select(QueueMove.kind).order_by(QueueMove.move_id)).scalars().all()
    assert kinds[-2:] == ["complete", "undo"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"to": "left", "disposition": "admitted"}, "disposition_not_allowed"),
        ({"to": "in_service", "disposition": "discharged"}, "disposition_not_allowed"),
        ({"to": "completed", "disposition": "icu"}, "invalid_request"),
    ],
)
async def test_a_disposition_that_does_not_belong_is_refused_by_name(signed_in, body, code):
    nurse, doctor = await signed_in(Role.NURSE), await signed_in(Role.DOCTOR)
    queue_id = await make_queue(nurse, prefix="B")
    await join(nurse, queue_id, "p", 3)
    entry = await call(doctor, queue_id)
    answer = await doctor.post(f"/api/queue-entries/{entry['entry_id']}/transition", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_the_database_keeps_a_disposition_to_completed_visits(ward):
    query = update(QueueEntry).where(QueueEntry.state == "left").values(disposition="admitted")
    with ward.connect() as connection, pytest.raises(Exception, match="ck_queue_entry_disposition_of_completed"):
        connection.execute(query)
