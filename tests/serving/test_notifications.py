"""Stewards see what the pipeline told, each their own unread ones."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from core import clock
from core.db.tables import LayerProfile, Notification
from core.vocabulary import Role


@pytest.fixture
def told(pg_engine):
    with pg_engine.begin() as connection:
        connection.execute(
            insert(Notification),
            [
                {
                    "event_key": f"dagster:{number}",
                    "kind": "failed_check",
                    "severity": "critical",
                    "subject": "raw_registrations",
                    "check_name": "raw_registrations_hold",
                    "summary": "raw_registrations_hold on raw_registrations: failed",
                    "details": {"rules": ["content_hash_missing"]},
                    "dagster_run_id": None,
                    "happened_at": clock.now() - timedelta(minutes=10 - number),
                    "webhook_state": "off",
                    "webhook_attempts": 0,
                }
                for number in range(3)
            ],
        )


@pytest.mark.parametrize("role", [Role.STEWARD, Role.ADMIN, Role.ML_ENGINEER])
async def test_those_who_mend_see_them(signed_in, told, role):
    client = await signed_in(role)
    page = (await client.get("/api/notifications", params={"limit": 2})).json()
    assert [item["notification_id"] for item in page["items"]] == [3, 2]
    assert (page["unread"], page["next"]) == (3, 2)
    rest = (await client.get("/api/notifications", params={"cursor": 2})).json()
    assert [item["notification_id"] for item in rest["items"]] == [1]


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.NURSE, Role.PATIENT])
async def test_others_do_not(signed_in, told, role):
    client = await signed_in(role)
    assert (await client.get("/api/notifications")).status_code == 403
    assert (await client.post("/api/notifications/1/read")).status_code == 403


async def test_reading_is_each_persons_own(signed_in, told):
    steward, admin = await signed_in(Role.STEWARD), await signed_in(Role.ADMIN)
    for _ in range(2):
        answer = await steward.post("/api/notifications/3/read")
        assert answer.json() == {"unread": 2}
    assert (await admin.get("/api/notifications")).json()["unread"] == 3
    assert (await steward.post("/api/notifications/2/read-up-to")).json() == {"unread": 0}
    unread = (await steward.get("/api/notifications", params={"only_unread": True})).json()
    assert unread["items"] == []
    missing = await steward.post("/api/notifications/99/read")
    assert (missing.status_code, missing.json()["code"]) == (404, "notification_not_found")


async def test_a_layers_profile_shows_missing_shares_and_drift(signed_in, pg_engine):
    shift = {
        "column": "age_years",
        "psi": 0.4,
        "effect": 0.6,
        "has_moved": True,
        "moved_months": 3,
        "is_drift": True,
    }
    with pg_engine.begin() as connection:
        connection.execute(
            insert(LayerProfile).values(
                asset="features_risk",
                month="2026-10",
                row_count=400,
                null_fractions={"age_years": 0.1},
                reference_months=["2024-01", "2024-12"],
                shifts=[shift],
                dagster_run_id="r",
                profiled_at=clock.now(),
            )
        )
    client = await signed_in(Role.STEWARD)
    (month,) = (await client.get("/api/layers/features_risk/profiles")).json()["items"]
    assert month["shifts"] == [shift]
    assert month["null_fractions"] == {"age_years": 0.1}
    nurse = await signed_in(Role.NURSE)
    assert (await nurse.get("/api/layers/features_risk/profiles")).status_code == 403
