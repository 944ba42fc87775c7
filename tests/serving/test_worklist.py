"""What is to be done for whom, and how a call opens a chart."""

from datetime import timedelta

from sqlalchemy import insert

from core import clock
from core.db.tables import Receipt
from core.vocabulary import Role
from tests.serving.conftest import sign_in

GRACE = {"given_name": "Grace", "family_name": "Lim", "birth_date": "1956-04-02", "sex": "female"}


async def enter(client, **change) -> str:
    answer = await client.post("/api/patients", json=GRACE | change)
    assert answer.status_code == 201, answer.text
    return answer.json()["patient_id"]


async def plan(client, patient_id: str, title: str, hours: int | None) -> dict:
    due = None if hours is None else (clock.now() + timedelta(hours=hours)).isoformat()
    answer = await client.post(f"/api/patients/{patient_id}/tasks", json={"title": title, "due_at": due})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_tasks_of_all_patients_stand_in_one_list_overdue_ones_first(nurse):
    grace, omar = await enter(nurse), await enter(nurse, given_name="Omar", birth_date="1990-01-01", sex="male")
    await plan(nurse, grace, "Some time", None)
    await plan(nurse, grace, "Tomorrow", 20)
    await plan(nurse, omar, "An hour ago", -1)
    done = await plan(nurse, omar, "Done already", -5)
    closed = await nurse.patch(
        f"/api/patients/{omar}/tasks/{done['task_id']}", json={"status": "done"}, headers={"if-match": '"1"'}
    )
    assert closed.status_code == 200
    items = (await nurse.get("/api/care-tasks")).json()["items"]
    assert [(one["title"], one["display_name"], one["is_overdue"]) for one in items] == [
        ("An hour ago", "Lim, Omar", True),
        ("Tomorrow", "Lim, Grace", False),
        ("Some time", "Lim, Grace", False),
    ]
    page = (await nurse.get("/api/care-tasks?limit=2")).json()
    assert [one["title"] for one in page["items"]] == ["An hour ago", "Tomorrow"]
    rest = (await nurse.get(f"/api/care-tasks?limit=2&cursor={page['next']}")).json()
    assert ([one["title"] for one in rest["items"]], rest["next"]) == (["Some time"], None)


async def test_the_list_holds_only_the_patients_whom_one_may_see(nurse, app):
    await plan(nurse, await enter(nurse), "Of the nurse's patient", 1)
    async with sign_in(app, Role.DOCTOR) as doctor, sign_in(app, Role.PATIENT) as patient:
        assert (await doctor.get("/api/care-tasks")).json()["items"] == []
        assert (await patient.get("/api/care-tasks")).status_code == 403


async def test_whoever_calls_a_patient_may_open_the_chart_and_not_before(nurse, app):
    grace = await enter(nurse)
    queue = await nurse.post("/api/queues", json={"name": "Q", "facility": "Main", "ticket_prefix": "Q"})
    entries = f"/api/queues/{queue.json()['queue_id']}"
    await nurse.post(f"{entries}/entries", json={"patient_id": grace, "acuity": 3})
    async with sign_in(app, Role.DOCTOR) as doctor:
        assert (await doctor.get(f"/api/patients/{grace}")).status_code == 404
        assert (await doctor.post(f"{entries}/call-next", json={})).json()["patient_id"] == grace
        chart = await doctor.get(f"/api/patients/{grace}")
        assert (chart.status_code, chart.json()["relation"]) == (200, "assigned")
        await nurse.post(f"{entries}/entries", json={"patient_id": "nobody-the-hospital-knows", "acuity": 3})
        assert (await doctor.post(f"{entries}/call-next", json={})).status_code == 200


async def test_the_newest_run_of_each_asset_says_how_fresh_it_is(signed_in, pg_engine):
    now = clock.now()
    ages = [("analytics_demographics", 1), ("analytics_demographics", 90), ("surge_alerts", 30), ("forecast_x", 51)]
    with pg_engine.begin() as connection:
        for number, (asset, hours) in enumerate(ages):
            connection.execute(
                insert(Receipt).values(
                    receipt_id=f"rcp_{number}",
                    kind="analytics",
                    provenance={"asset": asset, "dagster_run_id": f"run-{number}"},
                    created_at=now - timedelta(hours=hours),
                )
            )
    engineer = await signed_in(Role.ML_ENGINEER)
    items = (await engineer.get("/api/layers")).json()["items"]
    assert [(one["asset"], one["state"], one["dagster_run_id"], one["receipt"]) for one in items] == [
        ("forecast_x", "late", "run-3", "rcp_3"),
        ("surge_alerts", "warned", "run-2", "rcp_2"),
        ("analytics_demographics", "fresh", "run-0", "rcp_0"),
    ]
