"""Real servers for the tests: one PostgreSQL and one Valkey a session, started by `core.embedded` itself.

Belongs here: fixtures that two rooms use. Does not belong here: test data of one room.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

from core.db import deid
from core.db.engine import sync_engine
from core.db.tables import Base
from core.embedded import ports, postgres, service, valkey
from core.embedded.home import room_of
from core.ids import new_id
from core.settings import Settings

_TEMPLATE = "medisync_template"
_TESTS = Path(__file__).parent
#: Rooms whose tests wait longest: begun first, so that no worker is left alone with them at the end.
_RANKS = {"stack": 0, "dashboard": 1}
#: Files that share a costly home (`tests/stack/conftest.py`): one worker, one home.
_SHARED_HOMES = {
    "test_canaries.py": "registry",
    "test_pipeline.py": "registry",
    "test_mlflow_accounts.py": "registry",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update-graph` renews the snapshot of the asset graph (tests/architecture)."""
    parser.addoption("--update-graph", action="store_true", help="write the asset graph's snapshot anew")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest rooms first, and keep a file (for the stack and the browser: the room) on one worker.

    Each worker has servers of its own, so nothing is shared between them; a file's fixtures are made once.
    """
    items.sort(key=lambda item: _RANKS.get(_room(item), len(_RANKS)))
    for item in items:
        room = _room(item)
        name = room if room == "dashboard" else item.path.name
        item.add_marker(pytest.mark.xdist_group(_SHARED_HOMES.get(name, name)))


def _room(item: pytest.Item) -> str:
    return item.path.relative_to(_TESTS).parts[0]


@pytest.fixture(scope="session")
def server_settings() -> Iterator[Settings]:
    """Settings of a throwaway home below /tmp with free ports and fresh secrets."""
    home = Path(tempfile.mkdtemp(prefix="medisync-test-"))
    home.chmod(0o711)  # started as root, PostgreSQL runs under another account that must pass through
    settings = Settings(
        home=home,
        pg_port=ports.find_free(),
        valkey_port=ports.find_free(),
        database_url=None,  # whatever the developer's shell says
        redis_url=None,
    )
    settings.ensure_secrets()
    yield settings
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def pg_server(server_settings: Settings) -> Iterator[str]:
    """A running PostgreSQL with a migrated template; the address of its maintenance database."""
    server = postgres.service(server_settings, is_durable=False)
    room = room_of(server_settings)
    try:
        service.start(server, room)
        url = make_url(server_settings.database_dsn)
        admin = url.set(database="postgres").render_as_string(hide_password=False)
        _execute(admin, f"CREATE DATABASE {_TEMPLATE}")
        engine = sync_engine(url.set(database=_TEMPLATE).render_as_string(hide_password=False))
        deid.bring_up(engine, server_settings.secrets["pipeline_password"])
        engine.dispose()
        yield admin
    finally:
        service.stop(server, room)


@pytest.fixture(scope="session")
def fresh_database(pg_server: str) -> Callable[[], str]:
    """A factory: each call makes a new migrated database and returns its `postgresql+psycopg2://…` address."""

    def make() -> str:
        name = "t" + new_id("db").lower().replace("-", "x")
        _execute(pg_server, f'CREATE DATABASE "{name}" TEMPLATE {_TEMPLATE}')
        return make_url(pg_server).set(database=name).render_as_string(hide_password=False)

    return make


@pytest.fixture(scope="session")
def pg_dsn(fresh_database: Callable[[], str]) -> str:
    """Address of the session's migrated database."""
    return fresh_database()


@pytest.fixture
def pg_engine(pg_dsn: str) -> Iterator[Engine]:
    """A synchronous engine on that database, all its tables emptied first."""
    engine = sync_engine(pg_dsn)
    tables = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
    with engine.begin() as connection:
        # The audit refuses to be emptied, even by its owner: the triggers sleep for this transaction.
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def valkey_url(server_settings: Settings) -> Iterator[str]:
    """Address of the session's Valkey, password included."""
    server = valkey.service(server_settings)
    room = room_of(server_settings)
    try:
        service.start(server, room)
        yield server_settings.redis_dsn
    finally:
        service.stop(server, room)


def _execute(dsn: str, statement: str) -> None:
    engine = create_engine(dsn, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
