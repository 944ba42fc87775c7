"""One home and one real database for every test of the intake."""

import pytest

from core.settings import Settings


@pytest.fixture
def home(tmp_path, pg_engine, pg_dsn):
    """Settings of an empty home whose database is the session's, its tables empty."""
    return Settings(home=tmp_path / "home", database_url=pg_dsn)
