"""From the first release forward: a database made by its schema, with rows, comes to today's schema and keeps them."""

import json

import pytest
from alembic import command
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

from core.db import migrate
from core.db.engine import sync_engine
from core.ids import new_id

#: Schema of the first release; it must never change.
FIRST = "2026_11_24_spine"
#: Columns that take a few words only.
_ALLOWED = {"role": "admin", "status": "open"}


@pytest.fixture
def old_engine(pg_server, request):
    """A database at the first release's schema, or at the one that the test names."""
    revision = getattr(request, "param", FIRST)
    name = "u" + new_id("db").lower().replace("-", "x")
    admin = sync_engine(pg_server).execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine = sync_engine(make_url(pg_server).set(database=name).render_as_string(hide_password=False))
    with engine.begin() as connection:
        config = migrate._config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    admin.dispose()


def _value(kind: str, number: int) -> object:
    """A value of a column's type that is different for each row."""
    values = {
        "uuid": f"00000000-0000-7000-8000-{number:012d}",
        "jsonb": json.dumps({"number": number}),
        "bytea": bytes([number]),
        "boolean": True,
        "text[]": [f"text {number}"],
        "timestamp with time zone": f"2026-01-{number + 1:02d}T00:00:00Z",
        "date": f"2026-01-{number + 1:02d}",
    }
    if kind in values:
        return values[kind]
    return number + 1 if kind in ("integer", "bigint", "smallint", "double precision") else f"text {number}"


def _fill(engine: Engine) -> None:
    """Three rows in every table of the first release, whose foreign keys fit each other."""
    columns = text(
        "SELECT column_name, CASE data_type WHEN 'ARRAY' THEN 'text[]' ELSE data_type END "
        "FROM information_schema.columns WHERE table_schema = 'public' AND table_name = :table "
        "AND is_generated = 'NEVER' AND identity_generation IS NULL ORDER BY ordinal_position"
    )
    for table in _tables(engine):
        for number in range(3):
            with engine.begin() as connection:
                known = connection.execute(columns, {"table": table}).all()
                row = {name: _value(kind, number) for name, kind in known}
                row |= {name: value for name, value in _ALLOWED.items() if name in row}
                names = ", ".join(row)
                places = ", ".join(f"CAST(:{name} AS {kind})" for name, kind in known)
                # Values are the same for each row number, so keys fit once all tables are full: no order is needed.
                connection.execute(text("SET LOCAL session_replication_role = replica"))
                connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), row)


def _tables(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(
            connection.execute(
                text(
                    "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' "
                    "ORDER BY 1"
                )
            ).scalars()
        )


def _kept(engine: Engine, tables: dict[str, list[str]]) -> dict[str, list[str]]:
    """All rows of tables in their first release's columns, as PostgreSQL writes them."""
    with engine.connect() as connection:
        return {
            table: sorted(
                connection.execute(text(f"SELECT CAST(ROW({', '.join(names)}) AS text) FROM {table}")).scalars()
            )
            for table, names in tables.items()
        }


def test_every_row_of_the_first_release_is_there_after_the_upgrade(old_engine):
    _fill(old_engine)
    with old_engine.connect() as connection:
        names = connection.execute(
            text("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'")
        ).all()
    tables = {table: [name for owner, name in names if owner == table] for table in _tables(old_engine)}
    assert len(tables) >= 8
    before = _kept(old_engine, tables)
    assert all(len(rows) == 3 for rows in before.values())
    migrate.upgrade(old_engine)
    assert migrate.current(old_engine) == migrate.head()
    assert _kept(old_engine, tables) == before


@pytest.mark.parametrize("old_engine", ["2026_11_28_staff_profile"], indirect=True)
def test_a_stay_of_before_gets_the_age_band_of_its_patient_and_no_disposition(old_engine):
    stay = text(
        "INSERT INTO queue_entry (entry_id, queue_id, patient_id, acuity, ticket_date, ticket_code, state, arrived_at, "
        "virtual_at, is_immediate, overtakes, version) VALUES (gen_random_uuid(), gen_random_uuid(), :who, 3, "
        "'2026-01-01', :who, 'completed', '2026-01-01', '2026-01-01', false, 0, 1)"
    )
    patient = text(
        "INSERT INTO patient (patient_id, sex, birth_year, is_synthetic, version, created_at, updated_at, sealed, "
        "key_id) VALUES (:who, 'other', :birth_year, false, 1, now(), now(), 'x', 1)"
    )
    born = {"young": 2007, "adult": 1986, "old": 1940, "unborn": None, "impossible": 1800}
    with old_engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for who, year in born.items():
            connection.execute(patient, {"who": who, "birth_year": year})
        for who in [*born, "stranger"]:
            connection.execute(stay, {"who": who})
    migrate.upgrade(old_engine)
    with old_engine.connect() as connection:
        rows = connection.execute(text("SELECT patient_id, age_band, disposition FROM queue_entry")).all()
    assert {row.patient_id: row.age_band for row in rows} == {
        "young": "0-19", "adult": "40-59", "old": "80+", "unborn": None, "impossible": None, "stranger": None
    }  # fmt: skip
    assert {row.disposition for row in rows} == {None}
