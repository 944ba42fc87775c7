"""The embedded PostgreSQL: start after any kind of end, its databases, its schema.

Belongs here: the service and `create_databases`. Does not belong here: files and accounts (`postgres_files`), tables.

After a kill -9 of the postmaster its backends live on while they work, and hold the shared memory: a new postmaster
then refuses (37 s measured). They are recognised by their working folder, which is the data folder, and ended first.
"""

import signal
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import psutil
import psycopg2
from psycopg2 import sql
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT
from sqlalchemy.engine import make_url

from core.embedded import postgres_files, process
from core.embedded.postgres_files import Cluster
from core.embedded.process import Child, Command
from core.embedded.service import Service
from core.errors import RefusedError
from core.settings import Settings


def service(settings: Settings, *, is_durable: bool = True) -> Service:
    """Return the service: embedded, or the server of `MEDISYNC_DATABASE_URL`, which is only probed."""
    dsns = (settings.database_dsn, settings.dagster_dsn, settings.mlflow_dsn, settings.mlflow_auth_dsn)
    if settings.database_url is not None:
        url = make_url(settings.database_url)
        return Service(
            name="postgres",
            label="PostgreSQL",
            address=f"{url.host}:{url.port or 5432}",
            command=_not_ours,
            probe=partial(_probe, settings.database_dsn),
            settle=partial(create_databases, dsns),
            is_external=True,
        )
    cluster = postgres_files.locate(settings.root)
    maintenance = make_url(settings.database_dsn).set(database="postgres").render_as_string(hide_password=False)
    return Service(
        name="postgres",
        label="PostgreSQL",
        address=f"127.0.0.1:{settings.pg_port}",
        port=settings.pg_port,
        port_variable="MEDISYNC_PG_PORT",
        command=partial(_command, cluster),
        probe=partial(_probe, maintenance),
        prepare=partial(_prepare, settings, cluster, is_durable),
        settle=partial(create_databases, dsns),
        find_running=partial(_find_postmaster, cluster.data_dir),
        # SIGINT is PostgreSQL's fast shutdown: sessions are cut, data are checkpointed.
        stop_signal=signal.SIGINT,
        grace_seconds=60,
        retry_seconds=60,
    )


def create_databases(dsns: tuple[str, ...]) -> None:
    """Make each database that is missing on its server.

    Raises
    ------
    RefusedError
        If the account may not; names the statement to run as an administrator.
    """
    for dsn in dict.fromkeys(dsns):
        url = make_url(dsn)
        name = url.database or ""
        if _exists(dsn):
            continue
        maintenance = url.set(database="postgres").render_as_string(hide_password=False)
        with closing(_connect(maintenance)) as connection:
            connection.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
            try:
                with connection.cursor() as cursor:
                    cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            except psycopg2.errors.DuplicateDatabase:
                continue
            except psycopg2.errors.InsufficientPrivilege as error:
                raise RefusedError(
                    f"the account {url.username!r} may not make the database {name!r} on {url.host}; "
                    f'run there: CREATE DATABASE {name} OWNER "{url.username}"',
                    code="no_database",
                ) from error


def _connect(dsn: str) -> "psycopg2.extensions.connection":
    plain = make_url(dsn).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg2.connect(plain, connect_timeout=5)


def _exists(dsn: str) -> bool:
    try:
        _connect(dsn).close()
    except psycopg2.OperationalError as error:
        if "does not exist" in str(error):
            return False
        raise
    return True


def _probe(dsn: str) -> str | None:
    try:
        _connect(dsn).close()
    except psycopg2.OperationalError as error:
        text = str(error)
        if "password authentication failed" in text:
            raise RefusedError(
                "PostgreSQL refuses the password of this home; secrets.json or MEDISYNC_POSTGRES_PASSWORD does not "
                "belong to this cluster",
                code="wrong_password",
            ) from None
        if "does not exist" in text and "database" in text:
            return None
        return text.strip().splitlines()[-1]
    return None


def _command(cluster: Cluster) -> Command:
    argv = [str(cluster.bin_dir / "postgres"), "-D", str(cluster.data_dir)]
    return Command(argv, postgres_files.ENVIRONMENT, cwd=Path("/"), account=cluster.account)


def _not_ours() -> Command:
    raise RefusedError("this PostgreSQL is run by somebody else (MEDISYNC_DATABASE_URL)", code="external")


def _prepare(settings: Settings, cluster: Cluster, is_durable: bool) -> None:
    password = settings.secrets["postgres_password"]
    postgres_files.ensure(cluster, password=password, port=settings.pg_port, is_durable=is_durable)
    orphans = list(_of_cluster(cluster.data_dir))
    for orphan in orphans:
        with suppress(psutil.Error):
            orphan.kill()
    psutil.wait_procs(orphans, timeout=10)


def _find_postmaster(data_dir: Path) -> Child | None:
    """Return the running postmaster of this cluster even if our own pid file is gone."""
    try:
        pid = int((data_dir / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    if all(one.pid != pid for one in _of_cluster(data_dir)):
        return None
    return process.find("postgres", pid)


def _of_cluster(data_dir: Path) -> Iterator[psutil.Process]:
    for one in psutil.process_iter():
        try:
            if one.name() == "postgres" and one.status() != psutil.STATUS_ZOMBIE and Path(one.cwd()) == data_dir:
                yield one
        except psutil.Error:
            continue
