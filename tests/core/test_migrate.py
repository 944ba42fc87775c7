"""Migrations: from nothing to the tables of the code, with no difference left."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.engine import make_url

from core.db import migrate
from core.db.engine import sync_engine
from core.db.tables import Base
from core.ids import new_id


@pytest.fixture
def empty_engine(pg_server):
    name = "e" + new_id("db").lower().replace("-", "x")
    admin = sync_engine(pg_server).execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine = sync_engine(make_url(pg_server).set(database=name).render_as_string(hide_password=False))
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    admin.dispose()


def test_a_fresh_upgrade_makes_exactly_the_tables_of_the_code(empty_engine):
    assert migrate.current(empty_engine) is None
    migrate.upgrade(empty_engine)
    assert migrate.current(empty_engine) == migrate.head()
    with empty_engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_four_upgrades_at_once_wait_for_each_other(empty_engine):
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(migrate.upgrade, empty_engine) for _ in range(4)]:
            done.result()
    assert migrate.current(empty_engine) == migrate.head()


def test_an_upgrade_that_fails_leaves_nothing_behind(empty_engine):
    with empty_engine.begin() as connection:
        connection.execute(text("CREATE TABLE receipt (stranger int)"))
    with pytest.raises(Exception, match="receipt"):
        migrate.upgrade(empty_engine)
    assert migrate.current(empty_engine) is None
    with empty_engine.connect() as connection:
        tables = connection.execute(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).scalar_one()
    assert tables == 1
