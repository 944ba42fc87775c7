"""Shifts: begin, pause, go on, end; what becomes of the patients who wait, and of the estimate."""

from datetime import timedelta

from sqlalchemy import insert, select, update
from test_assignment import assign, id_of, make_provider
from test_queue import a_model, call, join, make_queue

from app_api.queue.waits import NO_STAFF
from app_api.shifts import policy, service
from core import clock
from core.db.tables import AuditEvent, DutySpan, WaitingModel
from core.vocabulary import Role


async def go(client, to: str, **more):
    return await client.post("/api/shifts/mine", json={"to": to, **more})


async def test_a_shift_is_begun_paused_gone_on_with_and_ended(doctor, nurse, pg_engine):
    assert (await doctor.get("/api/shifts/mine")).json()["duty"] == "off"
    early = await go(doctor, "paused")
    assert (early.status_code, early.json()["code"]) == (409, "shift_change_not_allowed")
    assert "allowed are working" in early.json()["detail"]
    begun = await go(doctor, "working")
    assert (begun.json()["duty"], begun.headers["etag"]) == ("working", '"1"')
    assert (await go(doctor, "working")).status_code == 409
    stale = await doctor.post("/api/shifts/mine", json={"to": "off"}, headers={"If-Match": '"7"'})
    assert stale.status_code == 412
    paused = (await go(doctor, "paused")).json()
    assert (paused["duty"], paused["began_at"]) == ("paused", begun.json()["began_at"])
    [line] = (await nurse.get("/api/shifts")).json()["items"]
    assert (line["display_name"], line["duty"]) == ("A doctor", "paused")
    assert (await go(doctor, "working")).json()["version"] == 3
    assert (await go(doctor, "off")).json()["duty"] == "off"
    with pg_engine.connect() as connection:
        spans = connection.execute(select(DutySpan.kind, DutySpan.ended_at).order_by(DutySpan.span_id)).all()
    assert [kind for kind, _ in spans] == ["work", "pause", "work"]
    assert all(ended is not None for _, ended in spans)
    unknown = await go(doctor, "working", queue_id="00000000-0000-7000-8000-000000000000")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "queue_not_found")


async def test_who_pauses_has_their_patients_called_by_others_and_who_goes_home_gives_them_up(doctor, nurse, pg_engine):
    mine = await make_provider(nurse, "Dr Mine", id_of(pg_engine, Role.DOCTOR))
    await go(doctor, "working")
    queue_id = await make_queue(nurse)
    first, second = [await join(nurse, queue_id, name, 3) for name in ("p-1", "p-2")]
    for entry in (first, second):
        assert (await assign(nurse, entry, mine)).status_code == 200
    assert await call(nurse, queue_id) is None
    await go(doctor, "paused")
    assert (await call(nurse, queue_id))["patient_id"] == "p-1"
    assert (await go(doctor, "off")).json()["released_count"] == 1
    line = (await nurse.get(f"/api/queues/{queue_id}/entries")).json()["items"]
    assert [(one["patient_id"], one["assigned_to"]) for one in line if one["state"] == "waiting"] == [("p-2", "nobody")]
    assert (await call(nurse, queue_id))["patient_id"] == "p-2"


async def test_an_estimate_grows_when_half_the_staff_pause_and_there_is_none_when_all_do(doctor, nurse, pg_engine):
    queue_id = await make_queue(nurse)
    with pg_engine.begin() as connection:
        model = a_model()
        model["location"] = [0.0] * len(model["location"])
        model["location"][3] = 1.0  # log_expected_60: people ahead against the flow of the last hour
        connection.execute(
            insert(WaitingModel).values(receipt_id="rcp_wait", payload={"model": model}, published_at=clock.now())
        )
    for number in range(6):
        await join(nurse, queue_id, f"earlier-{number}", 1)
        await call(doctor, queue_id)
    mine = await join(nurse, queue_id, "me", 3)
    url = f"/api/queue-entries/{mine['entry_id']}/position"
    await go(doctor, "working")
    await go(nurse, "working")
    with pg_engine.begin() as connection:
        connection.execute(update(DutySpan).values(started_at=clock.now() - timedelta(hours=5)))
    both = (await nurse.get(url)).json()["wait"]["p50_minutes"]
    await go(nurse, "paused")
    one = (await nurse.get(url)).json()["wait"]["p50_minutes"]
    assert one > 1.5 * both
    await go(doctor, "paused")
    assert (await nurse.get(url)).json()["no_wait_reason"] == NO_STAFF


async def test_a_forgotten_shift_is_ended_and_audited(app, doctor, pg_engine):
    await go(doctor, "working")
    async with app.state.context.engine.begin() as connection:
        assert await service.end_forgotten(connection, clock.now()) == 0
        assert await service.end_forgotten(connection, clock.now() + policy.LONGEST + timedelta(minutes=1)) == 1
    assert (await doctor.get("/api/shifts/mine")).json()["duty"] == "off"
    with pg_engine.connect() as connection:
        actions = connection.execute(select(AuditEvent.action).where(AuditEvent.actor_role == "system")).scalars().all()
    assert "shift.lapse" in actions
