"""Validation runs and parked rows through HTTP."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import Engine, insert

from core import clock
from core.db.tables import QuarantinedRegistration, ValidationRun
from core.vocabulary import Role

RULE = {
    "rule": "age_in_range",
    "column": "age_years",
    "severity": "critical",
    "kahn": "plausibility",
    "reason": "age_out_of_range",
    "success": False,
    "failed_rows": 3,
}


@pytest.fixture
def runs(pg_engine: Engine) -> list[uuid.UUID]:
    """Three runs, the last one the latest."""
    ids = [uuid.uuid4() for _ in range(3)]
    with pg_engine.begin() as connection:
        for number, run_id in enumerate(ids):
            connection.execute(
                insert(ValidationRun).values(
                    validation_run_id=run_id,
                    suite="registrations",
                    suite_version="1",
                    month=f"2026-0{number + 1}",
                    dagster_run_id="run",
                    row_count=100,
                    failed_row_count=3,
                    is_success=False,
                    rules=[RULE],
                    ran_at=clock.now() + timedelta(seconds=number),
                )
            )
    return ids


@pytest.fixture
def parked(pg_engine: Engine) -> list[str]:
    """Five open rows and a fixed one."""
    hashes = [f"{number:064x}" for number in range(6)]
    with pg_engine.begin() as connection:
        for number, content_hash in enumerate(hashes):
            connection.execute(
                insert(QuarantinedRegistration).values(
                    content_hash=content_hash,
                    month="2026-01" if number < 3 else "2026-02",
                    source="import",
                    source_record=str(number),
                    reasons=["age_out_of_range"] if number % 2 else ["age_out_of_range", "condition_missing"],
                    raw={"patient_id": "p", "age_years": "212", "sex": None},
                    status="fixed" if number == 5 else "open",
                    dagster_run_id="run",
                    quarantined_at=clock.now(),
                )
            )
    return hashes


async def test_runs_are_listed_latest_first_and_filtered(signed_in, runs):
    steward = await signed_in(Role.STEWARD)
    first = (await steward.get("/api/validation/runs", params={"limit": 2})).json()
    second = (await steward.get("/api/validation/runs", params={"limit": 2, "cursor": first["next"]})).json()
    seen = [item["validation_run_id"] for page in (first, second) for item in page["items"]]
    assert seen == [str(run_id) for run_id in reversed(runs)]
    january = (await steward.get("/api/validation/runs", params={"month": "2026-01", "suite": "registrations"})).json()
    assert [item["validation_run_id"] for item in january["items"]] == [str(runs[0])]


async def test_a_run_says_what_became_of_each_rule(signed_in, runs):
    steward = await signed_in(Role.STEWARD)
    assert (await steward.get(f"/api/validation/runs/{runs[0]}")).json()["rules"] == [RULE]
    missing = await steward.get(f"/api/validation/runs/{uuid.uuid4()}")
    assert (missing.status_code, missing.json()["code"]) == (404, "validation_run_not_found")


async def test_a_steward_reads_parked_rows_as_they_came(signed_in, parked):
    steward = await signed_in(Role.STEWARD)
    page = (await steward.get("/api/quarantine", params={"limit": 3})).json()
    assert page["total"] == 5
    assert page["reasons"] == {"age_out_of_range": 5, "condition_missing": 3}
    assert page["items"][0]["raw"] == {"patient_id": "p", "age_years": "212", "sex": None}
    rest = (await steward.get("/api/quarantine", params={"limit": 3, "cursor": page["next"]})).json()
    assert [item["content_hash"] for found in (page, rest) for item in found["items"]] == parked[:5]
    assert rest["next"] is None


@pytest.mark.parametrize(("params", "total"), [
    ({"month": "2026-01"}, 3), ({"status": "fixed"}, 1), ({"reason": "condition_missing"}, 3),
    ({"month": "2026-01", "reason": "condition_missing"}, 2), ({"status": "waived"}, 0),
])  # fmt: skip
async def test_parked_rows_are_filtered(signed_in, parked, params, total):
    steward = await signed_in(Role.STEWARD)
    page = (await steward.get("/api/quarantine", params=params)).json()
    assert (page["total"], len(page["items"])) == (total, total)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.STEWARD])
async def test_nobody_else_reads_raw_values(signed_in, parked, role):
    assert (await (await signed_in(role)).get("/api/quarantine")).status_code == 403
