"""The hot queries use their indexes on a table of a hundred thousand registrations."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from core import clock
from core.vocabulary import Role
from serving.analytics.repository import LAST_DAY

_FILL = text("""
    INSERT INTO registration (registration_id, patient_id, facility, registered_at, recorded_at, condition, acuity)
    SELECT 'r' || n, 'p' || n % 5000, 'North', now() - n * interval '5 minutes', now(), 'Influenza', 1 + n % 5
    FROM generate_series(1, :rows) AS n
""")
#: What screens ask for all day long.
HOT = {
    "last_day": LAST_DAY.text,
    "latest": "SELECT max(registered_at) FROM registration WHERE registered_at <= :until",
    "newest_page": "SELECT * FROM registration ORDER BY registration_seq DESC LIMIT 51",
    "by_id": "SELECT * FROM registration WHERE registration_id = 'r77'",
}


def fill(engine: Engine, rows: int) -> None:
    """Put so many registrations there, one each five minutes back from now."""
    with engine.begin() as connection:
        connection.execute(_FILL, {"rows": rows})
        connection.execute(text("ANALYZE registration"))


@pytest.fixture
def large(pg_engine):
    """A hundred thousand registrations of the last year."""
    fill(pg_engine, 100_000)
    return pg_engine


@pytest.mark.parametrize("query", HOT.values(), ids=HOT)
def test_no_hot_query_reads_the_whole_table(large, query):
    until = clock.now()
    times = {"since": until - timedelta(hours=24), "until": until}
    times = {name: moment for name, moment in times.items() if f":{name}" in query}
    with large.connect() as connection:
        plan = "\n".join(connection.execute(text(f"EXPLAIN {query}"), times).scalars())
    assert "Seq Scan" not in plan, plan


async def test_the_board_of_a_day_is_right_on_a_large_table(app, large, signed_in):
    page = (await (await signed_in(Role.DOCTOR)).get("/api/analytics/realtime/")).json()
    assert 270 <= page["today"]["registrations_count"] <= 289
    assert sum(row["count"] for row in page["today"]["by_acuity"]) == page["today"]["registrations_count"]
