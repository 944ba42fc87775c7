"""The home folder: its rooms, its secrets, and the lock that lets one launcher at a time work in it.

Belongs here: what the launcher keeps below the home. Does not belong here: what a server keeps there.
"""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager

from core.embedded.process import Room
from core.errors import ConflictError
from core.settings import Settings


def room_of(settings: Settings) -> Room:
    """Return where pid files and logs of this home lie."""
    return Room(settings.root / "run", settings.log_dir)


def make_home(settings: Settings) -> None:
    """Make the home, its folders and its secrets.

    Nobody but the owner may list the home or enter its folders. Made by root it can be passed through, since
    PostgreSQL then runs under another account and has its cluster below.
    """
    settings.ensure_secrets()
    settings.root.chmod(0o711 if os.geteuid() == 0 else 0o700)
    private = (
        settings.root / "run",
        settings.log_dir,
        settings.inbox,
        settings.warehouse,
        settings.dagster_home,
        settings.mlflow_artifacts,
    )
    for folder in private:
        folder.mkdir(exist_ok=True)
        folder.chmod(0o700)


@contextmanager
def launcher_lock(settings: Settings) -> Generator[None]:
    """Hold the home for one launcher; the kernel lets go of it when the process ends, however it ends.

    Raises
    ------
    ConflictError
        If another launcher holds it; names its pid and the address.
    """
    path = settings.root / "run" / "launcher.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(descriptor, 32).decode().strip()
            raise ConflictError(
                f"MediSync is already being run from this home by pid {pid}, at {settings.api_address}; "
                "stop it with Ctrl-C there or with `medisync down`",
                code="already_running",
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def launcher(settings: Settings) -> int | None:
    """Return the pid of the launcher that holds the home, or None."""
    path = settings.root / "run" / "launcher.lock"
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.read(descriptor, 32).decode().strip()
        return int(text) if text else None
    finally:
        os.close(descriptor)
    return None
