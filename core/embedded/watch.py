"""Looking after running servers: bring back the one that died, with backoff.

Belongs here: when to try again. Does not belong here: how a server is started (`service`).
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from core.embedded import service as life
from core.embedded.service import Service
from core.embedded.supervisor import Stack
from core.errors import MediSyncError

_BACKOFF_SECONDS = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
#: A server that ran this long before it died starts its backoff anew.
_SETTLED_SECONDS = 120.0


@dataclass
class Watch:
    """Watches the children and brings back the one that died, at most once a minute each in the long run.

    Parameters
    ----------
    stack : Stack
    told : Callable
        Receives (service, sentence) whenever there is something to say.
    """

    stack: Stack
    told: Callable[[Service, str], None]
    _failures: dict[str, int] = field(default_factory=dict[str, int])
    _next_try: dict[str, float] = field(default_factory=dict[str, float])
    _started: dict[str, float] = field(default_factory=dict[str, float])

    def until(self, stopped: threading.Event, *, every_seconds: float = 0.25) -> None:
        """Look four times a second until `stopped` is set; a slow start of one server keeps no other one waiting."""

        def watch(service: Service) -> None:
            while not stopped.wait(every_seconds):
                self._look_at(service, stopped)

        threads = [threading.Thread(target=watch, args=(one,), daemon=True) for one in self.stack.services]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def look(self, stopped: threading.Event) -> None:
        """Look once at every server, in the order of their start, and restart what died."""
        for service in self.stack.services:
            self._look_at(service, stopped)

    def _look_at(self, service: Service, stopped: threading.Event) -> None:
        if stopped.is_set() or service.is_external or life.running(service, self.stack.room) is not None:
            return
        now = time.monotonic()
        if service.name not in self._next_try:
            self._noticed(service, now)
        if now >= self._next_try[service.name]:
            self._restart(service, stopped)

    def _noticed(self, service: Service, now: float) -> None:
        if service.name in self._started and now - self._started.pop(service.name) > _SETTLED_SECONDS:
            self._failures[service.name] = 0
        failures = self._failures.get(service.name, 0)
        delay = _BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS) - 1)]
        self._next_try[service.name] = now + delay
        when = f"in {delay:.0f} s" if delay else "at once"
        self.told(service, f"ended unexpectedly; starting it again {when}")

    def _restart(self, service: Service, stopped: threading.Event) -> None:
        del self._next_try[service.name]
        self._failures[service.name] = self._failures.get(service.name, 0) + 1
        begun = time.monotonic()
        try:
            life.start(service, self.stack.room, cancelled=stopped)
        except MediSyncError as error:
            if not stopped.is_set():
                self.told(service, error.message)
            return
        self._started[service.name] = time.monotonic()
        self.told(service, f"is back after {time.monotonic() - begun:.1f} s")
