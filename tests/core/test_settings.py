"""Settings: what an operator may set, what is refused and how, and the secrets of a home."""

import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import settings as configuration
from core.errors import InputError
from core.settings import SECRET_NAMES, Settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"MEDISYNC_{name.upper()}", raising=False)
    monkeypatch.setenv("MEDISYNC_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_a_home_without_a_start_says_what_to_do(home):
    with pytest.raises(InputError, match="medisync up") as caught:
        _ = configuration.load().secrets
    assert caught.value.code == "home_not_initialised"


def test_secrets_are_made_once_for_the_owner_only_and_long(home):
    settings = configuration.load()
    settings.ensure_secrets()
    first = (home / "secrets.json").read_text()
    settings.ensure_secrets()
    assert (home / "secrets.json").read_text() == first
    assert stat.S_IMODE((home / "secrets.json").stat().st_mode) == 0o600
    values = settings.secrets
    assert set(values) == set(SECRET_NAMES)
    assert all(len(value) == 64 for value in values.values())
    assert len(set(values.values())) == len(values)


def test_a_secret_that_a_newer_version_asks_for_is_added_beside_the_old_ones(home):
    home.mkdir()
    (home / "secrets.json").write_text(json.dumps({"postgres_password": "kept"}))
    configuration.load().ensure_secrets()
    assert configuration.load().secrets["postgres_password"] == "kept"
    assert set(configuration.load().secrets) == set(SECRET_NAMES)


def test_a_secret_from_the_environment_wins(home, monkeypatch):
    settings = configuration.load()
    settings.ensure_secrets()
    monkeypatch.setenv("MEDISYNC_POSTGRES_PASSWORD", "p@ss/word")
    assert "p%40ss/word@127.0.0.1" in settings.database_dsn or "p%40ss%2Fword@127.0.0.1" in settings.database_dsn


@pytest.mark.parametrize(
    ("variable", "value", "phrase"),
    [
        ("MEDISYNC_API_PORT", "0", "greater than or equal to 1"),
        ("MEDISYNC_API_PORT", "65536", "less than or equal to 65535"),
        ("MEDISYNC_PG_PORT", "five", "integer"),
        ("MEDISYNC_HISTORY_START", "2015-13", "YYYY-MM"),
        ("MEDISYNC_HISTORY_START", "15-01", "YYYY-MM"),
        ("MEDISYNC_LOG_LEVEL", "LOUD", "INFO"),
        ("MEDISYNC_DATABASE_URL", "postgresql://u:p@h/db", r"postgresql\+psycopg2://"),
        ("MEDISYNC_DATABASE_URL", "sqlite:///x.db", r"postgresql\+psycopg2://"),
    ],
)
def test_a_wrong_setting_is_refused_in_words(home, monkeypatch, variable, value, phrase):
    monkeypatch.setenv(variable, value)
    with pytest.raises(InputError, match=phrase) as caught:
        configuration.load()
    assert variable.removeprefix("MEDISYNC_").lower() in caught.value.message


def test_one_given_server_leads_to_all_databases_on_it(home, monkeypatch):
    monkeypatch.setenv("MEDISYNC_DATABASE_URL", "postgresql+psycopg2://u:p@db.example:5432/clinic")
    settings = configuration.load()
    assert settings.database_dsn.endswith("@db.example:5432/clinic")
    assert settings.dagster_dsn.endswith("@db.example:5432/dagster")
    assert settings.async_database_dsn.startswith("postgresql+asyncpg://u:p@db.example")


@given(st.integers(1, 65535))
def test_every_port_leads_to_its_address(port):
    assert Settings(mlflow_port=port, mlflow_url=None).mlflow_address == f"http://127.0.0.1:{port}"


def test_the_example_file_names_every_setting_and_secret_and_nothing_else():
    lines = (Path(__file__).parents[2] / ".env.example").read_text().splitlines()
    named = {line[1:].split("=")[0] for line in lines if line.startswith("#MEDISYNC_")}
    known = {f"MEDISYNC_{name.upper()}" for name in (*Settings.model_fields, *SECRET_NAMES)}
    assert named == known


def test_the_other_databases_lie_on_the_same_server_with_the_same_options():
    given = "postgresql+psycopg2://u:p@db:5432/medisync?sslmode=verify-full&sslrootcert=/etc/ca.pem"
    known = Settings(database_url=given)
    assert known.dagster_dsn == given.replace("/medisync?", "/dagster?")
    assert known.mlflow_auth_dsn == given.replace("/medisync?", "/mlflow_auth?")
