"""All servers of one home, in order: start, report, stop in reverse.

Belongs here: the order and the state of the whole. Does not belong here: words on the screen (`medisync/stack.py`),
restarts (`watch`) and what is true of one server only.
"""

import threading
from collections.abc import Callable, Collection
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial

from core.db import deid
from core.db.engine import sync_engine
from core.embedded import api, dagster, mlflow, postgres, valkey
from core.embedded import service as life
from core.embedded.home import room_of
from core.embedded.process import Child, Room
from core.embedded.service import Service
from core.errors import MediSyncError
from core.settings import Settings

#: What must be ready before a server starts.
_NEEDS = {
    "mlflow": ("postgres",),
    "dagster-code": ("postgres",),
    "dagster-web": ("dagster-code",),
    "dagster-daemon": ("dagster-code",),
    "api": ("postgres", "valkey"),
}


class Step(StrEnum):
    """How far a start has come."""

    BEGUN = "begun"
    DONE = "done"


@dataclass(frozen=True)
class Health:
    """A server's state at one moment. `reason` says what is wrong; None when it is healthy."""

    name: str
    label: str
    address: str
    port: int | None
    pid: int | None
    is_external: bool
    reason: str | None

    @property
    def is_healthy(self) -> bool:
        return self.reason is None


@dataclass(frozen=True)
class Stack:
    """The servers of one home, in an order in which each comes after those it needs."""

    settings: Settings
    services: tuple[Service, ...]

    @property
    def room(self) -> Room:
        return room_of(self.settings)

    def alive(self) -> dict[str, Child]:
        """Return the running children by name."""
        found = ((service.name, life.running(service, self.room)) for service in self.services)
        return {name: child for name, child in found if child is not None}

    def health(self) -> list[Health]:
        """Ask every server how it is."""
        return [self._health(service) for service in self.services]

    def _health(self, service: Service) -> Health:
        child = life.running(service, self.room)
        if child is None and not service.is_external:
            reason: str | None = "not running"
        else:
            try:
                reason = service.probe()
            except MediSyncError as error:
                reason = error.message
        return Health(
            service.name,
            service.label,
            service.address,
            service.port,
            child.pid if child else None,
            service.is_external,
            reason,
        )

    def start(self, *, told: Callable[[Service, Step], None], cancelled: threading.Event) -> None:
        """Start all, each as soon as those it needs are ready; `told` hears of each beginning and end.

        Raises
        ------
        MediSyncError
            The first failure. It sets `cancelled`, so that the others' waits end.
        """
        futures: dict[str, Future[None]] = {}

        def one(service: Service) -> None:
            for need in _NEEDS.get(service.name, ()):
                futures[need].result()
            told(service, Step.BEGUN)
            life.start(service, self.room, cancelled=cancelled)
            told(service, Step.DONE)

        with ThreadPoolExecutor(len(self.services)) as pool:
            for service in self.services:
                futures[service.name] = pool.submit(one, service)
            try:
                done, _ = wait(futures.values(), return_when=FIRST_EXCEPTION)
                for future in done:
                    future.result()
            except BaseException:  # an interrupt too: the threads must end before the pool can
                cancelled.set()
                raise

    def stop(self, *, told: Callable[[Service, bool], None], keep: Collection[str] = ()) -> None:
        """Stop all but `keep` in reverse order; `told(service, had_been_running)` after each."""
        for service in reversed(self.services):
            if not service.is_external and service.name not in keep:
                told(service, life.stop(service, self.room))


def stack(
    settings: Settings,
    *,
    definitions: str = "orchestration.definitions",
    api_factory: str = "serving.start:create_app",
) -> Stack:
    """Return the servers of a home.

    Parameters
    ----------
    settings : Settings
    definitions : str
        Module with Dagster's `Definitions`.
    api_factory : str
        `module:function` that returns the ASGI application.
    """
    database = _then(postgres.service(settings), partial(_migrate, settings))
    code, web, daemon = dagster.services(settings, definitions=definitions)
    return Stack(
        settings,
        (
            database,
            valkey.service(settings),
            mlflow.service(settings),
            code,
            web,
            daemon,
            api.service(settings, factory=api_factory),
        ),
    )


def _then(service: Service, more: Callable[[], None]) -> Service:
    def settle() -> None:
        service.settle()
        more()

    return replace(service, settle=settle)


def _migrate(settings: Settings) -> None:
    engine = sync_engine(settings.database_dsn)
    try:
        deid.bring_up(engine, settings.secrets["pipeline_password"])
    finally:
        engine.dispose()
