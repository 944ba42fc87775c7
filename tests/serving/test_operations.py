"""The administrator's page: demand, promises as measured, capacity what-if."""

import asyncio
import io
from datetime import UTC, datetime, timedelta

import published
import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry, Counter, Histogram
from pypdf import PdfReader
from sqlalchemy import func, select

from core.db.tables import OutboxMessage
from core.vocabulary import Role
from serving.operations.promises import promises_of, quantile
from serving.operations.uptime import Uptime

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
PATH = "/api/analytics/admin/"


@pytest_asyncio.fixture
async def hospital(pg_engine, app):
    published.publish(pg_engine, published.everything())
    await app.state.analytics.renew()


async def news_wait(app) -> bool:
    """Whether something is not told yet."""
    async with app.state.context.engine.connect() as connection:
        return (await connection.execute(select(func.count()).select_from(OutboxMessage))).scalar_one() > 0


async def test_an_administrator_sees_demand_promises_and_capacity(app, signed_in, hospital):
    admin = await signed_in(Role.ADMIN)
    await admin.get("/api/analytics/")
    entered = {"patient_id": "P1", "facility": "North", "condition": "Influenza"}
    nurse = await signed_in(Role.NURSE)
    assert (await nurse.post("/api/registrations", json=entered)).status_code == 201
    while await news_wait(app):
        await asyncio.sleep(0.05)
    page = (await admin.get(PATH)).json()
    assert [row["key"] for row in page["overview"]] == [
        "registrations_last_day",
        "conditions_above_usual",
        "expected_next_month",
        "busiest_month",
    ]
    assert all(row["as_of"] for row in page["overview"])
    assert page["overview"][2]["receipt"].startswith("rcp_patient_volume")
    promises = {row["key"]: row for row in page["system_health"]["promises"]}
    assert promises["dashboard_p95"]["observations"] >= 1
    assert promises["answered_share"]["measured"] == 1.0
    assert promises["assessment_p95"]["is_kept"] is None
    assert promises["statement_p95"]["observations"] >= 3
    assert promises["statement_p95"]["measured"] > 0
    assert promises["news_p95"]["observations"] == 1
    assert promises["news_p95"]["measured"] > 0
    assert page["capacity"]["receipt"].startswith("rcp_patient_volume")
    assert page["capacity"]["assumptions"]["admitted_share_source"] == "assumed"


async def test_what_if_changes_the_beds_that_are_needed(signed_in, hospital):
    admin = await signed_in(Role.ADMIN)
    short = (await admin.get(PATH, params={"stay_days": 2, "admitted_share": 0.1})).json()["capacity"]
    long = (await admin.get(PATH, params={"stay_days": 8, "admitted_share": 0.1})).json()["capacity"]
    assert short["assumptions"]["admitted_share_source"] == "given"
    assert long["months"][0]["beds_mean"] == pytest.approx(4 * short["months"][0]["beds_mean"], rel=0.02)
    assert long["months"][0]["beds_needed"] > short["months"][0]["beds_needed"]


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMIN}))
async def test_only_administrators_may_read_it(signed_in, hospital, role):
    client = await signed_in(role)
    assert (await client.get(PATH)).status_code == 403


async def test_the_report_of_an_administrator_holds_overview_capacity_and_health(signed_in, hospital):
    admin = await signed_in(Role.ADMIN)
    answer = await admin.post("/api/analytics/pdf/", json={"role": "admin"})
    pages = PdfReader(io.BytesIO(answer.content)).pages
    words = " ".join(" ".join(page.extract_text() for page in pages).split())
    for part in ("The hospital at a glance", "Do beds and staff suffice?", "Does the system keep its promises?"):
        assert part in words
    assert "Counts of 1 to 10 are hidden" in words


def test_a_missed_promise_is_said_to_be_missed():
    registry = CollectorRegistry()
    requests = Counter("medisync_http_requests", "-", ("method", "route", "status"), registry=registry)
    seconds = Histogram("medisync_http_seconds", "-", ("method", "route"), registry=registry, buckets=(0.1, 0.5, 1))
    for _ in range(100):
        seconds.labels("GET", "/api/analytics/").observe(0.4)
    requests.labels("GET", "/api/analytics/", "200").inc(90)
    requests.labels("GET", "/api/analytics/", "503").inc(10)
    lost = Uptime(NOW - timedelta(days=10), NOW, served_slots=6 * (14_400 - 15), answered=0, failed=0)
    families = list(registry.collect())
    found = {promise.key: promise for promise in promises_of(families, published_age_hours=100.0, uptime=lost)}
    assert found["uptime_share"].is_kept is False, "a quarter of an hour of ten days"
    assert found["dashboard_p95"].is_kept is False
    assert found["dashboard_p95"].measured == pytest.approx(0.48)
    assert found["answered_share"].measured == pytest.approx(0.9)
    assert found["answered_share"].is_kept is False
    assert found["published_age"].is_kept is False


def test_a_quantile_past_the_last_bound_is_not_made_up():
    assert quantile([(0.1, 1), (float("inf"), 10)], 0.95) == 0.1
