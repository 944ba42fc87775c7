"""A home with PostgreSQL, Valkey and MLflow for the tests that need the real registry; started once a session.

Belongs here: that home. Does not belong here: the whole stack (`test_up` starts its own).
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.db import deid
from core.db.engine import sync_engine
from core.embedded import mlflow, ports, postgres, service, valkey
from core.embedded.home import make_home, room_of
from core.settings import Settings


@pytest.fixture(scope="session")
def registry_home() -> Iterator[Settings]:
    """Settings of a home whose PostgreSQL (migrated), Valkey and MLflow run."""
    home = Path(tempfile.mkdtemp(prefix="medisync-registry-"))
    settings = Settings(
        home=home,
        pg_port=ports.find_free(),
        valkey_port=ports.find_free(),
        mlflow_port=ports.find_free(),
        database_url=None,
        redis_url=None,
        mlflow_url=None,
    )
    make_home(settings)
    servers = (postgres.service(settings), valkey.service(settings), mlflow.service(settings))
    with service.started(*servers, room=room_of(settings)):
        engine = sync_engine(settings.database_dsn)
        deid.bring_up(engine, settings.secrets["pipeline_password"])
        engine.dispose()
        yield settings
    shutil.rmtree(home)
