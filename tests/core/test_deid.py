"""The pipeline's role sees views without identities and nothing else."""

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from core.db import deid
from core.db.engine import sync_engine
from core.db.tables import Base


@pytest.fixture
def pipeline(pg_engine, server_settings):
    """An engine on the tests' database as the pipeline's role."""
    url = make_url(server_settings.pipeline_dsn).set(database=pg_engine.url.database)
    engine = sync_engine(url.render_as_string(hide_password=False))
    yield engine
    engine.dispose()


def _refused(engine, statement: str) -> bool:
    with engine.connect() as connection:
        try:
            connection.execute(text(statement))
        except ProgrammingError as error:
            assert "permission denied" in str(error)
            return True
    return False


@pytest.mark.parametrize("table", sorted({*deid.CLOSED_TABLES} & {table.name for table in Base.metadata.sorted_tables}))
def test_a_base_table_with_identities_is_closed_to_the_pipeline(pipeline, table):
    assert _refused(pipeline, f'SELECT 1 FROM public."{table}"')
    assert _refused(pipeline, f'DELETE FROM public."{table}"')


@pytest.mark.parametrize(
    "statement", ["SELECT raw FROM quarantined_registration", "SELECT source_record FROM quarantined_registration"]
)
def test_a_parked_row_is_written_and_never_read_back(pipeline, statement):
    assert _refused(pipeline, statement)
    assert not _refused(pipeline, "SELECT content_hash, status FROM quarantined_registration")


def test_every_table_is_open_closed_or_written_by_decision():
    known = {*deid.OPEN_TABLES, *deid.WRITTEN_TABLES, *deid.CLOSED_TABLES}
    new = {table.name for table in Base.metadata.sorted_tables} - known
    assert not new, "say in core/db/deid.py whether the pipeline may see it"
    assert not set(deid.OPEN_TABLES) & deid.CLOSED_TABLES
    assert set(deid.VIEWS) <= deid.CLOSED_TABLES, "what has a view has no open table"


def unlisted(engine) -> list[str]:
    """The columns that the schema shows and the manifest does not name."""
    query = text("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = :schema")
    known = {(view, column.name) for view, columns in deid.VIEWS.items() for column in columns}
    with engine.connect() as connection:
        shown = {(row[0], row[1]) for row in connection.execute(query, {"schema": deid.SCHEMA})}
    return sorted(f"{view}.{column}" for view, column in shown - known)


def test_every_column_of_a_view_is_in_the_manifest(pg_engine, server_settings):
    assert unlisted(pg_engine) == []
    with pg_engine.begin() as connection:
        connection.execute(text("CREATE VIEW deid.slip AS SELECT email FROM user_account"))
    assert unlisted(pg_engine) == ["slip.email"]
    deid.apply(pg_engine, server_settings.secrets["pipeline_password"])
    assert unlisted(pg_engine) == []


def test_no_direct_identifier_crosses_as_it_is_but_the_rows_of_the_contract():
    direct = {
        f"{view}.{one.name}" for view, columns in deid.VIEWS.items() for one in columns if one.privacy == "direct"
    }
    assert direct == {"registration.patient_id", "quarantine_decision.corrected"}
    names = {one.name for columns in deid.VIEWS.values() for one in columns}
    assert names.isdisjoint({"created_by", "file_name", "name", "email", "phone", "decided_by", "reason", "raw"})


def test_the_role_finds_the_view_by_the_tables_name(pipeline):
    with pipeline.connect() as connection:
        assert connection.execute(text("SELECT current_user")).scalar_one() == deid.ROLE
        kind = connection.execute(text("SELECT relkind::text FROM pg_class WHERE oid = 'registration'::regclass"))
        assert kind.scalar_one() == "v"


def test_the_role_can_take_no_other_role(pipeline):
    for role in ("medisync", "medisync_app"):
        assert _refused(pipeline, f"SET ROLE {role}")
