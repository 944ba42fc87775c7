"""TCP ports of this machine: is one free, and who holds it if not.

Belongs here: looking at ports. Does not belong here: choosing the numbers (`core.settings`).
"""

import secrets
import socket
import time
from contextlib import suppress

import psutil

from core.errors import ConflictError

#: A process that was killed may be gone from the process table a moment before the kernel has closed its sockets.
_CLOSING_SECONDS = 5.0
_LOOK_EVERY_SECONDS = 0.05
#: Below those that Linux gives to whoever connects somewhere (32768 and up): such a port is free now, and may be taken
#: by somebody's connection when the server starts.
_FREE_ONES = range(20_000, 32_768)
_TRIALS = 200
_given: set[int] = set()


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on `host:port` now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            # Linux lets two sockets with SO_REUSEADDR bind; only listening tells them apart.
            probe.listen(1)
        except OSError:
            return False
    return True


def find_free() -> int:
    """Return a port that is free at this moment, never one that this process was given before.

    Drawn by lot, so that processes that look at the same time come to different ones.

    Raises
    ------
    ConflictError
        If two hundred that were tried are taken.
    """
    for _ in range(_TRIALS):
        port = _FREE_ONES[secrets.randbelow(len(_FREE_ONES))]
        if port not in _given and is_free(port):
            _given.add(port)
            return port
    first, last = _FREE_ONES[0], _FREE_ONES[-1]
    raise ConflictError(f"no port between {first} and {last} is free; {_TRIALS} were tried", code="no_port")


def holder(port: int) -> str | None:
    """Return who listens on a port, `pid 123 (nginx)`, or None if nobody does whom this account may see."""
    with suppress(psutil.Error, PermissionError):
        for connection in psutil.net_connections(kind="tcp"):
            where = connection.laddr
            if connection.status == psutil.CONN_LISTEN and where and where.port == port and connection.pid:
                return f"pid {connection.pid} ({psutil.Process(connection.pid).name()})"
    return None


def listens(pid: int, port: int) -> bool:
    """Whether this very process listens on the port, whoever else does; False where that may not be looked at."""
    with suppress(psutil.Error):
        return any(
            connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port
            for connection in psutil.Process(pid).net_connections(kind="tcp")
        )
    return False


def require_free(port: int, *, host: str, label: str, variable: str) -> None:
    """Refuse to start a server on a port that a stranger holds.

    A port without a holder is looked at again for some seconds: it may be that of a process that was killed just now.

    Raises
    ------
    ConflictError
        Naming the port, its holder and the variable that changes it.
    """
    deadline = time.monotonic() + _CLOSING_SECONDS
    while not is_free(port, host):
        known = holder(port)
        if known or time.monotonic() > deadline:
            raise ConflictError(
                f"port {port} for {label} is taken by {known or 'another process'}; free it, or choose another port "
                f"with {variable}",
                code="port_taken",
            )
        time.sleep(_LOOK_EVERY_SECONDS)
