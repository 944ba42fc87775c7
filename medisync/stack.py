"""`medisync up`, `down`, `status`: the servers of one home as an operator sees them.

Belongs here: what the commands do in which order. Does not belong here: processes (`core.embedded`), tables and
progress (`medisync/stack_screen.py`), the demo's contents (`medisync/demo.py`).
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console

from core import settings as configuration
from core.embedded import environment, supervisor
from core.embedded import home as homes
from core.embedded.service import Service
from core.embedded.supervisor import Stack
from core.embedded.watch import Watch
from core.errors import ConflictError, MediSyncError, UnavailableError
from core.settings import Settings
from medisync import stack_screen
from medisync.options import AsJson, Home, settings_of


def up(
    detach: Annotated[bool, typer.Option("--detach", help="Return when all is healthy; the servers stay.")] = False,
    home: Home = None,
    no_demo: Annotated[bool, typer.Option("--no-demo", help="No demo hospital, no accounts, no pipeline run.")] = False,
) -> None:
    """Start everything, seed the demo hospital and run the pipeline."""
    settings = settings_of(home)
    console = Console(stderr=True)
    # The demo and the pipeline's client run in this process: quiet, and with files for nobody else.
    configuration.export(environment.QUIET)
    os.umask(0o077)
    homes.make_home(settings)
    is_complete = True
    with homes.launcher_lock(settings):
        stack = supervisor.stack(settings)
        _refuse_second(stack)
        _mark(settings).unlink(missing_ok=True)
        before = set(stack.alive())
        try:
            with _signals_interrupt():
                is_complete = _bring_up(stack, console, with_demo=not no_demo, stay=not detach)
        except KeyboardInterrupt:
            console.print("Stopping, in order…")
            _stop(stack, console)
        except BaseException:
            # What ran before this call is left as it was; what this call started goes again.
            _stop(stack, console, keep=before)
            raise
    if not is_complete:
        raise typer.Exit(1)


def down(home: Home = None) -> None:
    """Stop everything, in order."""
    settings = settings_of(home)
    console = Console(stderr=True)
    if not settings.root.exists():
        console.print(f"Nothing was ever started in {settings.root}.")
        return
    _end_launcher(settings, console)
    with homes.launcher_lock(settings):
        _mark(settings).unlink(missing_ok=True)
        if not _stop(supervisor.stack(settings), console):
            console.print("All is stopped.")


def status(
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show the services with pid, port and health; exit 1 unless all are healthy."""
    settings = settings_of(home)
    healths = supervisor.stack(settings).health()
    if as_json:
        sys.stdout.write(stack_screen.status_json(settings, healths, homes.launcher(settings)) + "\n")
    else:
        Console().print(stack_screen.status_table(healths))
    if not all(one.is_healthy for one in healths):
        raise typer.Exit(1)


def _mark(settings: Settings) -> Path:
    """Written when an `up` came to its end: all servers healthy, demo and pipeline done if asked for."""
    return settings.root / "run" / "up-to-date"


def _refuse_second(stack: Stack) -> None:
    alive = stack.alive()
    ours = [service for service in stack.services if not service.is_external]
    if _mark(stack.settings).exists() and all(service.name in alive for service in ours):
        raise ConflictError(
            f"MediSync already runs from {stack.settings.root}: the API is pid {alive['api'].pid} at "
            f"{stack.settings.api_address}; see `medisync status`, stop it with `medisync down`",
            code="already_running",
        )


def _bring_up(stack: Stack, console: Console, *, with_demo: bool, stay: bool) -> bool:
    """Start all, fill the hospital, stay if asked; return whether everything that was asked for was done.

    A pipeline that failed leaves the servers up: its run's page is where the cause is seen.
    """
    settings = stack.settings
    with stack_screen.StartScreen(console) as screen:
        stack.start(told=screen.told, cancelled=threading.Event())
    with _watching(stack, console) as watcher:
        is_complete = not with_demo or _demo(settings, console)
        if is_complete:
            _mark(settings).touch()
        stack_screen.farewell(settings, Console())
        if stay:
            console.print("\nCtrl-C stops everything.")
            while watcher.is_alive():
                time.sleep(1)
    return is_complete


def _demo(settings: Settings, console: Console) -> bool:
    # Imported here: they bring the pipeline with them, which `up --no-demo` and `status` have no use for.
    from medisync import demo, models, pipeline

    try:
        demo.seed(settings, console)
        models.sign_demo(settings)
        pipeline.run_all(settings, console)
        models.bootstrap(settings, console)
    except MediSyncError as error:
        console.print(f"[red]The demo hospital is not complete:[/] {error.message}")
        console.print("The servers stay up; once the cause is mended, `medisync run` or `medisync up` goes on.")
        return False
    return True


@contextmanager
def _watching(stack: Stack, console: Console) -> Generator[threading.Thread]:
    """Restart whatever dies, until the end of the block."""

    def told(service: Service, sentence: str) -> None:
        console.print(f"[yellow]{service.label}[/] {sentence}")

    stopped = threading.Event()
    watch = Watch(stack, told)
    thread = threading.Thread(target=watch.until, args=(stopped,), name="watch", daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        stopped.set()
        thread.join()


@contextmanager
def _signals_interrupt() -> Generator[None]:
    """Let SIGTERM and SIGHUP end the block like Ctrl-C does; after the block all three are ignored."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        _ignore_signals()  # one is enough; the stop must not be cut short
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        _ignore_signals()


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _stop(stack: Stack, console: Console, *, keep: set[str] | None = None) -> bool:
    """Stop all but `keep`, saying so. Returns whether anything had been running."""
    had_run: list[str] = []

    def told(service: Service, had_been_running: bool) -> None:
        if had_been_running:
            had_run.append(service.name)
            console.print(f"{service.label} stopped")

    stack.stop(told=told, keep=keep or set())
    return bool(had_run)


def _end_launcher(settings: Settings, console: Console) -> None:
    """Ask the launcher that holds the home to stop, and wait for it."""
    pid = homes.launcher(settings)
    if pid is None:
        return
    console.print(f"Asking the launcher (pid {pid}) to stop everything…")
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 180
    while homes.launcher(settings) is not None:
        if time.monotonic() > deadline:
            raise UnavailableError(f"the launcher, pid {pid}, did not end within 180 s; kill it", code="stuck")
        time.sleep(0.2)
