"""Real servers for the tests: one PostgreSQL and one Valkey a session, started by `core.embedded` itself.

Belongs here: fixtures that two rooms use. Does not belong here: test data of one room.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from core import clock
from core.db import deid
from core.db.engine import sync_engine
from core.db.tables import Base
from core.embedded import ports, postgres, service, valkey
from core.embedded.home import room_of
from core.ids import new_id
from core.settings import Settings

_TEMPLATE = "medisync_template"
#: Rooms whose tests wait longest: begun first, so that no worker is left alone with them at the end.
_RANKS = {"stack": 0, "dashboard": 1}
#: Files that share a costly home (`tests/stack/conftest.py`): one worker, one home.
_SHARED_HOMES = {
    "test_canaries.py": "registry",
    "test_pipeline.py": "registry",
    "test_mlflow_accounts.py": "registry",
    "test_artifacts.py": "registry",
}
# No test is about time, and a busy machine is slow: what takes long is told by `bench`.
hypothesis.settings.register_profile("medisync", deadline=None)
hypothesis.settings.load_profile("medisync")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update-graph` renews the asset graph's snapshot (architecture), `--queue-acts` plays longer (app_api)."""
    parser.addoption("--update-graph", action="store_true", help="write the asset graph's snapshot anew")
    parser.addoption("--queue-acts", type=int, default=5_000, help="acts of the queue's state machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest rooms first."""
    items.sort(key=lambda item: _RANKS.get(_room(item.nodeid), len(_RANKS)))


class _BySharedHome(LoadScopeScheduling):
    """Keeps on one worker what shares a costly home: a file, some files, a room.

    Each worker has servers of its own, so nothing is shared between them; a file's fixtures are made once. Marks of
    `xdist_group` would say the same, but xdist 3.8 writes them where pytest 9.2 no longer looks.
    """

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        super().__init__(config, log)
        # As collected: the files with the most tests are not those that take longest.
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        room, name = _room(nodeid), Path(nodeid.partition("::")[0]).name
        return room if room == "dashboard" else _SHARED_HOMES.get(name, name)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Distribute by shared homes, whatever `--dist` says."""
    return _BySharedHome(config, log)


def _room(nodeid: str) -> str:
    return Path(nodeid.partition("::")[0]).parts[1]


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
    with service.started(server, room=room_of(server_settings)):
        url = make_url(server_settings.database_dsn)
        admin = url.set(database="postgres").render_as_string(hide_password=False)
        _execute(admin, f"CREATE DATABASE {_TEMPLATE}")
        engine = sync_engine(url.set(database=_TEMPLATE).render_as_string(hide_password=False))
        deid.bring_up(engine, server_settings.secrets["pipeline_password"])
        engine.dispose()
        yield admin


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


@pytest.fixture
def afternoon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process's clock go on from a Wednesday afternoon.

    The demo's department is simulated up to now: it has hours in which nobody is there, and each day is another sample.
    """
    real, begun = clock.now, clock.now()
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 25, 14, 10, tzinfo=UTC) + (real() - begun))


@pytest.fixture(scope="session")
def valkey_url(server_settings: Settings) -> Iterator[str]:
    """Address of the session's Valkey, password included."""
    with service.started(valkey.service(server_settings), room=room_of(server_settings)):
        yield server_settings.redis_dsn


def _execute(dsn: str, statement: str) -> None:
    engine = create_engine(dsn, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
