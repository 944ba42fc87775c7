"""What the queues did: who left unseen, who waited past the target, whether groups wait alike, why one was passed."""

import asyncio
import threading
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update
from test_queue import call, join, make_queue, move

from app_api.queue import figures, told
from core import clock
from core.db.tables import Queue, QueueEntry
from core.ids import new_uuid
from core.vocabulary import Role


def fill(pg_engine, *, seen: int, left: int) -> None:
    """Stays of level 3 in the only queue: the seen waited 30 minutes, those who left 90."""
    now = clock.now()
    with pg_engine.begin() as connection:
        queue_id = connection.execute(select(Queue.queue_id)).scalar_one()
        rows = []
        for number in range(seen + left):
            is_left = number >= seen
            arrived = now - timedelta(hours=5, minutes=number)
            until = arrived + timedelta(minutes=90 if is_left else 30)
            rows.append(
                {"entry_id": new_uuid(), "queue_id": queue_id, "patient_id": f"f-{number}", "acuity": 3,
                 "ticket_date": now.date(), "ticket_code": f"F{number:03d}",
                 "state": "left" if is_left else "completed", "arrived_at": arrived, "virtual_at": arrived,
                 "is_immediate": False, "overtakes": 0,
                 "called_at": None if is_left else until, "ended_at": until, "version": 1}
            )  # fmt: skip
        connection.execute(insert(QueueEntry), rows)


async def test_who_left_unseen_is_a_figure_with_its_interval_and_small_counts_are_hidden_from_administrators(
    nurse, signed_in, pg_engine
):
    await make_queue(nurse)
    fill(pg_engine, seen=40, left=8)
    admin = await signed_in(Role.ADMIN)
    [clinical] = (await nurse.get("/api/queue-figures")).json()["queues"]
    assert (clinical["left_count"], clinical["visits_count"]) == (8, 48)
    assert clinical["left_share"] == pytest.approx(8 / 48)
    assert clinical["left_low"] < clinical["left_share"] < clinical["left_high"]
    assert (clinical["past_target_share"], clinical["median_wait_minutes"]) == (pytest.approx(8 / 48), 30)
    [shown] = (await admin.get("/api/queue-figures")).json()["queues"]
    assert (shown["visits_count"], shown["left_count"], shown["left_share"], shown["past_target_share"]) == (
        48,
        None,
        None,
        None,
    )
    fill_more = update(QueueEntry).where(QueueEntry.patient_id.in_([f"f-{n}" for n in range(12)]))
    with pg_engine.begin() as connection:
        connection.execute(fill_more.values(state="left", called_at=None))
    [shown] = (await admin.get("/api/queue-figures", params={"days": 7})).json()["queues"]
    assert shown["left_count"] == 20
    groups = (await admin.get("/api/queue-figures")).json()["groups"]
    assert {group["group"] for group in groups} == {"age unknown", "sex unknown"}
    assert not any(group["is_apart"] for group in groups)
    assert (await (await signed_in(Role.STEWARD)).get("/api/queue-figures")).status_code == 403


async def test_whoever_was_passed_over_has_a_reason_for_each_time(nurse, doctor, pg_engine):
    queue_id = await make_queue(nurse)
    passed = await join(nurse, queue_id, "passed", 5)
    with pg_engine.begin() as connection:
        arrived = clock.now() - timedelta(minutes=10)
        connection.execute(update(QueueEntry).values(arrived_at=arrived, virtual_at=arrived))
    for name, acuity in (("urgent", 2), ("at-once", 1)):
        await join(nurse, queue_id, name, acuity)
    for _ in range(2):
        await call(doctor, queue_id)
    url = f"/api/queue-entries/{passed['entry_id']}/overtakes"
    shown = (await nurse.get(url)).json()
    assert (shown["overtakes"], shown["bound"]) == (1, 8), "level 1 is not counted"
    assert [line["why"] for line in shown["items"]] == [
        "level 1 is called at once",
        "came 10 min later; level 2 has a head start of 40 min, level 5 of 0",
    ]
    called = await call(doctor, queue_id)
    assert called["entry_id"] == passed["entry_id"]
    await move(doctor, called, "in_service")
    await join(nurse, queue_id, "later", 2)
    await call(doctor, queue_id)
    assert len((await nurse.get(url)).json()["items"]) == 2, "who is called afterwards overtakes nobody"
    missing = await nurse.get("/api/queue-entries/00000000-0000-7000-8000-000000000000/overtakes")
    assert (missing.status_code, missing.json()["code"]) == (404, "queue_entry_not_found")


async def test_a_small_group_cannot_be_computed_from_its_neighbours(nurse, signed_in, pg_engine):
    """Of 60 visits 5 of men: the count of the others would say how many men there were."""
    await make_queue(nurse)
    fill(pg_engine, seen=60, left=0)
    for number in range(60):
        person = {"patient_id": f"f-{number}", "given_name": "A", "family_name": f"B{number}", "is_new_person": True}
        body = person | {"sex": "male" if number < 5 else "female", "birth_date": "1980-02-03"}
        assert (await nurse.post("/api/patients", json=body)).status_code == 201
    [seen] = [group for group in (await nurse.get("/api/queue-figures")).json()["groups"] if "female" in group["group"]]
    assert seen["visits_count"] == 55
    shown = (await (await signed_in(Role.ADMIN)).get("/api/queue-figures")).json()
    assert [line["visits_count"] for line in shown["queues"]] == [60]
    assert [group["group"] for group in shown["groups"]] == ["age 40-59"]


async def test_how_many_stayed_is_no_way_to_a_small_count(nurse, signed_in, pg_engine):
    """Nearly all left: how many did, less all visits, are the few who were seen."""
    await make_queue(nurse)
    fill(pg_engine, seen=3, left=40)
    [shown] = (await (await signed_in(Role.ADMIN)).get("/api/queue-figures")).json()["queues"]
    assert shown["visits_count"] == 43
    assert (shown["left_count"], shown["left_share"], shown["past_target_share"]) == (None, None, None)


@pytest.mark.parametrize(
    ("path", "module", "name"),
    [("/api/queue-figures", figures, "figures_of"), ("/api/told-waits", told, "coverage")],
)
async def test_while_figures_are_computed_others_are_answered(nurse, client, monkeypatch, path, module, name):
    """Thousands of visits take seconds: a worker that computed them on its event loop would be dead to all others."""
    await make_queue(nurse)
    compute, has_begun, is_answered, waited = getattr(module, name), threading.Event(), threading.Event(), []

    def slow(*arguments, **options):
        has_begun.set()
        waited.append(is_answered.wait(3))
        return compute(*arguments, **options)

    monkeypatch.setattr(module, name, slow)
    asked = asyncio.create_task(nurse.get(path))
    while not has_begun.is_set():
        await asyncio.sleep(0.01)
    assert (await client.get("/livez")).status_code == 200
    is_answered.set()
    assert (await asked).status_code == 200
    assert waited[0], "nobody was answered before the figures were there"
