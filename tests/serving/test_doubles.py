"""Match scores over real rows: at the desk, in the background, on the stewards' list; and what they do not tell."""

import json

import pytest
from sqlalchemy import delete, event, func, select, text, update

from app_api.patients import doubles
from core.db.tables import AuditEvent, LinkageEstimate, Patient, PatientIndex, PatientPair
from core.vocabulary import Role

GRACE = {
    "given_name": "Grace", "family_name": "Canarywood", "birth_date": "1961-02-03", "sex": "female",
    "identifier": "MRN-99120034", "phone": "+49 30 5550139", "email": "grace@canary.example",
    "address": "7 Zebra Lane", "emergency_contact": "Henry Canarywood",
}  # fmt: skip
#: What a second desk writes: no number, a typing error, day and month swapped, another phone.
AGAIN = {"given_name": "Grace", "family_name": "Cannarywood", "birth_date": "1961-03-02", "sex": "female",
         "phone": "+49 40 1234567"}  # fmt: skip


@pytest.fixture
async def people(signed_in):
    return {role: await signed_in(role) for role in Role}


@pytest.fixture
async def grace(people):
    answer = await people[Role.DOCTOR].post("/api/patients", json=GRACE)
    assert answer.status_code == 201, answer.text
    return answer.json()["patient_id"]


async def _compare_all(app):
    """What the background does, until nothing is left; return how many were compared."""
    context, total = app.state.context, 0
    await doubles.renew_weights(context)
    while True:
        compared = await doubles.compare_batch(context)
        if not compared:
            return total
        total += compared


async def _rows(app, query):
    async with app.state.context.engine.connect() as connection:
        return (await connection.execute(query)).all()


async def test_a_desk_is_told_who_may_be_meant_with_score_and_reasons(people, grace):
    answer = await people[Role.NURSE].post("/api/patients/matches", json=AGAIN)
    assert answer.status_code == 200
    (match,) = answer.json()["items"]
    assert (match["patient_id"], match["state"]) == (grace, "possible_match")
    levels = {part["field"]: part["level"] for part in match["contributions"]}
    assert levels == {
        "family_name": "near", "given_name": "exact", "birth_date": "day_month_swapped", "sex": "exact",
        "phone": "differs",
    }  # fmt: skip
    bits = {part["field"]: part["bits"] for part in match["contributions"]}
    assert match["bits"] == pytest.approx(sum(bits.values()), abs=0.01)
    assert bits["phone"] < 0 < bits["birth_date"]


async def test_no_value_of_a_chart_leaves_with_a_score(people, grace):
    await people[Role.NURSE].post("/api/patients", json=AGAIN | {"is_new_person": True})
    asked = await people[Role.ADMIN].post("/api/patients/matches", json=AGAIN | {"email": GRACE["email"]})
    refused = await people[Role.NURSE].post("/api/patients", json=AGAIN | {"family_name": "Canary Wood"})
    assert (refused.status_code, refused.json()["code"]) == (409, "possible_duplicate")
    assert grace in refused.json()["detail"]
    said = json.dumps([asked.json(), refused.json()]).lower()
    secrets = [value for name, value in GRACE.items() if name != "sex"]
    assert not [value for value in secrets if value.lower() in said]


async def test_a_typing_error_and_a_swapped_date_no_longer_make_a_second_chart(people, grace):
    refused = await people[Role.NURSE].post("/api/patients", json=AGAIN)
    assert (refused.status_code, refused.json()["code"]) == (409, "possible_duplicate")
    assert "possible match, 9" in refused.json()["detail"]
    made = await people[Role.NURSE].post("/api/patients", json=AGAIN | {"is_new_person": True})
    assert made.status_code == 201
    other = {"given_name": "Omar", "family_name": "Zielinski", "birth_date": "1999-12-24"}
    assert (await people[Role.NURSE].post("/api/patients", json=other)).status_code == 201


async def test_every_chart_that_was_opened_for_a_comparison_is_in_the_audit(app, people, grace):
    await people[Role.NURSE].post("/api/patients/matches", json=AGAIN)
    await people[Role.NURSE].post("/api/patients", json=AGAIN)
    query = select(AuditEvent.action, AuditEvent.outcome, AuditEvent.object_ids, AuditEvent.patient_id)
    events = await _rows(app, query.order_by(AuditEvent.event_id.desc()).limit(3))
    refused = next(event for event in events if event.action == "patient.create")
    assert (refused.outcome, grace in refused.object_ids) == ("refused", True)
    asked = [event for event in events if event.action == "patient.match"]
    assert [(event.outcome, event.object_ids) for event in asked] == [("done", [grace])] * 2
    assert {event.patient_id for event in asked} == {None, grace}, "the patient sees who asked"
    looks = (await people[Role.ADMIN].get(f"/api/patients/{grace}/access-log")).json()["items"]
    assert ("A nurse", "patient.match") in [(look["actor"], look["action"]) for look in looks]


async def test_a_steward_sees_the_pair_and_decides_once(app, people, grace):
    again = (await people[Role.NURSE].post("/api/patients", json=AGAIN | {"is_new_person": True})).json()
    assert await _compare_all(app) == 2
    steward = people[Role.STEWARD]
    page = (await steward.get("/api/patient-pairs")).json()
    (pair,) = page["items"]
    assert {pair["first_id"], pair["second_id"]} == {grace, again["patient_id"]}
    assert (pair["state"], page["match_count"], page["possible_count"]) == ("possible_match", 0, 1)
    assert "anary" not in json.dumps(page)
    url = f"/api/patient-pairs/{pair['pair_id']}/decision"
    wish = {"decision": "different_people"}
    assert (await steward.post(url, json=wish)).status_code == 428
    assert (await people[Role.ADMIN].post(url, json=wish, headers={"If-Match": '"1"'})).status_code == 403
    done = await steward.post(url, json=wish, headers={"If-Match": '"1"', "Idempotency-Key": "k"})
    assert (done.status_code, done.json()["status"], done.json()["decided_by"]) == (
        200,
        "different_people",
        "A steward",
    )
    again_ = await steward.post(url, json=wish, headers={"If-Match": '"1"', "Idempotency-Key": "k"})
    assert again_.headers["idempotency-replayed"] == "true"
    late = await steward.post(url, json={"decision": "same_person"}, headers={"If-Match": '"2"'})
    assert (late.status_code, late.json()["code"]) == (409, "pair_decided")
    assert (await steward.get("/api/patient-pairs")).json()["items"] == []


async def test_a_decision_outlives_a_later_comparison_and_an_open_pair_does_not(app, people, grace):
    doctor, nurse = people[Role.DOCTOR], people[Role.NURSE]
    again = (await nurse.post("/api/patients", json=AGAIN | {"is_new_person": True})).json()["patient_id"]
    await _compare_all(app)
    other = {"given_name": "Omar", "family_name": "Zielinski", "birth_date": "1999-12-24", "phone": None}
    changed = await nurse.patch(f"/api/patients/{again}", json=other, headers={"If-Match": '"1"'})
    assert changed.status_code == 200
    assert await _compare_all(app) == 1
    assert (await _rows(app, select(PatientPair.pair_id))) == [], "they no longer look alike"
    back = {name: AGAIN[name] for name in ("given_name", "family_name", "birth_date")}
    assert (await nurse.patch(f"/api/patients/{again}", json=back, headers={"If-Match": '"2"'})).status_code == 200
    await _compare_all(app)
    ((pair_id, version),) = await _rows(app, select(PatientPair.pair_id, PatientPair.version))
    await people[Role.STEWARD].post(
        f"/api/patient-pairs/{pair_id}/decision", json={"decision": "different_people"},
        headers={"If-Match": f'"{version}"'},
    )  # fmt: skip
    assert (
        await doctor.patch(f"/api/patients/{grace}", json={"phone": None}, headers={"If-Match": '"1"'})
    ).status_code == 200
    assert await _compare_all(app) == 1
    assert [row.status for row in await _rows(app, select(PatientPair.status))] == ["different_people"]


async def test_entries_from_before_are_indexed_and_compared_in_the_background(app, people, grace):
    await people[Role.NURSE].post("/api/patients", json=AGAIN | {"is_new_person": True})
    await _compare_all(app)
    async with app.state.context.engine.begin() as connection:
        # As a database of the release before: no new keys, nothing compared.
        await connection.execute(
            delete(PatientIndex).where(
                PatientIndex.kind.in_(("name_sounds", "family_sound_birth_year", "given_sound_birth_date"))
            )
        )
        await connection.execute(delete(PatientPair))
        await connection.execute(update(Patient).values(compared_form=0))
    assert await _compare_all(app) == 2
    assert len(await _rows(app, select(PatientPair.pair_id))) == 1
    kinds = await _rows(app, select(PatientIndex.kind, func.count()).group_by(PatientIndex.kind))
    assert dict(map(tuple, kinds))["name_sounds"] == 2
    assert await _compare_all(app) == 0


async def test_chances_are_counted_once_the_hospital_is_large_enough(app, people, monkeypatch):
    monkeypatch.setattr(doubles, "_LEAST", 12)
    for number in range(12):
        wish = {"given_name": f"Given{number}", "family_name": "Miller", "birth_date": f"19{number + 40}-01-02"}
        answer = await people[Role.ADMIN].post("/api/patients", json=wish | {"is_new_person": True})
        assert answer.status_code == 201
    await _compare_all(app)
    ((size, count, u),) = await _rows(
        app, select(LinkageEstimate.size, LinkageEstimate.sample_count, LinkageEstimate.u)
    )
    assert (size, count) == (12, 12)
    assert u["family_name"]["exact"] > 0.5, "all are called Miller"
    assert "Given" not in json.dumps(u)
    assert await doubles.renew_weights(app.state.context) is False, "nobody waits, and they are of today"


async def test_the_second_wall_hides_pairs_and_weights(app, people, grace):
    async with app.state.context.engine.begin() as connection:
        await connection.execute(text("SET LOCAL ROLE medisync_app"))
        for table in ("patient_pair", "linkage_estimate"):
            async with connection.begin_nested() as inner:
                with pytest.raises(Exception, match="permission denied"):
                    await connection.execute(text(f"SELECT * FROM {table}"))
                await inner.rollback()


async def test_candidates_and_the_stewards_list_are_found_by_index_among_many(app, people, grace):
    """Thirty thousand patients with three keys each, five of them in the block of the one who is asked for."""
    context = app.state.context
    fill = (
        "INSERT INTO patient (patient_id, sex, is_synthetic, version, compared_form, created_at, updated_at, sealed, "
        "key_id) SELECT 'many-' || n, 'female', false, 1, 1, now(), now(), 'x', (SELECT max(key_id) FROM data_key) "
        "FROM generate_series(1, 30000) AS n",
        "INSERT INTO patient_index (kind, digest, patient_id) SELECT kind, decode(md5(kind || n), 'hex'), 'many-' || n "
        "FROM generate_series(1, 30000) AS n, unnest(ARRAY['name_sounds', 'family_sound_birth_year', 'phone']) AS kind",
        "INSERT INTO patient_pair (pair_id, first_id, second_id, state, bits, probability, contributions, scored_at, "
        "status, version) SELECT gen_random_uuid(), 'many-1' || n, 'many-2' || n, 'match', 20, random(), '[]', now(), "
        "'open', 1 FROM generate_series(1000, 9999) AS n",
        "ANALYZE patient, patient_index, patient_pair",
    )
    async with context.engine.begin() as connection:
        for statement in fill:
            await connection.execute(text(statement))
    asked = []
    event.listen(context.engine.sync_engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
    await people[Role.NURSE].post("/api/patients/matches", json=AGAIN)
    await people[Role.STEWARD].get("/api/patient-pairs")
    told = [(query, values) for query, values in asked if "patient_index" in query or "ORDER BY patient_pair" in query]
    assert len(told) == 2
    for query, values in told:
        async with context.engine.connect() as connection:
            raw = await connection.get_raw_connection()
            rows = await raw.driver_connection.fetch(f"EXPLAIN {query}", *values)
        plan = "\n".join(row[0] for row in rows)
        assert "Seq Scan on patient" not in plan, plan
