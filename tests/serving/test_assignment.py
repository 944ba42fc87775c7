"""Whose patient this is: the suggestion with its reasons, assigning, taking over, and who may go on."""

import pytest
from sqlalchemy import insert, select, update
from test_queue import call, join, make_queue, move

from core import clock
from core.db.tables import AuditEvent, CareTeam, Patient, QueueEntry, QueueMove, Registration, UserAccount
from core.ids import new_uuid
from core.vocabulary import Role
from ml.waiting.order import MAX_OVERTAKES
from tests.serving.conftest import email_of


def id_of(pg_engine, role: Role):
    with pg_engine.connect() as connection:
        return connection.execute(select(UserAccount.user_id).where(UserAccount.email == email_of(role))).scalar_one()


def another_doctor(pg_engine) -> str:
    """A second doctor's account; nobody signs in with it."""
    user_id = new_uuid()
    account = {"user_id": user_id, "email": "second@clinic.example", "display_name": "Second", "role": "doctor",
               "password_hash": "x", "is_active": True, "created_at": clock.now()}  # fmt: skip
    with pg_engine.begin() as connection:
        connection.execute(insert(UserAccount).values(**account))
    return str(user_id)


async def make_provider(nurse, name: str, user_id, specialty="Cardiology") -> str:
    body = {"name": name, "specialty": specialty, "facility": "Main", "user_id": str(user_id)}
    answer = await nurse.post("/api/providers", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["provider_id"]


@pytest.fixture
async def two(nurse, doctor, pg_engine):
    """Provider ids of the signed-in doctor, who is on duty, and of another, who is not."""
    mine = await make_provider(nurse, "Dr Mine", id_of(pg_engine, Role.DOCTOR))
    other = await make_provider(nurse, "Dr Other", another_doctor(pg_engine), "General medicine")
    assert (await doctor.post("/api/shifts/mine", json={"to": "working"})).status_code == 200
    return mine, other


async def assign(client, entry, provider_id, **more):
    return await client.post(
        f"/api/queue-entries/{entry['entry_id']}/assignment", json={"provider_id": provider_id, **more}
    )


async def test_a_doctor_is_suggested_by_specialty_and_continuity_with_reasons(nurse, two, pg_engine):
    mine, other = two
    now = clock.now()
    with pg_engine.begin() as connection:
        row = {"registration_id": "r", "patient_id": "p", "facility": "Main", "registered_at": now, "recorded_at": now,
               "age_years": 70, "sex": "female", "condition": "Infarction", "condition_code": "I21.9", "source": "app",
               "source_record": "r"}  # fmt: skip
        known = {column.name for column in Registration.__table__.columns}
        connection.execute(insert(Registration).values(**{k: v for k, v in row.items() if k in known}))
    entry = await join(nurse, await make_queue(nurse), "p", 3)
    shown = (await nurse.get(f"/api/queue-entries/{entry['entry_id']}/matches")).json()
    assert shown["needed_specialty"] == "Cardiology"
    assert [(one["provider_id"], one["is_suggested"], one["is_on_duty"]) for one in shown["items"]] == [
        (mine, True, True),
        (other, False, False),
    ]
    words = {reason["factor"]: reason["words"] for reason in shown["items"][0]["reasons"]}
    assert words["specialty"] == "Cardiology is needed, and is this doctor's specialty"
    assert shown["items"][0]["points"] == sum(reason["points"] for reason in shown["items"][0]["reasons"]) == 40


async def test_choosing_another_needs_a_reason_that_is_kept_with_what_the_score_said(nurse, two, pg_engine):
    mine, other = two
    entry = await join(nurse, await make_queue(nurse), "p", 3)
    refused = await assign(nurse, entry, other)
    assert (refused.status_code, refused.json()["code"]) == (422, "reason_missing")
    assert "Dr Mine was suggested" in refused.json()["detail"]
    done = await assign(nurse, entry, other, reason="language")
    assert (done.status_code, done.json()["provider_name"], done.json()["assigned_to"]) == (200, "Dr Other", "another")
    with pg_engine.connect() as connection:
        kept = connection.execute(select(QueueMove.details).where(QueueMove.kind == "assign")).scalar_one()
        event = connection.execute(
            select(AuditEvent.reason_code, AuditEvent.patient_id).where(
                AuditEvent.action == "queue.assign", AuditEvent.outcome == "done"
            )
        ).one()
    assert (kept["reason"], kept["is_override"], kept["suggested"]["provider_id"]) == ("language", True, mine)
    assert tuple(event) == ("language", "p")
    undone = await nurse.post(f"/api/queue-entries/{entry['entry_id']}/undo")
    assert undone.json()["assigned_to"] == "nobody"


async def test_a_wrong_provider_is_named_with_those_that_are_possible(nurse, two):
    entry = await join(nurse, await make_queue(nurse), "p", 3)
    wrong = await assign(nurse, entry, "00000000-0000-7000-8000-000000000000")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "not_assignable")
    assert "provider_id" in wrong.json()["detail"]
    assert "Dr Mine" in wrong.json()["detail"]
    stale = await nurse.post(
        f"/api/queue-entries/{entry['entry_id']}/assignment",
        json={"provider_id": two[0]},
        headers={"If-Match": '"9"'},
    )
    assert stale.status_code == 412


async def test_only_the_assigned_goes_on_with_a_visit_until_somebody_takes_it_over(nurse, doctor, two):
    mine, other = two
    queue_id = await make_queue(nurse)
    await join(nurse, queue_id, "p", 3)
    entry = await call(doctor, queue_id)
    assert (entry["assigned_to"], entry["provider_id"]) == ("you", mine)
    for to in ("in_service", "completed", "waiting"):
        status, refusal = await move(nurse, entry, to)
        assert (status, refusal["code"]) == (403, "assigned_to_another"), to
    assert "Dr Mine" in refusal["detail"]
    assert (await assign(nurse, entry, other, reason="takes_over")).status_code == 200
    assert (await move(doctor, entry, "in_service"))[0] == 403
    assert (await assign(doctor, entry, mine)).status_code == 200
    assert (await move(doctor, entry, "in_service"))[0] == 200
    assert (await move(doctor, entry, "completed"))[0] == 200
    late = await assign(doctor, entry, mine)
    assert (late.status_code, late.json()["code"]) == (409, "move_not_allowed")


async def test_an_assigned_patient_is_called_by_that_doctor_and_past_the_bound_by_anybody(
    nurse, doctor, two, pg_engine
):
    _, other = two
    queue_id = await make_queue(nurse)
    first = await join(nurse, queue_id, "theirs", 3)
    await join(nurse, queue_id, "mine", 3)
    await assign(nurse, first, other, reason="patients_wish")
    assert (await call(doctor, queue_id))["patient_id"] == "mine"
    assert await call(doctor, queue_id) is None
    with pg_engine.begin() as connection:
        owed = update(QueueEntry).where(QueueEntry.patient_id == "theirs")
        assert connection.execute(select(QueueEntry.overtakes).where(QueueEntry.patient_id == "theirs")).scalar() == 1
        connection.execute(owed.values(overtakes=MAX_OVERTAKES))
    assert (await call(doctor, queue_id))["patient_id"] == "theirs"


async def test_continuity_counts_the_care_team(app, nurse, two, pg_engine):
    context = app.state.context
    now = clock.now()
    async with context.engine.begin() as connection:
        sealed = await context.vault.seal(connection, {"given_name": "A", "family_name": "B"}, "patient", "p")
        row = {"patient_id": "p", "sex": "other", "is_synthetic": False, "version": 1, "created_at": now,
               "updated_at": now, **sealed}  # fmt: skip
        await connection.execute(insert(Patient).values(**row))
        team = {"patient_id": "p", "user_id": id_of(pg_engine, Role.DOCTOR), "assigned_at": now}
        await connection.execute(insert(CareTeam).values(**team))
    entry = await join(nurse, await make_queue(nurse), "p", 3)
    [match, _] = (await nurse.get(f"/api/queue-entries/{entry['entry_id']}/matches")).json()["items"]
    assert {"factor": "continuity", "points": 25, "words": "is on the patient's care team"} in match["reasons"]


async def test_a_provider_is_given_to_a_doctors_account_only(nurse, pg_engine):
    body = {"name": "Dr X", "specialty": "General", "facility": "Main", "user_id": str(id_of(pg_engine, Role.NURSE))}
    refused = await nurse.post("/api/providers", json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, "account_not_a_doctor")
    made = (await nurse.post("/api/providers", json=body | {"user_id": None})).json()
    url = f"/api/providers/{made['provider_id']}"
    doctor_id = str(id_of(pg_engine, Role.DOCTOR))
    assert (await nurse.patch(url, json={"user_id": doctor_id})).status_code == 428
    linked = await nurse.patch(url, json={"user_id": doctor_id}, headers={"If-Match": '"1"'})
    assert (linked.json()["has_account"], linked.json()["version"], linked.json()["specialty"]) == (True, 2, "General")
    assert (await nurse.patch(url, json={"is_active": False}, headers={"If-Match": '"1"'})).status_code == 412
