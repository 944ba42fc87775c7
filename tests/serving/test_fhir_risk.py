"""Risk assessments as FHIR R4: with the version of the model, of a patient whom one may see, and of nobody else."""

import asyncio

import pytest
from fhir_checks import link, refused, resources, valid
from releases import put_event, put_release
from sqlalchemy import insert, select, update
from test_risk import PATIENT, released  # noqa: F401 (a fixture)

from core import clock
from core.db.tables import AuditEvent, CareTeam, Patient, Registration, RiskAssessment, UserAccount
from core.vocabulary import Role
from tests.serving.conftest import sign_in

FHIR = "/fhir/R4/RiskAssessment"
#: An id that FHIR would not allow as it is.
TREATED, OTHER = "pat_treated", "p-other"


@pytest.fixture
async def ward(released, pg_engine):  # noqa: F811
    """A patient whom the doctor treats, with a visit of an hour ago, and one whom nobody treats."""
    now, context = clock.now(), released.state.context
    async with context.engine.begin() as connection:
        for one in (TREATED, OTHER):
            sealed = await context.vault.seal(connection, {"given_name": "A", "family_name": one}, "patient", one)
            row = {"patient_id": one, "sex": "other", "is_synthetic": True, "version": 1, "created_at": now,
                   "updated_at": now, **sealed}  # fmt: skip
            await connection.execute(insert(Patient).values(**row))
    with pg_engine.begin() as connection:
        doctor = connection.execute(select(UserAccount.user_id).where(UserAccount.role == "doctor")).scalar_one()
        connection.execute(insert(CareTeam).values(patient_id=TREATED, user_id=doctor, assigned_at=now))
        visits = [
            {"registration_id": f"r-{one}", "patient_id": one, "facility": "North", "recorded_at": now,
             "registered_at": now, **PATIENT}
            for one in (TREATED, OTHER)
        ]  # fmt: skip
        connection.execute(insert(Registration), visits)
    return released


async def _kept(pg_engine, count):
    for _ in range(200):
        with pg_engine.connect() as connection:
            rows = connection.execute(select(RiskAssessment).order_by(RiskAssessment.assessed_at)).all()
        if len(rows) == count:
            return rows
        await asyncio.sleep(0.02)
    raise AssertionError(f"{len(rows)} assessments are kept, not {count}")


async def _assessed(doctor, patient_id=TREATED, **features):
    asked = {**PATIENT, **features, "registration_id": f"r-{patient_id}"}
    answer = await doctor.post("/api/risk/assess", json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _said(resource):
    return {one["outcome"]["coding"][0]["code"]: one["probabilityDecimal"] for one in resource["prediction"]}


async def test_an_assessment_carries_the_version_of_the_model_and_its_chances_in_per_cent(ward, pg_engine):
    async with sign_in(ward, Role.DOCTOR) as doctor:
        said = await _assessed(doctor, heart_rate=170)
        number = said["receipt"].replace("_", ".5F")
        told = valid(await doctor.get(f"{FHIR}/{number}"), "RiskAssessment")
    assert said["model_version"] == 1
    (model,) = told["contained"]
    assert (model["deviceName"], model["version"]) == (
        [{"name": "medisync-risk", "type": "model-name"}], [{"value": "1"}],
    )  # fmt: skip
    assert told["performer"]["reference"] == f"#{model['id']}"
    assert told["method"]["coding"] == [{"system": "urn:medisync:risk-model", "version": "1", "code": "medisync-risk"}]
    assert _said(told) == pytest.approx({level: 100 * one for level, one in said["probabilities"].items()}, abs=0.006)
    assert sum(_said(told).values()) == pytest.approx(100, abs=0.02)
    first = told["prediction"][0]
    assert first["qualitativeRisk"]["coding"][0]["code"] == said["level"]
    assert first["outcome"]["coding"][0]["code"] == ("high" if said["level"] == "critical" else said["level"])
    assert [one for one in told["prediction"][1:] if "qualitativeRisk" in one] == []
    assert told["subject"]["reference"] == "Patient/pat.5Ftreated"
    assert told["subject"]["identifier"]["value"] == TREATED
    assert told["encounter"]["identifier"]["value"] == f"r-{TREATED}"
    assert told["identifier"] == [{"system": "urn:medisync:receipt", "value": said["receipt"]}]
    assert told["meta"]["security"][0]["code"] == "HTEST"
    (kept,) = await _kept(pg_engine, 1)
    assert told["occurrenceDateTime"].replace("Z", "+00:00") == kept.assessed_at.isoformat()


async def test_each_assessment_names_the_version_that_made_it_after_the_champion_moved(
    ward, pg_engine, seed, alias_server
):
    async with sign_in(ward, Role.DOCTOR) as doctor:
        await _assessed(doctor)
        await _kept(pg_engine, 1)
        put_release(pg_engine, 4, seed_hex=seed)
        put_event(pg_engine, 4, previous=1)
        alias_server.version = 4
        await ward.state.models.poll()
        assert (await _assessed(doctor))["model_version"] == 4
        await _kept(pg_engine, 2)
        found = resources(valid(await doctor.get(FHIR, params={"patient": TREATED}), "Bundle"))
    assert [one["contained"][0]["version"][0]["value"] for one in found] == ["4", "1"], "the newest first"
    assert [one["method"]["coding"][0]["version"] for one in found] == ["4", "1"]


async def test_where_the_model_abstained_there_is_a_note_and_no_prediction(ward, pg_engine):
    async with sign_in(ward, Role.DOCTOR) as doctor:
        said = await doctor.post("/api/risk/assess", json={"age_years": 70, "registration_id": f"r-{TREATED}"})
        assert said.json()["abstained"]
        await _kept(pg_engine, 1)
        (told,) = resources(valid(await doctor.get(FHIR, params={"subject": TREATED}), "Bundle"))
        assert valid(await doctor.get(f"{FHIR}/{told['id']}"), "RiskAssessment") == told
    assert "prediction" not in told
    assert told["note"][0]["text"].startswith("The model abstained")


async def test_assessments_are_found_by_each_parameter_and_page(ward, pg_engine):
    async with sign_in(ward, Role.DOCTOR) as doctor:
        for heart_rate in (80, 90, 100):
            await _assessed(doctor, heart_rate=heart_rate)
            await asyncio.sleep(0.01)
        await _assessed(doctor, OTHER)
        await doctor.post("/api/risk/assess", json=PATIENT)
        kept = (await _kept(pg_engine, 5))[:3]
        newest = [row.receipt_id.replace("_", ".5F") for row in reversed(kept)]

        async def found(**params):
            params.setdefault("patient", f"Patient/{TREATED}")
            return [one["id"] for one in resources(valid(await doctor.get(FHIR, params=params), "Bundle"))]

        assert await found() == newest, "only this patient's, the newest first"
        assert await found(subject="pat.5Ftreated") == newest
        assert await found(_id=newest[1]) == [newest[1]]
        assert await found(_id=kept[1].receipt_id) == [newest[1]]
        assert await found(_id="nothing") == []
        middle = clock.iso(kept[1].assessed_at)
        assert await found(date=f"ge{middle}") == newest[:2]
        assert await found(date=f"gt{middle}") == newest[:1]
        assert await found(date=f"lt{middle}") == newest[2:]
        assert await found(date=middle[:10]) == newest
        page = valid(await doctor.get(FHIR, params={"patient": TREATED, "_count": 2}), "Bundle")
        last = valid(await doctor.get(link(page, "next")), "Bundle")
        assert [one["id"] for one in resources(page) + resources(last)] == newest
        assert link(last, "next") is None


async def test_a_search_without_a_patient_or_with_two_is_refused(ward):
    async with sign_in(ward, Role.DOCTOR) as doctor:
        refused(await doctor.get(FHIR), 400, "search_refused", kind="required", parameter="patient")
        two = await doctor.get(FHIR, params={"patient": TREATED, "subject": OTHER})
        refused(two, 400, "search_refused", kind="value", parameter="subject")
        unknown = await doctor.get(FHIR, params={"patient": TREATED, "probability": "7"})
        said = refused(unknown, 400, "search_refused", kind="not-supported", parameter="probability")
    assert "_id, date, patient, subject" in said


async def test_whoever_may_not_see_the_patient_sees_no_assessment_and_the_audit_says_so(ward, pg_engine):
    async with sign_in(ward, Role.DOCTOR) as doctor:
        await _assessed(doctor, OTHER)
        await _assessed(doctor)
        kept = {row.registration_key: row.receipt_id.replace("_", ".5F") for row in await _kept(pg_engine, 2)}
        key_of = ward.state.receipts.registration_key
        others, mine = kept[key_of(f"r-{OTHER}")], kept[key_of(f"r-{TREATED}")]
        refused(await doctor.get(f"{FHIR}/{others}"), 404, "assessment_not_found", kind="not-found")
        refused(await doctor.get(f"{FHIR}/rcp.5Fnothing"), 404, "assessment_not_found", kind="not-found")
        refused(await doctor.get(FHIR, params={"patient": OTHER}), 404, "patient_not_found", kind="not-found")
        valid(await doctor.get(f"{FHIR}/{mine}"), "RiskAssessment")
        valid(await doctor.get(FHIR, params={"patient": TREATED}), "Bundle")
        await doctor.post(f"/api/patients/{OTHER}/break-glass", json={"reason": "unconscious in the shock room"})
        valid(await doctor.get(f"{FHIR}/{others}"), "RiskAssessment")
    async with ward.state.context.engine.connect() as connection:
        query = select(AuditEvent).where(AuditEvent.action == "patient.risk").order_by(AuditEvent.event_id)
        seen = (await connection.execute(query)).all()
    assert [(one.object_kind, one.patient_id, one.relation, one.outcome, one.reason_code) for one in seen] == [
        ("risk", OTHER, "other", "refused", "assessment_not_found"),
        ("risk", None, "other", "refused", "assessment_not_found"),
        ("risk", OTHER, "other", "refused", "patient_not_found"),
        ("risk", TREATED, "assigned", "done", None),
        ("risk", TREATED, "assigned", "done", None),
        ("risk", OTHER, "break_glass", "done", None),
    ]


async def test_an_assessment_of_typed_features_is_of_nobody_and_not_there(ward, pg_engine):
    async with sign_in(ward, Role.DOCTOR) as doctor:
        said = (await doctor.post("/api/risk/assess", json=PATIENT)).json()
        await _kept(pg_engine, 1)
        number = said["receipt"].replace("_", ".5F")
        refused(await doctor.get(f"{FHIR}/{number}"), 404, "assessment_not_found", kind="not-found")


async def test_a_patient_is_told_no_risk_here_either_and_a_token_needs_the_right(ward, pg_engine):
    with pg_engine.begin() as connection:
        mine = update(UserAccount).where(UserAccount.role == "patient")
        connection.execute(mine.values(patient_id=TREATED))
    async with sign_in(ward, Role.PATIENT) as patient:
        refused(await patient.get(FHIR, params={"patient": TREATED}), 403, "forbidden", kind="forbidden")
    async with sign_in(ward, Role.DOCTOR) as doctor:
        tokens = {}
        for scope in ("patient.risk", "appointment.read"):
            made = await doctor.post("/api/auth/tokens", json={"name": "another system", "scopes": [scope]})
            tokens[scope] = {"authorization": f"Bearer {made.json()['token']}"}
        await _assessed(doctor)
        await _kept(pg_engine, 1)
        doctor.cookies.clear()
        found = await doctor.get(FHIR, params={"patient": TREATED}, headers=tokens["patient.risk"])
        assert len(resources(valid(found, "Bundle"))) == 1
        wrong = await doctor.get(FHIR, params={"patient": TREATED}, headers=tokens["appointment.read"])
        refused(wrong, 403, "forbidden", kind="forbidden")
