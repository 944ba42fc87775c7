"""What `medisync up`, `status` and `down` draw: progress of each server, tables of addresses and accounts.

Belongs here: words and tables on the screen. Does not belong here: starting or stopping anything (`medisync/stack.py`).
"""

import json
import threading
import time
from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from core.embedded.service import Service
from core.embedded.supervisor import Health, Step
from core.settings import Settings


class StartScreen:
    """One line a server: a spinner while it starts, a tick and the seconds once it answers.

    Without a terminal (a log file, CI) each server gets one plain line when it is ready.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._begun: dict[str, float] = {}
        self._tasks: dict[str, TaskID] = {}
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓[/]"),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> "StartScreen":
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._lock:
            for task in self._progress.tasks:
                if not task.finished:
                    self._progress.stop_task(task.id)
        self._progress.stop()

    def told(self, service: Service, step: Step) -> None:
        """Draw that a server began to start, or that it is ready."""
        verb = "checking" if service.is_external else "starting"
        with self._lock:
            if step is Step.BEGUN:
                self._begun[service.name] = time.monotonic()
                self._tasks[service.name] = self._progress.add_task(f"{service.label:<15} {verb}", total=1)
                return
            seconds = time.monotonic() - self._begun[service.name]
            self._progress.update(
                self._tasks[service.name], description=f"{service.label:<15} {service.address}", completed=1
            )
            if not self._console.is_terminal:
                self._console.print(f"{service.label} is ready at {service.address} ({seconds:.1f} s)")


def status_table(healths: list[Health]) -> Table:
    """Return the servers with pid, port and health."""
    table = Table(box=None, pad_edge=False)
    for column in ("service", "pid", "port", "address", "health"):
        table.add_column(column, justify="right" if column in {"pid", "port"} else "left")
    for one in healths:
        good = "[green]healthy[/] (not ours)" if one.is_external else "[green]healthy[/]"
        table.add_row(
            one.label,
            str(one.pid or ""),
            str(one.port or ""),
            one.address,
            good if one.reason is None else f"[red]{escape(one.reason.splitlines()[0])}[/]",
        )
    return table


def status_json(settings: Settings, healths: list[Health], launcher_pid: int | None) -> str:
    """Return the same as one JSON object."""
    services = [
        {
            "name": one.name,
            "label": one.label,
            "pid": one.pid,
            "port": one.port,
            "address": one.address,
            "is_external": one.is_external,
            "is_healthy": one.is_healthy,
            "reason": one.reason,
        }
        for one in healths
    ]
    return json.dumps(
        {
            "home": str(settings.root),
            "launcher_pid": launcher_pid,
            "is_healthy": all(one.is_healthy for one in healths),
            "services": services,
        }
    )


def farewell(settings: Settings, console: Console) -> None:
    """Print where to go, and who may sign in if there is a demo."""
    places = Table(title="MediSync is up", title_justify="left", box=None, pad_edge=False, show_header=False)
    places.add_row("Dashboard and API", settings.api_address)
    places.add_row("API reference", f"{settings.api_address}/openapi.json")
    places.add_row("Dagster", settings.dagster_address)
    places.add_row("MLflow", f"{settings.mlflow_address}  (user admin, password in secrets.json)")
    places.add_row("Home", str(settings.root))
    console.print(places)
    path = settings.root / "demo-accounts.json"
    if not path.exists():
        return
    accounts: dict[str, dict[str, str]] = json.loads(path.read_text())
    table = Table(title="\nDemo accounts (synthetic patients only)", title_justify="left", box=None, pad_edge=False)
    for column in ("role", "e-mail", "password"):
        table.add_column(column, no_wrap=True)
    for role, account in accounts.items():
        table.add_row(role, account["email"], account["password"])
    console.print(table)
    console.print("Staff need a code too: set an authenticator up with `totp_secret` in demo-accounts.json, or")
    console.print("  uv run medisync user code --role doctor")
