"""Minutes that were served: written by many workers, and what a gap costs."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from core import clock
from core.db.engine import async_engine
from core.db.tables import ServedMinute
from core.vocabulary import Role
from serving import served_minutes
from serving.operations import repository
from serving.operations.uptime import SLOT_SECONDS, WINDOW, Uptime, minute_of, slot_of, span

NOW = datetime(2026, 11, 28, 12, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WHOLE = 63


def _served(pg_engine, minutes, *, slots=WHOLE, answered=10, failed=0):
    with pg_engine.begin() as connection:
        rows = [
            {"minute_at": one, "slots": slots, "answered_count": answered, "failed_count": failed} for one in minutes
        ]
        connection.execute(insert(ServedMinute), rows)


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_has_exactly_one_of_six_slots_of_its_minute(moment):
    slot = slot_of(moment)
    assert slot in (1, 2, 4, 8, 16, 32)
    began = minute_of(moment) + timedelta(seconds=SLOT_SECONDS * (slot.bit_length() - 1))
    assert began <= moment < began + timedelta(seconds=SLOT_SECONDS)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=500)))
def test_only_whole_minutes_count_and_thirty_days_at_the_most(ago):
    first = minute_of(NOW - ago)
    since, until = span(first, NOW)
    assert since <= until <= NOW
    assert until - since <= WINDOW
    assert since in (first + MINUTE, until - WINDOW, until)
    assert since > first or since == until, "the first began before anybody could write"


async def test_before_the_first_whole_minute_nothing_is_claimed(app):
    async with app.state.context.engine.connect() as connection:
        found = await repository.uptime(connection, now=clock.now())
    assert found.share is None
    assert found.left_minutes == pytest.approx(43.2)


async def test_minutes_that_nobody_wrote_down_are_lost_whoever_was_at_fault(app, pg_engine, signed_in):
    begun = minute_of(clock.now()) - timedelta(days=2)
    lost = {begun + 100 * MINUTE + number * MINUTE for number in range(5)}
    minutes = [begun + number * MINUTE for number in range(2 * 24 * 60)]
    half = minutes[7]
    _served(pg_engine, [one for one in minutes if one not in lost and one != half], failed=1)
    _served(pg_engine, [half], slots=0b000111)
    page = (await (await signed_in(Role.ADMIN)).get("/api/analytics/admin/")).json()["system_health"]
    # A minute that ended meanwhile was not written whole.
    assert 5.5 <= page["uptime"]["down_minutes"] <= 6.5
    assert page["uptime"]["since_at"] == clock.iso(begun + MINUTE)
    assert page["uptime"]["budget_minutes"] == pytest.approx(43.2)
    assert page["uptime"]["failed_count"] == len(minutes) - 7
    promise = next(row for row in page["promises"] if row["key"] == "uptime_share")
    assert promise["measured"] == pytest.approx(1 - 5.5 / (2 * 1440 - 1), abs=4e-4)
    assert promise["is_kept"] is False


async def test_what_is_older_than_thirty_days_neither_helps_nor_hurts(app, pg_engine):
    now = minute_of(clock.now())
    _served(pg_engine, [now - timedelta(days=60)])
    _served(pg_engine, [now - timedelta(days=30) + number * MINUTE for number in range(30 * 1440)])
    async with app.state.context.engine.connect() as connection:
        found = await repository.uptime(connection, now=now)
    assert found.minutes == 30 * 1440
    assert found.share == 1
    assert found.left_minutes == pytest.approx(43.2)


async def test_fifty_workers_write_one_minute_and_nothing_is_lost(app_settings, pg_engine):
    engine = async_engine(app_settings.async_database_dsn, pool_size=10)

    async def write(number):
        async with engine.begin() as connection:
            await repository.note_served(
                connection, minute_at=minute_of(NOW), slot=1 << number % 6, answered=3, failed=number % 2
            )

    await asyncio.gather(*map(write, range(50)))
    await engine.dispose()
    with pg_engine.connect() as connection:
        row = connection.execute(select(ServedMinute)).one()
    assert (row.slots, row.answered_count, row.failed_count) == (WHOLE, 150, 25)


async def test_the_worker_writes_answers_down_once_and_no_probe(app, pg_engine, client_of):
    client, metrics, engine = client_of(), app.state.metrics, app.state.context.engine
    metrics.tally.take()
    for path in ("/livez", "/readyz", "/metrics", "/api/users/me", "/api/users/me"):
        await client.get(path)
    assert (metrics.tally.answered, metrics.tally.failed) == (2, 0)
    metrics.observe("GET", "/api/queues", 503, 0.1)
    await served_minutes.note(engine, metrics)
    await served_minutes.note(engine, metrics)
    with pg_engine.connect() as connection:
        total = connection.execute(text("SELECT sum(answered_count), sum(failed_count) FROM served_minute")).one()
    assert tuple(total) == (3, 1)


async def test_answers_of_a_moment_without_database_are_counted_with_the_next(app, pg_engine):
    metrics, engine = app.state.metrics, app.state.context.engine
    metrics.tally.take()
    metrics.observe("GET", "/api/queues", 503, 0.1)
    away = async_engine("postgresql+asyncpg://nobody@127.0.0.1:9/nowhere", pool_size=1)
    with pytest.raises((SQLAlchemyError, OSError)):
        await served_minutes.note(away, metrics)
    await away.dispose()
    assert (metrics.tally.answered, metrics.tally.failed) == (1, 1)
    await served_minutes.note(engine, metrics)
    with pg_engine.connect() as connection:
        assert connection.execute(select(ServedMinute.failed_count)).scalars().all()[-1] == 1


async def test_the_gauges_say_what_is_left_and_old_minutes_go(app, pg_engine):
    now = minute_of(clock.now())
    _served(pg_engine, [now - timedelta(days=500)])
    _served(pg_engine, [now - number * MINUTE for number in range(1, 101) if number not in (50, 51, 52)])
    await served_minutes.review(app.state.context.engine, app.state.metrics)
    words = app.state.metrics.text().decode()
    left = float(re.search(r"^medisync_error_budget_minutes (\S+)", words, re.MULTILINE)[1])
    with pg_engine.connect() as connection:
        oldest = connection.execute(select(ServedMinute.minute_at).order_by(ServedMinute.minute_at)).scalars().first()
    assert oldest == now - 100 * MINUTE
    # The review saw the minute of 500 days ago before it let it go: all of the window but these is lost.
    assert left < 43.2 - 3
    await served_minutes.review(app.state.context.engine, app.state.metrics)
    words = app.state.metrics.text().decode()
    left = float(re.search(r"^medisync_error_budget_minutes (\S+)", words, re.MULTILINE)[1])
    assert left - (43.2 - 3) == pytest.approx(0, abs=1.01)


def test_a_budget_that_is_overspent_is_below_zero():
    gone = Uptime(NOW - timedelta(hours=2), NOW, served_slots=0, answered=0, failed=0)
    assert gone.share == 0
    assert gone.left_minutes == pytest.approx(43.2 - 120)
