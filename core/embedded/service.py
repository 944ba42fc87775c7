"""What a server must say of itself, and the one way to start and stop it.

Belongs here: `Service` and the life cycle all of them share. Does not belong here: anything that is true of one only.
"""

import signal
import threading
import time
from collections.abc import Callable, Collection, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from psutil import Process

from core.embedded import ports, process
from core.embedded.process import Child, Command, Room
from core.errors import UnavailableError

#: First starts on a loaded machine take long: Dagster 125 s and MLflow 147 s to their first answer were measured.
READY_SECONDS = 420.0
_LOOK_EVERY_SECONDS = 0.1


def _nothing() -> None:
    """Stand for a step that a service doesn't need."""


@dataclass(frozen=True)
class Service:
    """A server: how to prepare, run, probe and settle it.

    Parameters
    ----------
    name, label : str
        Of its files (`postgres`), and for people (`PostgreSQL`).
    address : str
        Where it answers, without a password.
    port, port_variable : int or None, str
        Port that must be free before it starts, and the variable that changes it.
    command : Callable
        Returns what to run; called anew at each start.
    probe : Callable
        Returns None when the server answers; else a phrase that says why not. Raises for what waiting won't mend.
    prepare, settle : Callable
        Before each start; and after it answered (databases, accounts). Both may be run again and again.
    is_external : bool
        Somebody else runs it: only probed and settled.
    retry_seconds : float
        For how long a start that ended by itself is tried again.
    hands_over : bool
        Its children serve on after a kill of their parent, and its port may be shared with a successor: they are ended
        once that one listens, not before.
    """

    name: str
    label: str
    address: str
    command: Callable[[], Command]
    probe: Callable[[], str | None]
    port: int | None = None
    port_variable: str = ""
    host: str = "127.0.0.1"
    prepare: Callable[[], None] = _nothing
    settle: Callable[[], None] = _nothing
    find_running: Callable[[], Child | None] = lambda: None
    stop_signal: signal.Signals = signal.SIGTERM
    grace_seconds: float = 20.0
    retry_seconds: float = 0.0
    is_external: bool = False
    hands_over: bool = False


def running(service: Service, room: Room) -> Child | None:
    """Return the service's process if it is alive."""
    if service.is_external:
        return None
    child = process.recall(service.name, room)
    if child is None and (child := service.find_running()) is not None:
        process.remember(child, room)
    return child


def start(
    service: Service, room: Room, *, timeout: float = READY_SECONDS, cancelled: threading.Event | None = None
) -> None:
    """Start the service unless it runs, wait until it answers, and settle it.

    Parameters
    ----------
    service, room
    timeout : float
        Seconds to its first answer.
    cancelled : threading.Event, optional
        When set, the wait ends.

    Raises
    ------
    ConflictError
        If a stranger holds its port.
    UnavailableError
        If it ended by itself, didn't answer in time (the message holds the end of its log) or was cancelled.
    """
    cancelled = cancelled or threading.Event()
    begun = time.monotonic()
    child = running(service, room)
    # One that was found running may be dying of a kill this very moment: its end is no failure of this start.
    is_ours = child is None
    predecessors = process.left_over(service.name, room) if is_ours and service.hands_over else []
    if child is None and not service.is_external:
        child = _launch(service, room, predecessors)
    while True:
        alive = _is_alive(service, child)
        if not alive:
            reason: str | None = "it ended by itself"
        elif predecessors and not _listens(child, service.port):
            reason = "its predecessor still answers in its place"
        else:
            reason = service.probe()
            # Asked again: one that was being killed may have been answered for by what it left behind.
            alive = _is_alive(service, child)
        if alive and reason is None:
            break
        waited = time.monotonic() - begun
        if not alive and (not is_ours or waited < service.retry_seconds):
            if is_ours:
                cancelled.wait(0.5)
            is_ours, child = True, _launch(service, room, predecessors)
        elif not alive or waited > timeout:
            raise _failure(service, room, reason or "", waited)
        if cancelled.wait(_LOOK_EVERY_SECONDS):
            raise UnavailableError(f"the start of {service.label} was cut short", code="cancelled")
    process.end(predecessors, grace_seconds=service.grace_seconds)
    service.settle()


@contextmanager
def started(*services: Service, room: Room) -> Generator[None]:
    """Have services run while the block does: started in this order, stopped in reverse however it ends."""
    with ExitStack() as stack:
        for service in services:
            stack.callback(stop, service, room)
            start(service, room)
        yield


def stop(service: Service, room: Room) -> bool:
    """Stop the service and everything it left. Returns whether it had been running."""
    if service.is_external:
        return False
    child = running(service, room)
    if child is not None:
        process.terminate(child, stop_signal=service.stop_signal, grace_seconds=service.grace_seconds)
    process.sweep(service.name, room)
    process.forget(service.name, room)
    return child is not None


def _launch(service: Service, room: Room, predecessors: Collection[Process]) -> Child:
    process.sweep(service.name, room, keep=predecessors)
    service.prepare()
    if service.port is not None and not predecessors:
        ports.require_free(service.port, host=service.host, label=service.label, variable=service.port_variable)
    return process.spawn(service.name, service.command(), room)


def _is_alive(service: Service, child: Child | None) -> bool:
    return service.is_external or (child is not None and process.is_alive(child))


def _listens(child: Child | None, port: int | None) -> bool:
    return child is not None and port is not None and ports.listens(child.pid, port)


def _failure(service: Service, room: Room, reason: str, waited: float) -> UnavailableError:
    if service.is_external:
        return UnavailableError(f"{service.label} at {service.address} is not to be used: {reason}", code="no_answer")
    tail = process.log_tail(service.name, room)
    text = f"{service.label} at {service.address} did not come up within {waited:.0f} s: {reason}"
    return UnavailableError(
        f"{text}; the end of {room.log_file(service.name)}:\n{tail}" if tail else text, code="not_started"
    )
