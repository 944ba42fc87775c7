"""One child process: spawn it, know it again after a restart of ours, end it and whatever it left behind.

Belongs here: pids, signals, pid files and logs of children. Does not belong here: what a child is for.

A pid alone proves nothing, since the kernel uses pids again. A child is ours when pid and moment of birth both fit the
pid file; a descendant is ours when its environment carries the mark that `spawn` set.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

#: Set in the environment of each child, inherited by its descendants: `<home>#<service>`.
MARK = "MEDISYNC_CHILD"
#: psutil derives the moment of birth from the boot time, which may be adjusted by a clock step.
_BIRTH_TOLERANCE_SECONDS = 2.0
_LOG_LIMIT_BYTES = 20_000_000


@dataclass(frozen=True)
class Child:
    """A process of ours: its service's name, its pid and its moment of birth (seconds since the epoch)."""

    name: str
    pid: int
    born: float


@dataclass(frozen=True)
class Account:
    """An account of the operating system that a child shall run under."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Command:
    """What to run: arguments, whole environment, working directory, and the account if not our own."""

    argv: Sequence[str]
    environment: Mapping[str, str]
    cwd: Path
    account: Account | None = None


@dataclass(frozen=True)
class Room:
    """Where the pid files and logs of one home lie."""

    run_dir: Path
    log_dir: Path

    def pid_file(self, name: str) -> Path:
        return self.run_dir / f"{name}.json"

    def log_file(self, name: str) -> Path:
        return self.log_dir / f"{name}.log"

    def mark(self, name: str) -> str:
        return f"{self.run_dir}#{name}"


def spawn(name: str, command: Command, room: Room) -> Child:
    """Start a child in a session of its own, so that it outlives us and never sees our Ctrl-C.

    Standard output and error go to its log file, kept to two generations of 20 MB. The pid file is written before
    this returns.

    Raises
    ------
    OSError
        If the program can't be run.
    """
    room.run_dir.mkdir(parents=True, exist_ok=True)
    room.log_dir.mkdir(parents=True, exist_ok=True)
    log = room.log_file(name)
    if log.exists() and log.stat().st_size > _LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".log.1"))
    account = command.account
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "ab") as output:
        process = subprocess.Popen(
            list(command.argv),
            env={**command.environment, MARK: room.mark(name)},
            cwd=command.cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            umask=0o077,
        )
    # From here on it is known by pid and birth; Popen would only warn that it is still running.
    process.returncode = 0
    child = Child(name, process.pid, _born(process.pid))
    _write(room.pid_file(name), child)
    return child


def remember(child: Child, room: Room) -> None:
    """Write the pid file of a process that was found running without one."""
    room.run_dir.mkdir(parents=True, exist_ok=True)
    _write(room.pid_file(child.name), child)


def recall(name: str, room: Room) -> Child | None:
    """Return the child of the pid file if it is still alive and really ours, else None."""
    try:
        child = Child(**json.loads(room.pid_file(name).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return child if is_alive(child) else None


def forget(name: str, room: Room) -> None:
    """Remove the pid file."""
    room.pid_file(name).unlink(missing_ok=True)


def find(name: str, pid: int) -> Child | None:
    """Return the running process of that pid as a child, or None if there is none."""
    try:
        return Child(name, pid, psutil.Process(pid).create_time())
    except psutil.Error:
        return None


def is_alive(child: Child) -> bool:
    """Whether the child runs: the pid exists, was born when ours was, and isn't a zombie (which is reaped here)."""
    try:
        process = psutil.Process(child.pid)
        same = abs(process.create_time() - child.born) < _BIRTH_TOLERANCE_SECONDS
        is_zombie = process.status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
    if same and is_zombie:
        with suppress(ChildProcessError):  # not a child of this process: its own parent reaps it
            os.waitpid(child.pid, os.WNOHANG)
    return same and not is_zombie


def terminate(child: Child, *, stop_signal: signal.Signals, grace_seconds: float) -> bool:
    """Ask the child to end, wait, and kill it if it doesn't. Returns whether it ended by itself."""
    if not is_alive(child):
        return True
    with suppress(ProcessLookupError):
        os.kill(child.pid, stop_signal)
    if _wait_for_end(child, grace_seconds):
        return True
    with suppress(ProcessLookupError):
        os.kill(child.pid, signal.SIGKILL)
    _wait_for_end(child, 10)
    return False


def left_over(name: str, room: Room) -> list[psutil.Process]:
    """Return every process that carries the mark of this service."""
    return list(_marked(room.mark(name)))


def sweep(name: str, room: Room, *, keep: Collection[psutil.Process] = (), grace_seconds: float = 3.0) -> int:
    """End every process that carries the mark of this service but `keep`, and return how many there were."""
    left = [one for one in left_over(name, room) if one not in keep]
    end(left, grace_seconds=grace_seconds)
    return len(left)


def end(processes: Sequence[psutil.Process], *, grace_seconds: float) -> None:
    """Ask processes to end, wait, and kill those that do not."""
    for process in processes:
        with suppress(psutil.Error):
            process.terminate()
    _, stubborn = psutil.wait_procs(processes, timeout=grace_seconds)
    for process in stubborn:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(stubborn, timeout=grace_seconds)


def log_tail(name: str, room: Room, *, lines: int = 12) -> str:
    """Return the last lines of the child's log, for a person."""
    try:
        with room.log_file(name).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 8192))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""


def _marked(mark: str) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                yield process
        except psutil.Error:
            continue


def _wait_for_end(child: Child, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while is_alive(child):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _born(pid: int) -> float:
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:  # it has ended already: no birth fits, so it counts as dead
        return 0.0


def _write(path: Path, child: Child) -> None:
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(asdict(child)))
    temporary.replace(path)
