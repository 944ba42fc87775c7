"""What a clinic chooses for its queue: the triage scale with its target times, and the end of the day."""

from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update
from test_queue import call, join, make_queue

from app_api.queue import closing, repository
from core import clock
from core.db.tables import AuditEvent, Queue, QueueEntry


async def configure(nurse, queue_id: str, version: int, **body):
    return await nurse.patch(f"/api/queues/{queue_id}", json=body, headers={"If-Match": f'"{version}"'})


async def test_a_clinic_chooses_scale_and_targets_and_those_in_line_follow(nurse, doctor, pg_engine):
    queue_id = await make_queue(nurse)
    entry = await join(nurse, queue_id, "p", 2)
    [line] = (await nurse.get("/api/queues")).json()["items"]
    assert (line["acuity_scale"], line["target_minutes"], line["level_names"][0]) == (
        "MTS",
        [0, 10, 60, 120, 240],
        "Immediate",
    )
    ktas = await configure(nurse, queue_id, 1, acuity_scale="KTAS")
    assert (ktas.json()["target_minutes"], ktas.json()["level_names"][0], ktas.headers["etag"]) == (
        [0, 15, 30, 60, 120],
        "Resuscitation",
        '"2"',
    )
    own = (await configure(nurse, queue_id, 2, target_minutes=[0, 5, 30, 60, 120])).json()
    assert (own["acuity_scale"], own["target_minutes"][1]) == ("KTAS", 5)
    [shown] = (await nurse.get(f"/api/queues/{queue_id}/entries")).json()["items"]
    assert shown["due_at"] < entry["due_at"]
    assert (await nurse.get("/api/queues")).json()["items"][0]["breached_count"] == 0
    with pg_engine.begin() as connection:
        connection.execute(update(QueueEntry).values(arrived_at=clock.now() - timedelta(minutes=6)))
    assert (await nurse.get("/api/queues")).json()["items"][0]["breached_count"] == 1
    assert (await doctor.patch(f"/api/queues/{queue_id}", json={})).status_code == 403


@pytest.mark.parametrize(
    ("body", "code", "named"),
    [
        ({"target_minutes": [0, 30, 10, 60, 120]}, "targets_not_rising", "target_minutes"),
        ({"time_zone": "Mars/Base"}, "unknown_time_zone", "time_zone"),
        ({"acuity_scale": "ABC"}, "invalid_request", "acuity_scale"),
        ({"target_minutes": [0, 1]}, "invalid_request", "target_minutes"),
    ],
)
async def test_a_wrong_setting_is_named(nurse, body, code, named):
    queue_id = await make_queue(nurse)
    answer = await configure(nurse, queue_id, 1, **body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert named in answer.text
    assert (await nurse.patch(f"/api/queues/{queue_id}", json=body)).status_code in (422, 428)
    assert (await configure(nurse, queue_id, 9, day_ends_local="20:00:00")).status_code == 412


async def test_the_day_ends_by_itself_once_and_leaves_whoever_came_after(app, nurse, doctor, pg_engine):
    queue_id, around_the_clock = await make_queue(nurse), await make_queue(nurse, prefix="A")
    now = clock.now()
    ends = (now - timedelta(minutes=1)).time().replace(microsecond=0)
    answer = await configure(nurse, queue_id, 1, day_ends_local=ends.isoformat())
    assert answer.json()["day_ends_local"] == ends.isoformat()
    for name in ("waits", "called", "late"):
        await join(nurse, queue_id, name, 3)
    await join(nurse, around_the_clock, "stays", 3)
    with pg_engine.begin() as connection:
        early = QueueEntry.patient_id != "late"
        connection.execute(update(QueueEntry).where(early).values(arrived_at=now - timedelta(hours=2)))
    await call(doctor, queue_id)
    for expected in ([queue_id], []):
        async with app.state.context.engine.begin() as connection:
            assert [str(one) for one in await closing.close_days(connection, clock.now())] == expected
    with pg_engine.connect() as connection:
        states = dict(tuple(row) for row in connection.execute(select(QueueEntry.patient_id, QueueEntry.state)))
        actors = (
            connection.execute(select(AuditEvent.actor_role).where(AuditEvent.action == "queue.close_day"))
            .scalars()
            .all()
        )
    assert states == {"waits": "closed", "called": "closed", "late": "waiting", "stays": "waiting"}
    assert actors == ["system"]


async def test_days_are_closed_in_the_order_in_which_transfers_lock_queues(app, nurse, pg_engine):
    """In another order a sweep and a transfer wait for each other until PostgreSQL ends one of them."""
    queues = [await make_queue(nurse, prefix=prefix) for prefix in ("A", "B", "C")]
    with pg_engine.begin() as connection:
        for queue_id in (queues[1], queues[2], queues[0]):
            connection.execute(update(Queue).where(Queue.queue_id == queue_id).values(day_ends_local=time(20)))
    async with app.state.context.engine.connect() as connection:
        rows = await repository.queues_with_day_end(connection)
    assert [row.queue_id for row in rows] == sorted(row.queue_id for row in rows)
    assert len(rows) == len(queues)


def _two_zones() -> tuple[str, str]:
    """Two time zones between which it is another day now, the later one first."""
    return ("Pacific/Kiritimati", "UTC") if clock.now().hour >= 10 else ("UTC", "Etc/GMT+12")


async def test_tickets_begin_anew_with_the_day_of_the_clinic_not_of_utc(nurse, pg_engine):
    dates = []
    for prefix, zone in zip("AB", _two_zones(), strict=True):
        body = {"name": zone, "facility": "Main", "ticket_prefix": prefix, "time_zone": zone}
        await join(nurse, (await nurse.post("/api/queues", json=body)).json()["queue_id"], "p", 3)
        dates.append(clock.now().astimezone(ZoneInfo(zone)).date())
    with pg_engine.connect() as connection:
        query = select(QueueEntry.ticket_date).order_by(QueueEntry.ticket_code)
        assert connection.execute(query).scalars().all() == dates
    assert dates[0] != dates[1]


async def test_a_change_of_the_time_zone_gives_no_ticket_twice(nurse, pg_engine):
    late, early = _two_zones()
    body = {"name": "Moving", "facility": "Main", "ticket_prefix": "M", "time_zone": late}
    queue = (await nurse.post("/api/queues", json=body)).json()
    await join(nurse, queue["queue_id"], "today", 3)
    with pg_engine.begin() as connection:
        yesterday = clock.now().astimezone(ZoneInfo(early)).date()
        connection.execute(update(QueueEntry).values(ticket_date=yesterday, ticket_code="M001"))
    assert (await configure(nurse, queue["queue_id"], queue["version"], time_zone=early)).status_code == 200
    assert (await join(nurse, queue["queue_id"], "again", 3))["ticket_code"] == "M002"
