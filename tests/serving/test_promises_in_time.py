"""The times that were promised, kept in tests at their own bounds: the best of three rounds counts.

What else a machine does only ever adds to a time, so a round that is in time shows what the code can do; a regression
makes every round late. Times under a thousand users are in `bench/serving.py`.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

import numpy as np
import published
import pytest
from sqlalchemy import text
from test_plans import HOT, fill
from test_realtime import BODY, live, next_of, server  # noqa: F401  the running application
from test_risk import PATIENT, released, two_visits  # noqa: F401  a champion; a patient's visits

from core import clock
from core.vocabulary import Role
from tests.serving.conftest import sign_in

ROUNDS = 3


async def _p95(ask: Callable[[], Awaitable[None]], *, times: int, at_once: int = 1) -> float:
    """Return the least 95 % quantile of three rounds, in seconds; `at_once` clients ask beside each other."""

    async def client(share: int) -> list[float]:
        seconds = []
        for _ in range(share):
            began = time.perf_counter()
            await ask()
            seconds.append(time.perf_counter() - began)
        return seconds

    await ask()
    found = []
    for _ in range(ROUNDS):
        parts = await asyncio.gather(*(client(times // at_once) for _ in range(at_once)))
        found.append(float(np.quantile(np.concatenate(parts), 0.95)))
    return min(found)


@pytest.mark.parametrize(("role", "page"), [
    (Role.DOCTOR, "/api/analytics/doctor/"), (Role.NURSE, "/api/analytics/nurse/"), (Role.DOCTOR, "/api/analytics/"),
    (Role.DOCTOR, "/api/analytics/realtime/"),
])  # fmt: skip
async def test_a_page_of_the_dashboard_answers_within_200_ms(app, signed_in, pg_engine, role, page):
    published.publish(pg_engine, published.everything())
    await app.state.analytics.renew()
    person = await signed_in(role)

    async def ask() -> None:
        assert (await person.get(page)).status_code == 200

    assert await _p95(ask, times=64, at_once=8) < 0.2


async def test_an_assessment_answers_within_100_ms_its_features_included(released, two_visits):  # noqa: F811
    async with sign_in(released, Role.DOCTOR) as doctor:

        async def ask() -> None:
            # Named, so that the features of earlier visits are made from the rows in the database.
            answer = await doctor.post("/api/risk/assess", json={**PATIENT, "registration_id": "r-now"})
            assert answer.json()["level"]

        assert await _p95(ask, times=40) < 0.1


async def test_a_registration_is_on_a_screen_and_in_the_counts_within_5_s(server, signed_in):  # noqa: F811
    nurse, doctor = await signed_in(Role.NURSE), await signed_in(Role.DOCTOR)

    async def count() -> int:
        return (await doctor.get("/api/analytics/realtime/")).json()["today"]["registrations_count"]

    before = await count()
    async with live(server, doctor) as ws:
        await next_of(ws)
        began = time.perf_counter()
        assert (await nurse.post("/api/registrations", json=BODY)).status_code == 201
        assert (await next_of(ws))["topic"] == "registrations"
        while await count() != before + 1:
            assert time.perf_counter() - began < 5, "on the screen and not yet in the counts"
            await asyncio.sleep(0.05)
        assert time.perf_counter() - began < 5


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.ADMIN])
async def test_a_report_is_set_within_30_s(app, signed_in, pg_engine, role):
    published.publish(pg_engine, published.everything())
    await app.state.analytics.renew()
    person = await signed_in(role)
    began = time.perf_counter()
    answer = await person.post("/api/analytics/pdf/", json={"role": role})
    assert answer.content.startswith(b"%PDF")
    assert time.perf_counter() - began < 30


@pytest.mark.slow
def test_each_hot_query_takes_less_than_50_ms_among_a_million_rows(pg_engine):
    fill(pg_engine, 1_000_000)
    until = clock.now()
    late = {}
    with pg_engine.connect() as connection:
        for name, query in HOT.items():
            values = {"since": until - timedelta(hours=24), "until": until}
            given = {key: value for key, value in values.items() if f":{key}" in query}
            asked = text(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}")
            times = [connection.execute(asked, given).scalar_one()[0]["Execution Time"] for _ in range(ROUNDS)]
            late |= {name: times} if min(times) >= 50 else {}
    assert late == {}
