"""The embedded PostgreSQL: it comes back after any kind of end, and tells its log nothing of a patient."""

import os
import shutil
import signal
import stat
import tempfile
import threading
import time
from pathlib import Path

import psutil
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, OperationalError

from core.embedded import ports, postgres, postgres_files, process, service
from core.embedded.home import make_home, room_of
from core.errors import RefusedError
from core.settings import Settings

_CANARY = "Ada-Lovelace-1815"


@pytest.fixture(scope="module")
def settings():
    home = Path(tempfile.mkdtemp(prefix="medisync-pg-"))
    settings = Settings(home=home, pg_port=ports.find_free(), database_url=None)
    make_home(settings)
    service.start(postgres.service(settings), room_of(settings))
    yield settings
    service.stop(postgres.service(settings), room_of(settings))
    shutil.rmtree(home)


@pytest.fixture
def engine(settings):
    engine = create_engine(settings.database_dsn)
    yield engine
    engine.dispose()


def _postmaster(settings: Settings) -> process.Child:
    child = service.running(postgres.service(settings), room_of(settings))
    assert child is not None
    return child


def _of_cluster(settings: Settings) -> list[psutil.Process]:
    data_dir = postgres_files.locate(settings.root).data_dir
    found = []
    for one in psutil.process_iter():
        try:
            if one.name() == "postgres" and Path(one.cwd()) == data_dir:
                found.append(one)
        except psutil.Error:
            continue
    return found


def _long_query(dsn: str, begun: threading.Event) -> None:
    engine = create_engine(dsn)
    try:
        with engine.connect() as connection:
            begun.set()
            # Work that looks for no interrupt between two of its steps, unlike pg_sleep.
            connection.execute(text("SELECT count(*) FROM generate_series(1, 20000000) a, generate_series(1, 1000) b"))
    except OperationalError:
        return  # the connection went with the server
    finally:
        engine.dispose()


def test_all_four_databases_are_there_in_utf8_with_checksums(settings, engine):
    with engine.connect() as connection:
        names = set(connection.execute(text("SELECT datname FROM pg_database")).scalars())
        assert {"medisync", "dagster", "mlflow", "mlflow_auth"} <= names
        assert connection.execute(text("SHOW server_encoding")).scalar_one() == "UTF8"
        assert connection.execute(text("SHOW data_checksums")).scalar_one() == "on"
        assert connection.execute(text("SELECT lower('ÄÖ')")).scalar_one() == "äö"
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS btree_gist"))
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_stat_statements"))


def test_committed_rows_survive_a_postmaster_killed_during_a_long_query(settings, engine):
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept AS SELECT generate_series(1, 1600) AS n"))
    begun = threading.Event()
    query = threading.Thread(target=_long_query, args=(settings.database_dsn, begun))
    query.start()
    assert begun.wait(20)
    time.sleep(0.5)
    os.kill(_postmaster(settings).pid, signal.SIGKILL)
    engine.dispose()
    service.start(postgres.service(settings), room_of(settings))
    query.join(20)
    assert not query.is_alive()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM kept")).scalar_one() == 1600


def test_a_second_start_leaves_the_first_alone_even_without_its_pid_file(settings):
    first = _postmaster(settings)
    room_of(settings).pid_file("postgres").unlink()
    service.start(postgres.service(settings), room_of(settings))
    assert _postmaster(settings).pid == first.pid


def test_a_stop_leaves_no_process_and_a_start_finds_everything_again(settings, engine):
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS stays (n int)"))
    service.stop(postgres.service(settings), room_of(settings))
    assert _of_cluster(settings) == []
    engine.dispose()
    service.start(postgres.service(settings), room_of(settings))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM stays")).scalar_one() == 0


def test_a_value_that_breaks_a_rule_is_not_written_to_the_log(settings, engine):
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE person (name text PRIMARY KEY)"))
        connection.execute(text("INSERT INTO person VALUES (:name)"), {"name": _CANARY})
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text("INSERT INTO person VALUES (:name)"), {"name": _CANARY})
    log = room_of(settings).log_file("postgres").read_text()
    assert "person_pkey" in log
    assert _CANARY not in log


def test_nobody_enters_without_the_password_and_no_file_of_the_cluster_is_for_others(settings):
    stranger = make_url(settings.database_dsn).set(password="guess")
    with pytest.raises(OperationalError, match="password authentication failed"):
        create_engine(stranger).connect()
    data_dir = postgres_files.locate(settings.root).data_dir
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    assert not list(settings.root.glob("*.pw"))
    arguments = psutil.Process(_postmaster(settings).pid).cmdline()
    assert settings.secrets["postgres_password"] not in " ".join(arguments)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops its rights")
def test_started_by_root_it_runs_as_somebody_else(settings):
    assert psutil.Process(_postmaster(settings).pid).uids().effective != 0


def test_a_password_that_does_not_fit_the_cluster_is_said_at_once(settings, monkeypatch):
    monkeypatch.setenv("MEDISYNC_POSTGRES_PASSWORD", "another")
    with pytest.raises(RefusedError, match="does not belong to this cluster"):
        service.start(postgres.service(settings), room_of(settings))


def test_on_somebody_elses_server_the_missing_databases_are_made_if_permitted(settings, engine):
    url = make_url(settings.database_dsn)
    theirs = settings.model_copy(
        update={"database_url": url.set(database="clinic").render_as_string(hide_password=False)}
    )
    server = postgres.service(theirs)
    assert server.is_external
    service.start(server, room_of(settings))
    create_engine(theirs.database_dsn).connect().close()
    assert not service.stop(server, room_of(settings))
    with engine.begin() as connection:
        connection.execute(text("CREATE ROLE guest LOGIN PASSWORD 'guest'"))
    guest = url.set(username="guest", password="guest", database="forbidden").render_as_string(hide_password=False)
    with pytest.raises(RefusedError, match='CREATE DATABASE forbidden OWNER "guest"'):
        postgres.create_databases((guest,))
