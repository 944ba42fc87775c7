"""Assessments with receipts, the list of models, and moving the champion: through HTTP."""

import asyncio
from datetime import timedelta

import pytest
from releases import bundle, put_event, put_release, sign_drafts
from sqlalchemy import delete, insert, select, text, update

from core import clock
from core.db.tables import AuditEvent, ChampionEvent, Receipt, Registration, RiskAssessment
from core.vocabulary import Role
from ml.release import Scorer
from tests.serving.conftest import sign_in

PATIENT = {
    "age_years": 70,
    "sex": "female",
    "condition": "Influenza",
    "acuity": 3,
    "comorbidity_count": 1,
    "systolic_bp": 125,
    "diastolic_bp": 80,
    "heart_rate": 85,
    "respiratory_rate": 16,
    "temperature_c": 37.0,
    "spo2_pct": 97,
}


@pytest.fixture
async def released(app_with_registry, alias_server, pg_engine, seed, accounts):
    """Version 1 is champion, 2 may be promoted, 3 was rejected."""
    for version, verdict in ((1, "PROMOTE"), (2, "HOLD"), (3, "REJECT")):
        put_release(pg_engine, version, seed_hex=seed, verdict=verdict)
    put_event(pg_engine, 1)
    sign_drafts(pg_engine)
    alias_server.version = 1
    await app_with_registry.state.models.poll()
    return app_with_registry


async def test_an_assessment_has_the_shape_of_the_contract(released):
    async with sign_in(released, Role.DOCTOR) as doctor:
        said = (await doctor.post("/api/risk/assess", json=PATIENT)).json()
    assert set(said) >= {
        "level", "score", "votes", "probabilities", "abstained", "reasons", "model_version", "receipt",
    }  # fmt: skip
    assert said["level"] == "low"
    assert said["votes"] == {"network": "low", "forest": "low"}
    assert sum(said["probabilities"].values()) == pytest.approx(1)
    assert said["model_version"] == 1


async def test_swaps_back_to_back_under_load_fail_no_answer_and_mix_no_two_versions(
    app_with_registry, alias_server, pg_engine, seed, accounts
):
    expected = {version: Scorer(bundle(version)).assess(PATIENT).probabilities for version in (1, 2)}
    assert expected[1] != expected[2]
    for version in expected:
        put_release(pg_engine, version, seed_hex=seed)
    put_event(pg_engine, 1)
    alias_server.version = 1
    holder = app_with_registry.state.models
    await holder.poll()
    answers, is_over = [], asyncio.Event()

    async def ask(client):
        while not is_over.is_set():
            answers.append(await client.post("/api/risk/assess", json=PATIENT))
            # In one process an answer comes without anything waited for: without this, nobody else had a turn.
            await asyncio.sleep(0)

    async with sign_in(app_with_registry, Role.DOCTOR) as doctor:
        asking = [asyncio.create_task(ask(doctor)) for _ in range(3)]
        # One swap straight after the other, each while answers are being made.
        for swap in range(10):
            before = len(answers)
            put_event(pg_engine, 2 - swap % 2, previous=1 + swap % 2)
            alias_server.version = 2 - swap % 2
            await holder.poll()
            assert holder.version == alias_server.version, holder.troubles()
            assert len(answers) > before
        is_over.set()
        await asyncio.gather(*asking)
    assert {answer.status_code for answer in answers} == {200}
    said = [answer.json() for answer in answers]
    assert {one["model_version"] for one in said} == {1, 2}
    mixed = [one for one in said if one["probabilities"] != expected[one["model_version"]]]
    assert mixed == []


async def test_a_failing_heart_raises_the_risk(released):
    async with sign_in(released, Role.NURSE) as nurse:
        said = (await nurse.post("/api/risk/assess", json={**PATIENT, "heart_rate": 220})).json()
    assert said["level"] == "critical"
    assert said["score"] == 2


async def test_a_missing_vital_sign_makes_the_model_abstain_and_say_why(released):
    async with sign_in(released, Role.DOCTOR) as doctor:
        answer = await doctor.post("/api/risk/assess", json={**PATIENT, "spo2_pct": None})
    said = answer.json()
    assert answer.status_code == 200
    assert (said["abstained"], said["level"], said["score"], said["votes"]) == (True, None, None, None)
    assert any("oxygen saturation" in reason for reason in said["reasons"])


async def test_a_receipt_resolves_at_once_and_is_kept_without_the_patients_values(released, pg_engine):
    async with sign_in(released, Role.DOCTOR) as doctor:
        said = (await doctor.post("/api/risk/assess", json={**PATIENT, "temperature_c": 38.7654321})).json()
        receipt = await doctor.get(f"/api/receipts/{said['receipt']}")
    assert receipt.status_code == 200
    provenance = receipt.json()["provenance"]
    assert provenance["model_version"] == 1
    assert provenance["mlflow_run_id"] == "run1"
    assert "38.7654321" not in receipt.text
    kept = []
    async with asyncio.timeout(20):
        while not kept:
            await asyncio.sleep(0.02)
            with pg_engine.connect() as connection:
                kept = connection.execute(select(Receipt.receipt_id)).scalars().all()
    assert kept == [said["receipt"]]


@pytest.fixture
async def two_visits(pg_engine):
    """A registration and the patient's visit of half a year before; a third row is nobody's business here."""
    now = clock.now()
    rows = [
        {
            "registration_id": name, "patient_id": patient, "facility": "North", "recorded_at": now,
            "registered_at": now - timedelta(days=days), "age_years": 70.0, "condition": "Influenza",
        }
        for name, patient, days in (("r-now", "p1", 0), ("r-before", "p1", 180), ("r-other", "p2", 1))
    ]  # fmt: skip
    with pg_engine.begin() as connection:
        connection.execute(insert(Registration), rows)


async def test_a_receipt_leads_to_every_raw_row_and_says_when_one_was_tampered_with(released, two_visits, pg_engine):
    async with sign_in(released, Role.DOCTOR) as doctor:
        said = (await doctor.post("/api/risk/assess", json={**PATIENT, "registration_id": "r-now"})).json()
        receipt = (await doctor.get(f"/api/receipts/{said['receipt']}")).json()
        provenance = receipt["provenance"]
        assert [row["registration_seq"] for row in provenance["raw_rows"]] == [1, 2]
        assert provenance["model_origin"] == {"data_sha256": "d" * 64, "validation_run_ids": ["v1"]}
        assert provenance["dagster_run_id"] == "dagster-run"
        assert len(provenance["feature_sha256"]) == 64
        assert receipt["verification"] == {"is_intact": True, "findings": [], "raw_rows_checked": 2}
        with pg_engine.begin() as connection:
            connection.execute(update(Registration).values(outcome="admitted", outcome_at=clock.now()))
        again = (await doctor.get(f"/api/receipts/{said['receipt']}")).json()
        assert again["verification"]["is_intact"], "an outcome that lands is no tampering"
        with pg_engine.begin() as connection:
            connection.execute(update(Registration).where(Registration.registration_seq == 2).values(age_years=71.0))
        tampered = (await doctor.get(f"/api/receipts/{said['receipt']}")).json()["verification"]
        assert tampered["findings"] == ["raw row 2 is not what it was when this was assessed"]
        with pg_engine.begin() as connection:
            connection.execute(delete(Registration).where(Registration.registration_seq == 1))
            connection.execute(text("UPDATE model_release SET payload_sha256 = 'x' WHERE version = 1"))
        gone = (await doctor.get(f"/api/receipts/{said['receipt']}")).json()["verification"]
    assert not gone["is_intact"]
    assert len(gone["findings"]) == 3


async def test_a_prediction_is_kept_without_the_patient_to_be_met_by_its_outcome(released, two_visits, pg_engine):
    async with sign_in(released, Role.DOCTOR) as doctor:
        await doctor.post("/api/risk/assess", json={**PATIENT, "registration_id": "r-now"})
        await doctor.post("/api/risk/assess", json={"age_years": 70})
        unknown = await doctor.post("/api/risk/assess", json={**PATIENT, "registration_id": "r-never"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "registration_not_found")
    kept = []
    async with asyncio.timeout(20):
        while len(kept) < 2:
            await asyncio.sleep(0.02)
            with pg_engine.connect() as connection:
                kept = connection.execute(select(RiskAssessment).order_by(RiskAssessment.assessed_at)).all()
    first, second = kept
    assert first.level == "low"
    assert first.probability_low + first.probability_moderate + first.probability_high == pytest.approx(1)
    assert first.registration_key.startswith("p_")
    assert not {"r-now", "p1"} & {str(value) for value in first}
    assert (second.level, second.registration_key, second.probability_high) == (None, None, None)


async def test_a_receipt_of_the_last_moment_is_written_at_shutdown(app_settings, pg_engine, seed, tmp_path):
    from serving.main import create_app

    app = create_app(app_settings, web_dist=tmp_path)
    async with app.router.lifespan_context(app):
        receipt_id = app.state.receipts.add(
            {"model_version": 1},
            {
                "version": 1,
                "registration_key": None,
                "feature_sha256": "f" * 64,
                "level": None,
                "score": None,
                "probability_low": None,
                "probability_moderate": None,
                "probability_high": None,
            },
        )
    with pg_engine.connect() as connection:
        assert connection.execute(select(Receipt.receipt_id)).scalars().all() == [receipt_id]


async def test_a_clinician_decides_otherwise_and_the_reason_becomes_feedback(released, pg_engine):
    async with sign_in(released, Role.DOCTOR) as doctor:
        said = (await doctor.post("/api/risk/assess", json=PATIENT)).json()
        wish = {"receipt": said["receipt"], "level": "high", "reason": "bedside_impression"}
        key = {"idempotency-key": "one-decision"}
        answer = await doctor.post("/api/risk/overrides", json=wish, headers=key)
        again = await doctor.post("/api/risk/overrides", json=wish, headers=key)
        blank = (await doctor.post("/api/risk/assess", json={"age_years": 70})).json()
        decided = await doctor.post("/api/risk/overrides", json={**wish, "receipt": blank["receipt"]})
        unknown = await doctor.post("/api/risk/overrides", json={**wish, "receipt": "rcp_never"})
        unreasoned = await doctor.post("/api/risk/overrides", json={**wish, "reason": "because"})
        assert (await doctor.get("/api/risk/overrides")).status_code == 403
    assert answer.status_code == 201
    assert again.json() == answer.json()
    assert (decided.status_code, decided.json()["said"]) == (201, None)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "receipt_not_found")
    assert unreasoned.status_code == 422
    async with sign_in(released, Role.ML_ENGINEER) as engineer:
        items = (await engineer.get("/api/risk/overrides")).json()["items"]
        assert (await engineer.post("/api/risk/overrides", json=wish)).status_code == 403
    assert [(one["said"], one["level"], one["reason"]) for one in items] == [
        (None, "high", "bedside_impression"),
        ("low", "high", "bedside_impression"),
    ]
    assert items[1]["model_version"] == 1
    assert not {"decided_by", "patient_id"} & set(items[0])
    with pg_engine.connect() as connection:
        query = select(AuditEvent.outcome, AuditEvent.reason_code).where(AuditEvent.action == "risk.override")
        audited = connection.execute(query.order_by(AuditEvent.occurred_at)).all()
    assert [tuple(row) for row in audited] == [
        ("done", "bedside_impression"), ("done", "bedside_impression"), ("refused", "receipt_not_found"),
    ]  # fmt: skip


async def test_without_a_model_there_is_no_answer_and_the_rest_works(app_with_registry, accounts):
    async with sign_in(app_with_registry, Role.DOCTOR) as doctor:
        answer = await doctor.post("/api/risk/assess", json=PATIENT)
        assert (answer.status_code, answer.json()["code"]) == (503, "no_model")
        assert (await doctor.get("/api/registrations")).status_code == 200


async def test_released_versions_are_listed_with_the_gates_verdicts(released):
    async with sign_in(released, Role.ML_ENGINEER) as engineer:
        listed = (await engineer.get("/api/models", params={"limit": 2})).json()
        rest = (await engineer.get("/api/models", params={"limit": 2, "cursor": listed["next"]})).json()
    assert [(item["version"], item["verdict"]) for item in listed["items"]] == [(3, "REJECT"), (2, "HOLD")]
    assert [(item["version"], item["is_champion"]) for item in rest["items"]] == [(1, True)]
    assert rest["next"] is None
    assert listed["troubles"] == []


async def test_an_administrator_promotes_and_rolls_back(released, alias_server, pg_engine):
    reason = {"reason": "the gate holds, the owner agrees"}
    async with sign_in(released, Role.ADMIN) as admin:
        moved = await admin.post("/api/models/2/promote", json=reason)
        assert moved.json() == {"version": 2, "previous_version": 1}
        assert alias_server.version == released.state.models.version == 2
        back = await admin.post("/api/models/rollback", json=reason)
        assert back.json() == {"version": 1, "previous_version": 2}
        assert alias_server.version == released.state.models.version == 1
    with pg_engine.connect() as connection:
        query = select(ChampionEvent.version, ChampionEvent.previous_version, ChampionEvent.kind, ChampionEvent.reason)
        rows = [tuple(row) for row in connection.execute(query.order_by(ChampionEvent.event_id))]
    assert rows[1:] == [(2, 1, "promote", reason["reason"]), (1, 2, "rollback", reason["reason"])]


@pytest.mark.parametrize(("version", "status", "code"), [
    (3, 409, "gate_refused"), (9, 404, "model_version_not_found"), (1, 409, "already_champion"),
])  # fmt: skip
async def test_a_version_that_may_not_serve_is_not_promoted(released, alias_server, version, status, code):
    async with sign_in(released, Role.ADMIN) as admin:
        answer = await admin.post(f"/api/models/{version}/promote", json={"reason": "just because"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert alias_server.moves == []


async def test_nothing_is_recorded_when_the_registry_refuses(released, alias_server, pg_engine):
    alias_server.state = "forbidding"
    async with sign_in(released, Role.ADMIN) as admin:
        answer = await admin.post("/api/models/2/promote", json={"reason": "just because"})
    assert (answer.status_code, answer.json()["code"]) == (503, "registry_away")
    with pg_engine.connect() as connection:
        assert len(connection.execute(select(ChampionEvent.event_id)).all()) == 1


async def test_there_is_nothing_to_return_to_after_the_first_champion(released):
    async with sign_in(released, Role.ADMIN) as admin:
        answer = await admin.post("/api/models/rollback", json={"reason": "just because"})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_previous_champion")
