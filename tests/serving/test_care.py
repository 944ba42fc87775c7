"""Care protocols and a patient's risk: what fits, why, from which source, and for whom."""

from datetime import timedelta

import pytest
from releases import put_event, put_release
from sqlalchemy import insert

from app_api.care import policy
from app_api.care.catalogue import protocols
from core import clock
from core.db.tables import CareTeam, Registration
from core.vocabulary import Role
from tests.serving.conftest import sign_in

WELL = {
    "age_years": 70.0, "sex": "female", "condition": "Influenza", "condition_code": "J11", "acuity": 3,
    "comorbidity_count": 1, "systolic_bp": 125.0, "diastolic_bp": 80.0, "heart_rate": 85.0,
    "respiratory_rate": 16.0, "temperature_c": 37.0, "spo2_pct": 97.0,
}  # fmt: skip
ILL = WELL | {"heart_rate": 118.0, "respiratory_rate": 27.0, "spo2_pct": 90.0, "systolic_bp": 98.0}


def visit(**change):
    return {"registered_at": clock.now(), **WELL, **change}


def ids_of(found):
    return {one.protocol_id for one in found}


def test_every_protocol_names_its_source_and_says_what_is_not_the_sources():
    assert len(protocols()) >= 5
    for one in protocols():
        assert one.source.year in range(2015, clock.now().year + 1)
        assert str(one.source.year) in one.source.citation
        assert len(one.local_note) > 20
        assert one.applies.conditions or one.applies.codes or one.applies.news2_min, "fits everybody"
        assert all(label == label.lower() for label in one.applies.conditions)


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({}, set()),
        (ILL, {"news2_response", "sepsis_first_hours"}),
        (ILL | {"condition": "Fracture", "condition_code": "S52"}, {"news2_response"}),
        (ILL | {"age_years": 9.0}, set()),
        ({"condition": "Asthma attack", "condition_code": None}, {"asthma_exacerbation"}),
        ({"condition": "Wheeze", "condition_code": "J45.901"}, {"asthma_exacerbation"}),
        ({"condition": "Pneumonia", "condition_code": "J18"}, {"community_acquired_pneumonia"}),
        ({"condition": "Heart failure", "condition_code": "I50"}, {"acute_heart_failure"}),
        (ILL | {"registered_at": clock.now() - timedelta(days=4)}, set()),
    ],
)
def test_a_protocol_fits_by_condition_score_age_and_time(change, wanted):
    assert ids_of(policy.fitting(protocols(), visit(**change), now=clock.now())) == wanted


def test_a_visit_without_vital_signs_or_condition_fits_nothing():
    bare = dict.fromkeys(WELL) | {"registered_at": clock.now()}
    assert policy.fitting(protocols(), bare, now=clock.now()) == []


@pytest.fixture
async def released(app_with_registry, alias_server, pg_engine, seed, accounts):
    put_release(pg_engine, 1, seed_hex=seed)
    put_event(pg_engine, 1)
    alias_server.version = 1
    await app_with_registry.state.models.poll()
    return app_with_registry


@pytest.fixture
async def ward(released, pg_engine):
    """One ill patient of the doctor's with two visits."""
    async with sign_in(released, Role.DOCTOR) as doctor:
        made = await doctor.post(
            "/api/patients", json={"given_name": "Ada", "family_name": "Byron", "patient_id": "p1"}
        )
        assert made.status_code == 201
    now = clock.now()
    rows = [
        {"registration_id": f"r-{days}", "patient_id": "p1", "facility": "F",
         "registered_at": now - timedelta(days=days), "recorded_at": now, **ILL,
         "outcome": "admitted" if days else None}
        for days in (0, 30)
    ]  # fmt: skip
    with pg_engine.begin() as connection:
        connection.execute(insert(Registration), rows)
    return released


async def test_a_chart_shows_what_fits_with_reason_source_and_times(ward):
    async with sign_in(ward, Role.DOCTOR) as doctor:
        answer = await doctor.get("/api/patients/p1/protocols")
        catalogue = (await doctor.get("/api/protocols")).json()["items"]
    items = answer.json()["items"]
    assert {one["protocol_id"] for one in items} == {"news2_response", "sepsis_first_hours"}
    assert all("NEWS2" in one["reason"] and one["source"]["citation"] for one in items)
    due = [step["due_at"] for step in items[0]["steps"]]
    assert due == sorted(due)
    assert len(catalogue) == len(protocols())


async def test_the_last_visit_is_assessed_with_its_year_before(ward):
    async with sign_in(ward, Role.DOCTOR) as doctor:
        said = (await doctor.get("/api/patients/p1/risk")).json()
        receipt = (await doctor.get(f"/api/receipts/{said['receipt']}")).json()
        typed = (
            await doctor.post(
                "/api/risk/assess",
                json={k: v for k, v in ILL.items() if k != "condition_code"}
                | {"prior_visits_365d": 1, "prior_admissions_365d": 1, "days_since_last_visit": 30,
                   "registered_at": clock.iso(clock.now())},
            )
        ).json()  # fmt: skip
    assert (said["registration_id"], said["visits_known"]) == ("r-0", 2)
    assert (said["level"], said["news2_score"]) == (typed["level"], typed["news2_score"])
    assert len(receipt["provenance"]["raw_rows"]) == 2


async def test_nobody_without_a_relation_reads_a_risk_or_a_protocol(ward, pg_engine):
    for part in ("risk", "protocols"):
        async with sign_in(ward, Role.PATIENT) as patient:
            assert (await patient.get(f"/api/patients/p1/{part}")).status_code == 403
    with pg_engine.begin() as connection:
        connection.execute(CareTeam.__table__.delete())
    async with sign_in(ward, Role.DOCTOR) as doctor:
        for part in ("risk", "protocols"):
            assert (await doctor.get(f"/api/patients/p1/{part}")).status_code == 404


async def test_a_patient_without_a_visit_has_no_risk_and_no_protocol(released):
    async with sign_in(released, Role.DOCTOR) as doctor:
        await doctor.post("/api/patients", json={"given_name": "No", "family_name": "Visit", "patient_id": "p2"})
        assert (await doctor.get("/api/patients/p2/risk")).json()["code"] == "registration_not_found"
        assert (await doctor.get("/api/patients/p2/protocols")).json()["items"] == []
