"""Waits as they were told: frozen at that moment, and held against the actual ones."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError
from test_queue import a_model, call, join, make_queue, move

from core import clock
from core.db.tables import UserAccount, WaitingModel, WaitPromise
from core.vocabulary import Role
from serving import told_waits


@pytest.fixture
def later(monkeypatch):
    """`later(minutes)` moves the clock on."""
    now = clock.now()

    def pass_by(minutes: float) -> None:
        nonlocal now
        now += timedelta(minutes=minutes)

    monkeypatch.setattr(clock, "now", lambda: now)
    return pass_by


@pytest.fixture
async def line(signed_in, pg_engine, later):
    """A queue with a flow, a model, and three who wait; returns nurse, queue and the waiting."""
    nurse = await signed_in(Role.NURSE)
    queue_id = await make_queue(nurse)
    for number in range(4):
        await join(nurse, queue_id, f"before-{number}", 1)
        await call(nurse, queue_id)
    with pg_engine.begin() as connection:
        connection.execute(
            insert(WaitingModel).values(receipt_id="rcp_wait", payload={"model": a_model()}, published_at=clock.now())
        )
    return nurse, queue_id, [await join(nurse, queue_id, f"p-{number}", 3) for number in range(3)]


async def wait_of(client, entry: dict) -> dict:
    answer = await client.get(f"/api/queue-entries/{entry['entry_id']}/position")
    return answer.json()["wait"]


def frozen(engine) -> list:
    with engine.connect() as connection:
        return connection.execute(select(WaitPromise.__table__).order_by(WaitPromise.promise_id)).all()


async def test_what_was_told_is_written_down_as_it_was_and_told_again_for_a_minute(line, later, pg_engine):
    nurse, _, (first, *_) = line
    told = await wait_of(nurse, first)
    later(0.9)
    assert await wait_of(nurse, first) == told
    later(0.2)
    again = await wait_of(nurse, first)
    assert again["told_at"] > told["told_at"]
    rows = frozen(pg_engine)
    assert [(row.p50_minutes, row.p90_minutes, row.receipt_id) for row in rows] == [
        (one["p50_minutes"], one["p90_minutes"], "rcp_wait") for one in (told, again)
    ]


async def test_a_patient_who_looks_at_their_own_places_is_told_and_it_is_written_down(line, signed_in, pg_engine):
    with pg_engine.begin() as connection:
        connection.execute(update(UserAccount).where(UserAccount.role == "patient").values(patient_id="p-1"))
    patient = await signed_in(Role.PATIENT)
    (place,) = (await patient.get("/api/queue-entries/mine")).json()["items"]
    (row,) = frozen(pg_engine)
    assert (str(row.entry_id), row.p90_minutes) == (place["entry_id"], place["wait"]["p90_minutes"])


@pytest.mark.parametrize("statement", ["UPDATE wait_promise SET p90_minutes = 999", "DELETE FROM wait_promise"])
async def test_the_database_refuses_to_rewrite_a_told_wait(line, pg_engine, statement):
    nurse, _, (first, *_) = line
    await wait_of(nurse, first)
    with pg_engine.begin() as connection, pytest.raises(DBAPIError, match="refused"):
        connection.execute(text(statement))


async def test_coverage_follows_the_actual_waits_as_they_arrive(line, later, signed_in, app):
    nurse, queue_id, (first, second, third) = line
    upper = max([(await wait_of(nurse, entry))["p90_minutes"] for entry in (first, second, third)])

    async def overall() -> dict:
        return (await nurse.get("/api/told-waits")).json()

    seen = (await overall())["overall"]
    assert (seen["told_count"], seen["settled_count"], seen["past_p90"]) == (3, 0, None)
    await call(nurse, queue_id)
    seen = await overall()
    assert (seen["overall"]["settled_count"], seen["overall"]["past_p90"]) == (1, 0.0)
    assert seen["queues"][0]["queue_name"] == "Queue E"
    later(upper + 1)
    seen = await overall()
    assert seen["overall"]["settled_count"] == 3, "who still waits past the bound is late already"
    assert seen["overall"]["past_p90"] == pytest.approx(2 / 3, abs=1e-5)
    assert seen["is_kept"] is (seen["overall"]["past_p90_low"] <= 0.1)
    await told_waits.measure(app.state.context, app.state.metrics)
    assert f"medisync_told_waits_past_p90_share {2 / 3:.6}"[:44] in (await nurse.get("/metrics")).text


async def test_a_call_that_was_taken_back_settles_nothing(line, later):
    nurse, queue_id, (first, *_) = line
    await wait_of(nurse, first)
    await call(nurse, queue_id)
    await nurse.post(f"/api/queue-entries/{first['entry_id']}/undo")
    seen = (await nurse.get("/api/told-waits")).json()["overall"]
    assert (seen["told_count"], seen["settled_count"]) == (1, 0)


async def test_who_left_or_was_closed_is_not_taken_for_a_kept_promise(line, later):
    nurse, queue_id, (first, second, _) = line
    for entry in (first, second):
        await wait_of(nurse, entry)
    await move(nurse, first, "left")
    await nurse.post(f"/api/queues/{queue_id}/close-day")
    seen = (await nurse.get("/api/told-waits")).json()["overall"]
    assert (seen["told_count"], seen["settled_count"], seen["past_p90"]) == (1, 0, None)
