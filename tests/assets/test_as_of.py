"""The past as it was known: the same moment gives the same matrix hash whatever was corrected since; now does not."""

import asyncio
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import insert

from app_api.stewardship import service
from app_api.stewardship.schemas import Fix
from app_api.stewardship.service import Who
from assets.as_of import training_matrix, validated_as_of
from assets.database import Database
from assets.intake import import_file
from assets.sources import Sources
from core import clock
from core.db.engine import async_engine
from core.db.tables import QuarantinedRegistration, Registration
from core.errors import InputError
from core.settings import Settings
from expectations import part_months
from medisync.asof import parse_moment
from tests.assets.intake.made_files import canonical_csv, write

APRIL = datetime(2024, 4, 1, tzinfo=UTC)
PATIENTS = [{"patient_id": f"P{n % 3}", "age_years": str(30 + n)} for n in range(6)]


@pytest.fixture
def sources(tmp_path, pg_engine, pg_dsn):
    """Six visits of March 2024, one of them with an outcome that came weeks later."""
    settings = Settings(home=tmp_path / "home", database_url=pg_dsn)
    late = {"outcome": "admitted", "outcome_at": "2024-03-20T10:00:00Z"}
    rows = [*PATIENTS, {**late, "patient_id": "P9"}]
    import_file(write(tmp_path / "a.csv", canonical_csv(*rows)), settings=settings)
    return Sources(database=Database(dsn=pg_dsn), inbox=str(settings.inbox))


def _import(tmp_path, sources, *rows):
    settings = Settings(home=tmp_path / "home", database_url=sources.database.dsn)
    import_file(write(tmp_path / "late.csv", canonical_csv(*rows)), settings=settings)


def _same(rows):
    return rows


def _matrix(sources, moment):
    return training_matrix(sources, as_of=moment, pseudonyms=_same)


def test_a_late_correction_changes_today_and_not_the_past(sources, tmp_path):
    past, today = _matrix(sources, APRIL), _matrix(sources, clock.now())
    _import(tmp_path, sources, {"age_years": "99", "patient_id": "P0", "recorded_at": "2024-06-01T00:00:00Z"})
    assert _matrix(sources, APRIL).sha256 == past.sha256
    assert _matrix(sources, clock.now()).sha256 != today.sha256
    assert _matrix(sources, clock.now()).rows["age_years"].max() == 99


def test_a_correction_into_another_month_leaves_the_past_where_it_was(sources, tmp_path):
    past = _matrix(sources, APRIL)
    moved = {
        "registered_at": "2024-05-09T10:00:00Z", "recorded_at": "2024-06-01T00:00:00Z",
        "outcome_at": "2024-05-09T12:00:00Z", "patient_id": "P0", "age_years": "30",
    }  # fmt: skip
    _import(tmp_path, sources, moved)
    assert _matrix(sources, APRIL).sha256 == past.sha256
    now = validated_as_of(sources, as_of=clock.now())
    assert [month for month, rows in now.items() if "R1" in rows["registration_id"].tolist()] == ["2024-05"]


def test_an_outcome_that_came_later_is_not_known_yet(sources):
    assert len(_matrix(sources, datetime(2024, 3, 10, tzinfo=UTC)).rows) == 6
    assert len(_matrix(sources, APRIL).rows) == 7


def test_a_visit_recorded_later_is_not_there_yet(sources, tmp_path):
    past = _matrix(sources, APRIL)
    _import(tmp_path, sources, {"registration_id": "R77", "recorded_at": "2024-07-01T00:00:00Z"})
    assert _matrix(sources, APRIL).sha256 == past.sha256


def test_a_fix_of_a_steward_is_known_from_the_moment_that_it_was_made(sources, pg_engine, pg_dsn, tmp_path):
    _import(tmp_path, sources, {"registration_id": "R50", "age_years": "444", "patient_id": "P50"})
    parked = part_months({"2024-03": sources.read_month("2024-03")})["2024-03"].quarantined.iloc[0]
    with pg_engine.begin() as connection:
        raw = {name: None if pd.isna(value) else value for name, value in parked.drop("reasons").items()}
        connection.execute(
            insert(QuarantinedRegistration).values(
                content_hash=parked["content_hash"], month="2024-03", source="late.csv", source_record="line 2",
                reasons=list(parked["reasons"]), raw=raw, status="open", dagster_run_id="run",
                quarantined_at=clock.now(),
            )
        )  # fmt: skip
    before = clock.now()
    past = _matrix(sources, before)

    async def fix():
        engine = async_engine(pg_dsn.replace("psycopg2", "asyncpg"))
        async with engine.begin() as connection:
            wish = Fix(changes={"age_years": "44"}, reason="Typed twice")
            await service.fix(connection, parked["content_hash"], wish, who=Who(None, "Priya"), first_month="2015-01")
        await engine.dispose()

    asyncio.run(fix())
    assert _matrix(sources, before).sha256 == past.sha256
    assert len(_matrix(sources, clock.now()).rows) == len(past.rows) + 1


def test_registrations_of_the_application_are_part_of_the_past(sources, pg_engine):
    moment = datetime(2024, 3, 5, tzinfo=UTC)
    row = {
        "registration_id": "A1", "patient_id": "P1", "facility": "General", "registered_at": moment,
        "recorded_at": moment, "age_years": 50.0, "condition": "Influenza", "outcome": "discharged",
        "outcome_at": moment + timedelta(hours=2),
    }  # fmt: skip
    with pg_engine.begin() as connection:
        connection.execute(insert(Registration).values(**row))
    assert len(_matrix(sources, APRIL).rows) == 8
    assert len(_matrix(sources, moment - timedelta(days=1)).rows) == 6


@pytest.mark.parametrize(("text", "code"), [("soon", "bad_moment"), ("2999-01-01", "future_moment")])
def test_a_moment_that_cannot_be_asked_about_is_named(text, code):
    with pytest.raises(InputError, match=text) as caught:
        parse_moment(text, now=clock.now())
    assert caught.value.code == code
