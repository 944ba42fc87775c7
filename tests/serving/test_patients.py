"""Patients and charts: sealed, found by blind index, seen by relation only, with PostgreSQL as the second wall."""

import asyncio
import itertools
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert, select, text, update

from app_api.identity.session_book import Principal
from app_api.patients import policy, repository, wall
from app_api.patients.policy import Relation, Ties
from core import clock
from core.db.tables import AuditEvent, BreakGlass, CareTeam, Patient, RecordVersion, Registration, UserAccount
from core.errors import InputError
from core.vocabulary import Role

GRACE = {
    "given_name": "Grace", "family_name": "Canarywood", "birth_date": "1961-02-03", "sex": "female",
    "identifier": "MRN-99120034", "phone": "+49 30 5550139", "email": "grace@canary.example",
    "address": "7 Zebra Lane", "emergency_contact": "Henry Canarywood",
}  # fmt: skip
REASON = {"reason": "unconscious in the shock room, allergies unknown"}


@pytest.fixture
async def people(signed_in):
    return {role: await signed_in(role) for role in Role}


@pytest.fixture
async def grace(people):
    answer = await people[Role.DOCTOR].post("/api/patients", json=GRACE)
    assert answer.status_code == 201, answer.text
    return answer.json()["patient_id"]


async def _events(app):
    async with app.state.context.engine.connect() as connection:
        return (await connection.execute(select(AuditEvent).order_by(AuditEvent.event_id))).all()


async def test_what_was_entered_is_read_again_by_whoever_entered_it(people, grace):
    answer = await people[Role.DOCTOR].get(f"/api/patients/{grace}")
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"1"'
    assert {name: answer.json()[name] for name in GRACE} == GRACE
    assert answer.json()["relation"] == "assigned"
    page = (await people[Role.DOCTOR].get("/api/patients")).json()
    assert [line["display_name"] for line in page["items"]] == ["Canarywood, Grace"]


async def test_nothing_that_names_a_person_stands_readable_in_the_database(app, people, grace):
    doctor = people[Role.DOCTOR]
    note = {"kind": "note", "title": "Zebra title", "text": "Says the zebra bites."}
    assert (await doctor.post(f"/api/patients/{grace}/records", json=note)).status_code == 201
    await people[Role.NURSE].post(f"/api/patients/{grace}/break-glass", json=REASON)
    canaries = [*(v for k, v in GRACE.items() if k not in ("sex",)), note["title"], note["text"], REASON["reason"]]
    async with app.state.context.engine.connect() as connection:
        tables = (
            await connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        ).scalars()
        for table in tables.all():
            rows = (await connection.execute(text(f'SELECT "{table}"::text FROM "{table}"'))).scalars().all()
            for row in rows:
                # Bytes are shown in hex: look for the canary in that form too.
                assert not [c for c in canaries if c in row or c.encode().hex() in row], table


async def test_a_sealed_row_moved_to_another_patient_does_not_open(app, people, grace):
    other = (await people[Role.DOCTOR].post("/api/patients", json={"given_name": "A", "family_name": "B"})).json()
    async with app.state.context.engine.begin() as connection:
        sealed = (await connection.execute(select(Patient.sealed).where(Patient.patient_id == grace))).scalar_one()
        await connection.execute(update(Patient).where(Patient.patient_id == other["patient_id"]).values(sealed=sealed))
    answer = await people[Role.DOCTOR].get(f"/api/patients/{other['patient_id']}")
    assert (answer.status_code, answer.json()["code"]) == (503, "unsealable")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"family_name": "Else", "birth_date": "1980-01-01", "identifier": "mrn-99120034"}, "patient_exists"),
        ({"given_name": "Gracie", "family_name": " CANARYWOOD".strip(), "identifier": None}, "possible_duplicate"),
    ],
)
async def test_a_double_is_found_without_reading_names(people, grace, change, code):
    wish = {name: value for name, value in (GRACE | change).items() if value is not None}
    answer = await people[Role.NURSE].post("/api/patients", json=wish)
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert grace in answer.json()["detail"]


async def test_somebody_with_the_same_name_and_birth_date_can_be_entered_on_purpose(people, grace):
    wish = {k: v for k, v in GRACE.items() if k != "identifier"} | {"is_new_person": True}
    assert (await people[Role.NURSE].post("/api/patients", json=wish)).status_code == 201


async def test_twenty_desks_enter_one_identifier_once(people):
    wish = GRACE | {"is_new_person": True}
    answers = await asyncio.gather(*(people[Role.NURSE].post("/api/patients", json=wish) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19


async def test_a_change_needs_the_version_that_was_seen(people, grace):
    doctor, url = people[Role.DOCTOR], f"/api/patients/{grace}"
    assert (await doctor.patch(url, json={"phone": None})).status_code == 428
    assert (await doctor.patch(url, json={"phone": None}, headers={"If-Match": '"9"'})).status_code == 412
    answer = await doctor.patch(url, json={"phone": None, "sex": "other"}, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    assert (answer.json()["phone"], answer.json()["sex"]) == (None, "other")


async def test_who_is_not_assigned_sees_nobody_until_the_glass_is_broken(app, people, grace):
    nurse, url = people[Role.NURSE], f"/api/patients/{grace}"
    refused = await nurse.get(url)
    unknown = await nurse.get("/api/patients/pat_nobody")
    assert refused.status_code == unknown.status_code == 404
    assert refused.json()["detail"] == unknown.json()["detail"]
    assert (await nurse.post(f"{url}/break-glass", json={"reason": "curious"})).status_code == 422
    assert (await nurse.post(f"{url}/break-glass", json=REASON)).status_code == 201
    seen = await nurse.get(url)
    assert (seen.status_code, seen.json()["relation"]) == (200, "break_glass")
    async with app.state.context.engine.begin() as connection:
        await connection.execute(
            update(BreakGlass).values(
                granted_at=clock.now() - timedelta(hours=2), expires_at=clock.now() - timedelta(seconds=1)
            )
        )
    assert (await nurse.get(url)).status_code == 404


async def test_an_emergency_access_is_listed_reviewed_once_and_seen_by_the_patient(app, people, accounts, grace):
    await people[Role.NURSE].post(f"/api/patients/{grace}/break-glass", json=REASON)
    await people[Role.NURSE].get(f"/api/patients/{grace}")
    admin = people[Role.ADMIN]
    (access,) = (await admin.get("/api/break-glass")).json()["items"]
    assert (access["reason"], access["verdict"]) == (REASON["reason"], None)
    url = f"/api/break-glass/{access['grant_id']}/review"
    assert (await admin.post(url, json={"is_justified": True})).status_code == 204
    assert (await admin.post(url, json={"is_justified": False})).status_code == 409
    async with app.state.context.engine.begin() as connection:
        await connection.execute(
            update(UserAccount).where(UserAccount.email == accounts[Role.PATIENT]).values(patient_id=grace)
        )
    app.state.context.sessions.forget_user(uuid.UUID(int=0))
    app.state.context.sessions._remembered.clear()
    looks = (await people[Role.PATIENT].get(f"/api/patients/{grace}/access-log")).json()["items"]
    assert {"A nurse", "A doctor"} <= {look["actor"] for look in looks}
    assert any(look["is_emergency"] and look["action"] == "patient.read" for look in looks)
    assert (await people[Role.PATIENT].get("/api/patients/pat_other/access-log")).status_code == 404


async def test_every_look_and_every_write_is_one_event_and_names_the_right(app, people, grace):
    before = len(await _events(app))
    await people[Role.DOCTOR].get(f"/api/patients/{grace}")
    await people[Role.NURSE].get(f"/api/patients/{grace}")
    events = (await _events(app))[before:]
    assert [(e.action, e.relation, e.outcome, e.patient_id) for e in events] == [
        ("patient.read", "assigned", "done", grace),
        ("patient.read", "other", "refused", grace),
    ]


async def test_an_entry_keeps_all_its_versions(people, grace):
    doctor, url = people[Role.DOCTOR], f"/api/patients/{grace}/records"
    made = (await doctor.post(url, json={"kind": "plan", "title": "Plan", "text": "first\nline"})).json()
    change = {"title": "Plan", "text": "second"}
    one = f"{url}/{made['record_id']}"
    assert (await doctor.patch(one, json=change, headers={"If-Match": '"1"'})).status_code == 200
    assert (await doctor.patch(one, json=change, headers={"If-Match": '"1"'})).status_code == 412
    assert [item["text"] for item in (await doctor.get(one)).json()["items"]] == ["second", "first\nline"]
    (shown,) = (await doctor.get(url)).json()["items"]
    assert (shown["version"], shown["text"], shown["written_by"]) == (2, "second", "A doctor")


async def test_medicines_and_tasks_are_closed_once(people, grace):
    doctor, url = people[Role.DOCTOR], f"/api/patients/{grace}"
    medicine = {"name": "Amoxicillin", "dose": "500 mg", "instruction": "three times a day for 5 days"}
    made = (await doctor.post(f"{url}/medications", json=medicine)).json()
    one = f"{url}/medications/{made['medication_id']}"
    stopped = await doctor.patch(one, json={"status": "stopped"}, headers={"If-Match": '"1"'})
    assert (stopped.json()["status"], stopped.json()["name"]) == ("stopped", "Amoxicillin")
    assert (await doctor.patch(one, json={"status": "stopped"}, headers={"If-Match": '"2"'})).status_code == 409
    assert (await people[Role.NURSE].post(f"{url}/medications", json=medicine)).status_code == 403
    task = (await doctor.post(f"{url}/tasks", json={"title": "Weigh daily", "due_at": "2020-01-01T00:00:00Z"})).json()
    insights = (await doctor.get(f"{url}/insights")).json()["items"]
    assert [(i["code"], bool(i["source"]), bool(i["reason"])) for i in insights] == [("late_tasks", True, True)]
    done = await doctor.patch(f"{url}/tasks/{task['task_id']}", json={"status": "done"}, headers={"If-Match": '"1"'})
    assert done.json()["status"] == "done"
    assert (await doctor.get(f"{url}/insights")).json()["items"] == []


async def test_without_a_context_the_second_wall_shows_nobody(app, people, grace):
    async with app.state.context.engine.begin() as connection:
        await connection.execute(text("SET LOCAL ROLE medisync_app"))
        assert (await connection.execute(select(Patient.patient_id))).all() == []
        assert (await connection.execute(select(RecordVersion.record_id))).all() == []


async def test_with_the_first_wall_removed_the_second_one_still_holds(app, people, grace, monkeypatch):
    """The planted fault: the rule of relations lets everybody pass."""
    monkeypatch.setattr(policy, "relation", lambda role, ties: Relation.ASSIGNED)
    assert (await people[Role.NURSE].get(f"/api/patients/{grace}")).status_code == 404
    assert (await people[Role.NURSE].get(f"/api/patients/{grace}/records")).json()["items"] == []
    note = {"kind": "note", "title": "x", "text": "y"}
    assert (await people[Role.NURSE].post(f"/api/patients/{grace}/records", json=note)).status_code >= 400


async def test_both_walls_say_the_same_in_every_world(app, people, accounts, grace):
    """All 96 combinations of role and ties: what the rule in Python answers, PostgreSQL's policy answers too."""
    engine, now = app.state.context.engine, clock.now()
    async with engine.connect() as connection:
        ids = dict((await connection.execute(select(UserAccount.role, UserAccount.user_id))).all())
    for role, *facts in itertools.product(Role, *[(False, True)] * 4):
        ties = Ties(*facts)
        async with engine.connect() as connection:
            await connection.execute(text("DELETE FROM care_team"))
            if ties.is_assigned:
                await connection.execute(insert(CareTeam).values(patient_id=grace, user_id=ids[role], assigned_at=now))
            if ties.is_present:
                row = {"registration_id": "r1", "patient_id": grace, "facility": "F", "registered_at": now,
                       "recorded_at": now}  # fmt: skip
                await connection.execute(insert(Registration).values(**row))
            if ties.has_emergency_access:
                key = (await connection.execute(select(Patient.key_id))).scalars().first()
                row = {"grant_id": uuid.uuid4(), "patient_id": grace, "user_id": ids[role], "granted_at": now,
                       "expires_at": now + timedelta(minutes=5), "sealed": b"x", "key_id": key}  # fmt: skip
                await connection.execute(insert(BreakGlass).values(**row))
            person = Principal(ids[role], "e", "n", role, grace if ties.is_self else None)
            assert await repository.ties(connection, person, grace, now=now) == ties
            await wall.enter(connection, person)
            seen = (await connection.execute(select(Patient.patient_id))).all() != []
            assert seen == (policy.relation(role, ties) is not Relation.OTHER), (role, ties)
            await connection.rollback()


async def test_nobody_reviews_their_own_emergency_access(people, accounts, signed_in, grace):
    """A nurse who has become an administrator meanwhile is still the one whose access it is."""
    await people[Role.NURSE].post(f"/api/patients/{grace}/break-glass", json=REASON)
    admin = people[Role.ADMIN]
    (access,) = (await admin.get("/api/break-glass")).json()["items"]
    changed = await admin.patch(f"/api/users/{access['user_id']}", json={"role": "admin"})
    assert changed.status_code == 200, changed.text
    same_person, url = await signed_in(Role.NURSE), f"/api/break-glass/{access['grant_id']}/review"
    refused = await same_person.post(url, json={"is_justified": True})
    assert (refused.status_code, refused.json()["code"]) == (403, "second_person_needed")
    assert (await admin.post(url, json={"is_justified": True})).status_code == 204


async def test_a_child_is_born_where_the_day_has_begun(people):
    """In Auckland it is tomorrow while UTC still has today; the day after that nobody is born."""
    nurse, newborn = people[Role.NURSE], {"given_name": "New", "family_name": "Born", "is_new_person": True}
    first_day = (clock.now() + timedelta(hours=14)).date()
    born = await nurse.post("/api/patients", json=newborn | {"birth_date": first_day.isoformat()})
    assert born.status_code == 201, born.text
    unborn = await nurse.post(
        "/api/patients", json=newborn | {"birth_date": (first_day + timedelta(days=1)).isoformat()}
    )
    assert (unborn.status_code, unborn.json()["code"]) == (422, "future_time")


@pytest.mark.parametrize(("hour", "day", "is_born"), [(9, 1, True), (9, 2, False), (10, 2, True), (23, 3, False)])
def test_the_last_day_of_birth_is_that_of_the_first_time_zone(hour, day, is_born):
    now = datetime(2026, 1, 1, hour, tzinfo=UTC)
    if is_born:
        policy.check_birth(date(2026, 1, day), now=now)
    else:
        with pytest.raises(InputError):
            policy.check_birth(date(2026, 1, day), now=now)
