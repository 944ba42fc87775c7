"""`python -m serving.workers FACTORY --host H --port P --workers N`: the web workers behind one listening socket.

Belongs here: the socket and how uvicorn runs on it. Does not belong here: the application (`main`), and who starts
this (`core.embedded.api`, a container).

uvicorn's own command line binds the port for itself alone. Here the port may be shared with a successor
(SO_REUSEPORT): workers that outlived their killed parent go on answering until the next ones do. A worker listens only
once its application is ready, so nobody is sent to one that is not.
"""

import argparse
import asyncio
import resource
import socket

from uvicorn import Config, Server
from uvicorn.supervisors import multiprocess

#: A new worker may take this long to be ready. Uvicorn's own 5 s are too short on a busy machine: it then gives a
#: rolling restart up and the old workers stay, with the old code.
_READY_SECONDS = 60
_DRAIN_SECONDS = 10
#: For so long an ending worker answers on the connections that it has, each answer being the last on its own.
_LINGER_SECONDS = 0.5
#: Two for each of 30,000 people (a live socket and a connection) and some to spare.
_OPEN_FILES = 65_536


class LingeringServer(Server):
    """A server whose end its clients need not notice.

    Uvicorn closes every idle connection at once, also one whose request is on its way. Here an ending worker stops
    listening, answers what still comes on the connections there are with `Connection: close`, and only then closes. A
    request meets a closing connection at most once, since nobody who ends listens any more.
    """

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, linger, and end as uvicorn does."""
        # Twice round the loop: whoever waits in the kernel's queue is let in before the socket goes.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for server in self.servers:
            server.close()
        for one in sockets or []:
            one.close()
        self.server_state.default_headers.append((b"connection", b"close"))
        await asyncio.sleep(_LINGER_SECONDS)
        await super().shutdown(sockets)


class _LingeringProcess(multiprocess.Process):
    """A worker of uvicorn's with that server."""

    @property
    def server(self) -> Server:
        if self._server is None:
            self._server = LingeringServer(self.config)
        return self._server


def shared_socket(host: str, port: int) -> socket.socket:
    """Return a bound socket, not yet listening, whose port other processes of this account may bind as well."""
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind((host, port))
    bound.set_inheritable(True)
    return bound


def allow_open_files() -> None:
    """Let this process and its workers hold as many connections as the system lets them.

    A shell's usual 1,024 open files end at about 500 people. The usual number is low for the sake of `select`, which
    nothing here calls.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def run(factory: str, *, host: str, port: int, workers: int) -> None:
    """Serve until a signal ends it: SIGTERM at once, SIGHUP by one new worker after the other (two or more)."""
    # No access log: paths carry ids, and query strings may carry more; the application logs what is needed.
    config = Config(
        factory, factory=True, host=host, port=port, workers=workers, access_log=False, log_level="warning",
        timeout_graceful_shutdown=_DRAIN_SECONDS, timeout_worker_healthcheck=_READY_SECONDS,
    )  # fmt: skip
    bound = shared_socket(host, port)
    if workers > 1:
        # Uvicorn's supervisor names the class of its workers and has no setting for it.
        multiprocess.Process = _LingeringProcess
        multiprocess.Multiprocess(config, sockets=[bound]).run()
    else:
        LingeringServer(config).run(sockets=[bound])


def main() -> None:
    """Read the arguments and serve."""
    options = argparse.ArgumentParser(prog="serving.workers", description="Web workers on one socket.")
    options.add_argument("factory", help="module:function that returns the ASGI application")
    options.add_argument("--host", required=True)
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--workers", type=int, required=True)
    given = options.parse_args()
    allow_open_files()
    run(given.factory, host=given.host, port=given.port, workers=given.workers)


if __name__ == "__main__":
    main()
