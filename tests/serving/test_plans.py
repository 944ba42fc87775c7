"""The hot queries use their indexes on a table of a hundred thousand registrations."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, insert, text

from app_api.demand import repository
from core import clock
from core.db.tables import Queue
from core.ids import new_uuid
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


_STAYS = text("""
    INSERT INTO queue_entry (entry_id, queue_id, patient_id, acuity, ticket_date, ticket_code, state, arrived_at,
                             virtual_at, is_immediate, overtakes, ended_at, version)
    SELECT gen_random_uuid(), :queue_id, 'p' || n, 1 + n % 5, '2020-01-01', 'T' || n,
           CASE WHEN n <= 40 THEN 'waiting' ELSE 'completed' END, now() - n * interval '5 minutes',
           now() - n * interval '5 minutes', false, 0, now(), 1
    FROM generate_series(1, 100000) AS n
""")


def test_who_is_there_and_who_came_lately_are_found_by_index_among_a_hundred_thousand_stays(pg_engine):
    now, queue_id = clock.now(), new_uuid()
    with pg_engine.begin() as connection:
        queue = {"queue_id": queue_id, "name": "Q", "facility": "North", "strategy": "priority", "ticket_prefix": "Q",
                 "created_at": now}  # fmt: skip
        connection.execute(insert(Queue).values(**queue))
        connection.execute(_STAYS, {"queue_id": queue_id})
        connection.execute(text("ANALYZE queue_entry"))
    with pg_engine.connect() as connection:
        assert len(connection.execute(repository.present_query(now)).all()) == 40
        assert connection.execute(repository.recent_query(now)).scalar_one() in (95, 96)
        for query in (repository.present_query(now), repository.recent_query(now)):
            asked = query.compile(connection, compile_kwargs={"literal_binds": True})
            plan = "\n".join(connection.execute(text(f"EXPLAIN {asked}")).scalars())
            assert "Seq Scan" not in plan, plan


async def test_the_board_of_a_day_is_right_on_a_large_table(app, large, signed_in):
    page = (await (await signed_in(Role.DOCTOR)).get("/api/analytics/realtime/")).json()
    assert 270 <= page["today"]["registrations_count"] <= 289
    assert sum(row["count"] for row in page["today"]["by_acuity"]) == page["today"]["registrations_count"]
