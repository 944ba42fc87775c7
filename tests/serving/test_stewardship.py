"""Fixing, waiving and replaying through HTTP: who may, what is refused and in which words, and what is remembered."""

import uuid

import pytest
from sqlalchemy import insert, select

from core import clock
from core.db.tables import AuditEvent, MonthCount, QuarantineDecision, QuarantinedRegistration, ReplayRequest
from core.vocabulary import Role

HASH = "a" * 64
CANARY = "canary-4711"
RAW = {
    "registration_id": "R1", "patient_id": CANARY, "facility": "North", "registered_at": "2026-01-03T10:00:00Z",
    "age_years": "444", "condition": "Influenza", "heart_rate": "305", "sex": "female",
}  # fmt: skip


@pytest.fixture
def parked(pg_engine):
    """One open row of January that broke three rules."""
    with pg_engine.begin() as connection:
        connection.execute(
            insert(QuarantinedRegistration).values(
                content_hash=HASH,
                month="2026-01",
                source="ward.csv",
                source_record="line 7",
                reasons=["age_years_out_of_range", "heart_rate_out_of_range", "acuity_missing"],
                raw=RAW,
                status="open",
                dagster_run_id="run",
                quarantined_at=clock.now(),
            )
        )
    return HASH


def _rows(engine, table):
    with engine.connect() as connection:
        return connection.execute(select(table.__table__)).all()


FIX = {"changes": {"age_years": "44", "heart_rate": "105"}, "reason": "Asked the ward"}


async def test_a_fix_keeps_the_row_as_received_and_says_which_month_to_replay(signed_in, parked, pg_engine):
    steward = await signed_in(Role.STEWARD)
    answer = await steward.post(f"/api/quarantine/{HASH}/fix", json=FIX)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["status"], body["months_to_replay"]) == ("fixed", ["2026-01"])
    assert body["decision"]["fields"] == ["age_years", "heart_rate"]
    (row,) = _rows(pg_engine, QuarantinedRegistration)
    assert (row.raw, row.status) == (RAW, "fixed")
    (decision,) = _rows(pg_engine, QuarantineDecision)
    assert (decision.corrected["age_years"], decision.corrected["patient_id"]) == ("44", CANARY)
    assert decision.decided_by_name == "A steward"
    again = await steward.post(f"/api/quarantine/{HASH}/fix", json=FIX)
    assert (again.status_code, again.json()["code"]) == (409, "already_decided")


@pytest.mark.parametrize(("changes", "says"), [
    ({"age_years": "444"}, "age_years must be a number between 0 and 120 years"),
    ({"age_years": CANARY}, "age_years must be a number"),
    ({"acuity": "2.5"}, "acuity must be a whole number between 1 and 5"),
    ({"sex": "f"}, "sex must be one of female, male, other, unknown"),
    ({"registered_at": "yesterday"}, "registered_at must be a moment such as"),
    ({"registered_at": "2999-01-01T00:00:00Z"}, "from 1900 to now"),
    ({"facility": ""}, "facility is needed"),
    ({"recorded_at": "2026-01-01T00:00:00Z"}, "recorded_at is no field to fix"),
    ({"age_years": "nan"}, "age_years must be a number"),
    ({"facility": "North"}, "nothing is corrected"),
])  # fmt: skip
async def test_a_field_that_cannot_be_right_is_named_and_its_value_is_not(signed_in, parked, pg_engine, changes, says):
    steward = await signed_in(Role.STEWARD)
    answer = await steward.post(f"/api/quarantine/{HASH}/fix", json={"changes": changes, "reason": "Asked the ward"})
    assert answer.status_code == 422
    assert says in answer.json()["detail"]
    assert CANARY not in answer.text
    assert _rows(pg_engine, QuarantineDecision) == []


async def test_a_waiver_of_one_of_two_critical_rules_leaves_the_row_open(signed_in, parked):
    steward = await signed_in(Role.STEWARD)
    told = {"rules": ["heart_rate_out_of_range"], "reason": "Seen on the strip"}
    assert (await steward.post(f"/api/quarantine/{HASH}/waive", json=told)).json()["status"] == "open"
    wrong = {"rules": ["acuity_missing"], "reason": "Not known"}
    refused = await steward.post(f"/api/quarantine/{HASH}/waive", json=wrong)
    assert (refused.status_code, refused.json()["code"]) == (422, "rule_not_waivable")
    absent = {"rules": ["spo2_pct_out_of_range"], "reason": "Not known"}
    assert (await steward.post(f"/api/quarantine/{HASH}/waive", json=absent)).json()["code"] == "rule_not_broken"
    past = {"rules": ["age_years_out_of_range"], "reason": "Not known", "expires_at": "2020-01-01T00:00:00Z"}
    assert (await steward.post(f"/api/quarantine/{HASH}/waive", json=past)).json()["code"] == "expires_in_past"


async def test_a_row_opens_with_its_rules_in_words_and_the_look_is_audited(signed_in, parked, pg_engine):
    steward = await signed_in(Role.STEWARD)
    detail = (await steward.get(f"/api/quarantine/{HASH}")).json()
    assert detail["raw"]["age_years"] == "444"
    assert [rule["is_waivable"] for rule in detail["rules"]] == [True, True, False]
    events = _rows(pg_engine, AuditEvent)
    assert [(event.action, event.object_ids) for event in events] == [("quarantine.read", [HASH])]
    missing = await steward.get(f"/api/quarantine/{'b' * 64}")
    assert (missing.status_code, missing.json()["code"]) == (404, "parked_row_not_found")


async def test_a_replay_takes_the_months_that_wait_and_tells_how_far_it_is(signed_in, parked, pg_engine):
    admin, steward = await signed_in(Role.ADMIN), await signed_in(Role.STEWARD)
    nothing = await admin.post("/api/quarantine/replay", json={})
    assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing_to_replay")
    await steward.post(f"/api/quarantine/{HASH}/fix", json=FIX)
    asked = await admin.post("/api/quarantine/replay", json={})
    assert asked.status_code == 202
    made = asked.json()
    assert (made["state"], [one["month"] for one in made["months"]]) == ("waiting", ["2026-01"])
    (wish,) = _rows(pg_engine, ReplayRequest)
    (decision,) = _rows(pg_engine, QuarantineDecision)
    with pg_engine.begin() as connection:
        connection.execute(
            insert(MonthCount).values(
                month="2026-01", raw_count=10, validated_count=8, quarantined_count=0, superseded_count=1,
                duplicate_count=1, waived_count=0, replay_seq=wish.replay_seq, decision_seq=decision.decision_seq,
                dagster_run_id="run", counted_at=clock.now(),
            )
        )  # fmt: skip
    done = (await steward.get(f"/api/quarantine/replays/{made['replay_id']}")).json()
    assert (done["state"], done["is_reconciled"]) == ("done", True)
    assert (await steward.post("/api/quarantine/replay", json={})).json()["code"] == "nothing_to_replay"
    missing = await steward.get(f"/api/quarantine/replays/{uuid.uuid4()}")
    assert missing.json()["code"] == "replay_not_found"


async def test_the_history_names_fields_and_reasons_and_no_value(signed_in, parked):
    steward, admin = await signed_in(Role.STEWARD), await signed_in(Role.ADMIN)
    await steward.post(f"/api/quarantine/{HASH}/fix", json=FIX)
    answer = await admin.get("/api/quarantine/decisions")
    assert answer.json()["items"][0]["reason"] == "Asked the ward"
    assert CANARY not in answer.text
    assert "105" not in answer.text.replace(HASH, "").split("decided_at")[0]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.STEWARD])
async def test_only_a_steward_fixes_and_waives(signed_in, parked, role):
    person = await signed_in(role)
    assert (await person.post(f"/api/quarantine/{HASH}/fix", json=FIX)).status_code == 403
    assert (await person.post(f"/api/quarantine/{HASH}/waive", json={"reason": "because"})).status_code == 403
    assert (await person.get(f"/api/quarantine/{HASH}")).status_code == 403
