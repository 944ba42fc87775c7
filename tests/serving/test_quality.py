"""Validation runs and parked rows through HTTP."""

import base64
import hashlib
import re
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import Engine, insert

from core import clock
from core.db.tables import QuarantinedRegistration, SourceContract, ValidationRun
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
    assert (await steward.get(f"/api/validation/runs/{runs[0]}")).json()["rules"] == [{**RULE, "waived_rows": 0}]
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


async def test_a_run_is_a_page_of_its_own_under_a_policy_that_allows_no_script(signed_in, runs):
    steward = await signed_in(Role.STEWARD)
    answer = await steward.get(f"/api/validation/runs/{runs[2]}/report")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL).group(1)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in policy, "the browser would not apply the style"
    for words in ("age_in_range", "plausibility", "Pass rate over 3 runs", "2026-03"):
        assert words in answer.text
    assert not re.search(r"<script|https?://|style=", answer.text)
    missing = await steward.get(f"/api/validation/runs/{uuid.uuid4()}/report")
    assert missing.json()["code"] == "validation_run_not_found"


async def test_a_page_of_an_early_month_does_not_tell_later_ones(signed_in, runs):
    steward = await signed_in(Role.STEWARD)
    page = (await steward.get(f"/api/validation/runs/{runs[0]}/report")).text
    assert "2026-01" in page
    assert "2026-03" not in page


async def test_rules_are_told_month_by_month_with_their_trend(signed_in, runs, pg_engine):
    with pg_engine.begin() as connection:
        better = [{**RULE, "failed_rows": 0, "success": True, "waived_rows": 2}]
        connection.execute(
            insert(ValidationRun).values(
                validation_run_id=uuid.uuid4(), suite="registrations", suite_version="1", month="2026-03",
                dagster_run_id="again", row_count=100, failed_row_count=0, is_success=True, rules=better,
                ran_at=clock.now() + timedelta(minutes=1),
            )
        )  # fmt: skip
    steward = await signed_in(Role.STEWARD)
    report = (await steward.get("/api/validation/trends")).json()
    assert report["months"] == ["2026-01", "2026-02", "2026-03"]
    (rule,) = report["rules"]
    assert [point["failed_rows"] for point in rule["points"]] == [3, 3, 0], "the newest run of a month counts"
    assert (rule["trend"], rule["failed_rows"], rule["waived_rows"], rule["kahn"]) == ("better", 6, 2, "plausibility")
    assert rule["points"][0]["pass_rate"] == pytest.approx(0.97)


async def test_contracts_are_listed_with_what_was_refused(signed_in, pg_engine):
    with pg_engine.begin() as connection:
        for verdict in ("accepted", "refused"):
            connection.execute(
                insert(SourceContract).values(
                    source="ward.csv", version="1.0", verdict=verdict, file_name="ward.csv", file_sha256="0" * 64,
                    columns=[{"name": "age", "type": "number", "unit": None, "values": None, "is_required": True}],
                    changes=[{"column": "age", "kind": "removed", "detail": "age is gone", "is_breaking": True}],
                    noted_at=clock.now(),
                )
            )  # fmt: skip
    engineer = await signed_in(Role.ML_ENGINEER)
    page = (await engineer.get("/api/contracts", params={"source": "ward.csv"})).json()
    assert [item["verdict"] for item in page["items"]] == ["refused", "accepted"]
    assert (await (await signed_in(Role.NURSE)).get("/api/contracts")).status_code == 403
