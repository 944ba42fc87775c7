"""Taking registrations in, once, through HTTP."""

import asyncio

import pytest
from sqlalchemy import func, select

from core.db.tables import AuditEvent, Registration
from core.vocabulary import Role

BODY = {"patient_id": "p-1", "facility": "North", "condition": "Influenza", "age_years": 44, "spo2_pct": 97.5}


def rows_of(engine) -> int:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(Registration)).scalar_one()


async def test_a_registration_is_a_row_with_its_author(signed_in, pg_engine):
    nurse = await signed_in(Role.NURSE)
    answer = await nurse.post("/api/registrations", json=BODY)
    assert answer.status_code == 201
    made = answer.json()
    assert made["registered_at"].endswith("Z")
    assert {name: made[name] for name in BODY} == BODY
    with pg_engine.connect() as connection:
        row = connection.execute(select(Registration.__table__)).one()
    assert row.registration_id == made["registration_id"]
    assert str(row.created_by) == (await nurse.get("/api/users/me")).json()["user_id"]


async def test_a_number_that_no_chart_has_is_taken_and_said_to_be_unknown(signed_in):
    nurse = await signed_in(Role.NURSE)
    assert (await nurse.post("/api/registrations", json=BODY)).json()["is_patient_known"] is False
    entered = (await nurse.post("/api/patients", json={"given_name": "A", "family_name": "B"})).json()
    known = {**BODY, "patient_id": entered["patient_id"]}
    assert (await nurse.post("/api/registrations", json=known)).json()["is_patient_known"] is True


async def test_a_retry_with_the_same_key_gets_the_first_answer(signed_in, pg_engine):
    nurse = await signed_in(Role.NURSE)
    first, *retries = [
        await nurse.post("/api/registrations", json=BODY, headers={"idempotency-key": "k1"}) for _ in range(3)
    ]
    assert "idempotency-replayed" not in first.headers
    for retry in retries:
        assert (retry.status_code, retry.json()) == (201, first.json())
        assert retry.headers["idempotency-replayed"] == "true"
    assert rows_of(pg_engine) == 1


async def test_fifty_parallel_retries_make_one_row(signed_in, pg_engine):
    nurse = await signed_in(Role.NURSE)
    answers = await asyncio.gather(
        *[nurse.post("/api/registrations", json=BODY, headers={"idempotency-key": "k"}) for _ in range(50)]
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["registration_id"] for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    assert rows_of(pg_engine) == 1


async def test_a_key_with_another_body_is_a_conflict(signed_in, pg_engine):
    nurse = await signed_in(Role.NURSE)
    await nurse.post("/api/registrations", json=BODY, headers={"idempotency-key": "k"})
    answer = await nurse.post("/api/registrations", json={**BODY, "age_years": 45}, headers={"idempotency-key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")
    doctor = await signed_in(Role.DOCTOR)
    assert (await doctor.post("/api/registrations", json=BODY, headers={"idempotency-key": "k"})).status_code == 201
    assert rows_of(pg_engine) == 2


async def test_a_registration_id_is_taken_once(signed_in):
    nurse = await signed_in(Role.NURSE)
    body = {**BODY, "registration_id": "reg_from_the_ward"}
    assert (await nurse.post("/api/registrations", json=body)).status_code == 201
    again = await nurse.post("/api/registrations", json=body)
    assert (again.status_code, again.json()["code"]) == (409, "registration_exists")


@pytest.mark.parametrize(("change", "field", "rule"), [
    ({"age_years": 121}, "age_years", "less_than_equal"),
    ({"acuity": 0}, "acuity", "greater_than_equal"),
    ({"acuity": "3"}, "acuity", "value_error"),
    ({"sex": "f"}, "sex", "enum"),
    ({"condition": "two\nlines"}, "condition", "string_pattern_mismatch"),
    ({"condition": None}, "condition", "string_type"),
    ({"registered_at": "yesterday"}, "registered_at", "value_error"),
    ({"outcome": "admitted"}, "outcome", "extra_forbidden"),
])  # fmt: skip
async def test_a_refusal_names_the_field_and_the_rule_and_never_the_value(signed_in, change, field, rule):
    nurse = await signed_in(Role.NURSE)
    answer = await nurse.post("/api/registrations", json={**BODY, "patient_id": "canary-81723", **change})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [(error["loc"], error["type"]) for error in answer.json()["errors"]] == [(["body", field], rule)]
    assert "canary" not in answer.text


@pytest.mark.parametrize("diastolic", [120, 121])
@pytest.mark.parametrize("url", ["/api/registrations", "/api/risk/assess"])
async def test_a_diastolic_pressure_that_is_not_below_the_systolic_one_is_refused_at_both_fields(
    signed_in, pg_engine, url, diastolic
):
    """What the pipeline's rule `diastolic_not_below_systolic` would park later."""
    nurse = await signed_in(Role.NURSE)
    body = {"condition": "Influenza", "systolic_bp": 120, "diastolic_bp": diastolic}
    answer = await nurse.post(url, json=body if "assess" in url else BODY | body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    allowed = "a value of diastolic_bp below that of systolic_bp"
    assert answer.json()["errors"] == [
        {"loc": ["body", field], "type": "value_error", "allowed": allowed} for field in ("diastolic_bp", "systolic_bp")
    ]
    with pg_engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(Registration)).scalar_one() == 0


@pytest.mark.parametrize("pressures", [{"systolic_bp": 120, "diastolic_bp": 119.9}, {"diastolic_bp": 120}])
async def test_pressures_in_order_or_one_of_them_are_taken(signed_in, pressures):
    nurse = await signed_in(Role.NURSE)
    assert (await nurse.post("/api/registrations", json=BODY | pressures)).status_code == 201


async def test_a_registration_from_the_future_is_refused(signed_in):
    nurse = await signed_in(Role.NURSE)
    answer = await nurse.post("/api/registrations", json={**BODY, "registered_at": "2999-01-01T00:00:00Z"})
    assert (answer.status_code, answer.json()["code"]) == (422, "future_time")


async def test_registrations_are_listed_in_pages_newest_first(signed_in):
    nurse = await signed_in(Role.NURSE)
    for number in range(5):
        await nurse.post("/api/registrations", json={**BODY, "patient_id": f"p-{number}"})
    seen, cursor = [], None
    while True:
        params = {"limit": 2} if cursor is None else {"limit": 2, "cursor": cursor}
        page = (await nurse.get("/api/registrations", params=params)).json()
        seen += [item["patient_id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ["p-4", "p-3", "p-2", "p-1", "p-0"]


async def test_valkey_hears_of_a_registration_without_hearing_of_the_patient(app, signed_in):
    nurse = await signed_in(Role.NURSE)
    listener = app.state.context.valkey.listener()
    async with listener.pubsub() as heard:
        await heard.subscribe("medisync:events")
        await heard.get_message(timeout=1)
        await nurse.post("/api/registrations", json={**BODY, "patient_id": "canary-81723"})
        message = await heard.get_message(timeout=2)
    await listener.aclose()
    assert b'"condition":"Influenza"' in message["data"]
    assert b"canary" not in message["data"]


@pytest.mark.parametrize(("role", "create", "list_"), [
    (Role.DOCTOR, 201, 200), (Role.NURSE, 201, 200), (Role.ADMIN, 201, 403),
    (Role.PATIENT, 403, 403), (Role.STEWARD, 403, 403), (Role.ML_ENGINEER, 403, 403),
])  # fmt: skip
async def test_who_may_register_and_who_may_read(signed_in, role, create, list_):
    client = await signed_in(role)
    assert (await client.post("/api/registrations", json=BODY)).status_code == create
    assert (await client.get("/api/registrations")).status_code == list_


async def test_a_registration_leaves_one_event_and_one_message_in_its_own_transaction(
    signed_in, pg_engine, monkeypatch
):
    nurse = await signed_in(Role.NURSE)
    body = {"patient_id": "Ada Byron, born 1955", "facility": "Main", "condition": "Influenza"}
    for _ in range(2):
        answer = await nurse.post("/api/registrations", json=body, headers={"Idempotency-Key": "once"})
        assert answer.status_code == 201
    with pg_engine.connect() as connection:
        events = connection.execute(select(AuditEvent).where(AuditEvent.action == "registration.create")).all()
    assert [event.object_ids for event in events] == [[str(answer.json()["registration_seq"])]]
    assert "Byron" not in str(events)

    async def fail(*_, **__):
        raise OSError("planted")

    monkeypatch.setattr("app_api.registrations.service.outbox.add", fail)
    refused = await nurse.post("/api/registrations", json=body)
    assert refused.status_code == 503
    with pg_engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(Registration)).scalar_one() == 1
