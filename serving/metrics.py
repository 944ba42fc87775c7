"""Prometheus metrics of all workers together: rate, errors and duration per route, statements, cache hits, the
model in use.

Belongs here: the collectors and their names. Does not belong here: what they count. Labels are route templates and
words of ours, never a path or a value.

With `PROMETHEUS_MULTIPROC_DIR` set (as `core.embedded.api` does) each worker writes its values into files of that
folder and any worker answers for all of them; counters of a worker that ended stay in the sums. Without it, there is
one worker and its values are in memory.
"""

import math
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.process_collector import ProcessCollector
from sqlalchemy import Engine, event

from core.settings import metrics_folder

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


#: Asked by machines whether we stand; not counted as served.
PROBES = frozenset({"/livez", "/readyz", "/metrics"})


@dataclass
class Tally:
    """Answers of this worker that nobody has written down yet."""

    answered: int = 0
    failed: int = 0

    def add(self, answered: int, failed: int) -> None:
        self.answered += answered
        self.failed += failed

    def take(self) -> tuple[int, int]:
        """Return both counts and begin anew."""
        taken = self.answered, self.failed
        self.answered = self.failed = 0
        return taken


class Metrics:
    """The collectors of one application, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        #: Decided where the library decides it: at its import.
        self._folder = None if values.ValueClass is values.MutexValue else metrics_folder()
        if self._folder is None:
            ProcessCollector(registry=self.registry)
        else:
            _forget_the_dead(self._folder)
        self.requests = Counter(
            "medisync_http_requests", "Answers", ("method", "route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "medisync_http_seconds", "Time to answer", ("method", "route"), registry=self.registry, buckets=_BUCKETS
        )
        self.statements = Histogram(
            "medisync_statement_seconds", "Time of a database statement", registry=self.registry, buckets=_BUCKETS
        )
        self.news = Histogram(
            "medisync_news_seconds", "From a change to the stream of screens", registry=self.registry, buckets=_BUCKETS
        )
        self.cache = Counter(
            "medisync_analytics_cache",
            "Analytics pages served, by where the bytes came from",
            ("level",),
            registry=self.registry,
        )
        self.assessments = Counter(
            "medisync_risk_assessments", "Risk assessments, by level", ("level",), registry=self.registry
        )
        self.champion_alarms = Counter(
            "medisync_champion_alarms",
            "Times the champion was moved past the gate or was refused",
            registry=self.registry,
        )
        self.model_version = Gauge(
            "medisync_model_version",
            "Champion in use; 0 for none",
            registry=self.registry,
            multiprocess_mode="livemostrecent",
        )
        self.sockets = Gauge(
            "medisync_sockets", "Open live sockets", registry=self.registry, multiprocess_mode="livesum"
        )
        self.workers = Gauge(
            "medisync_workers", "Workers that run", registry=self.registry, multiprocess_mode="livesum"
        )
        self.receipts_lost = Counter(
            "medisync_receipts_lost", "Receipts that could not be kept", registry=self.registry
        )
        self.waits_past_p90 = Gauge(
            "medisync_told_waits_past_p90_share",
            "Share of told waits that were longer than their upper bound; NaN while none is known",
            registry=self.registry,
            multiprocess_mode="livemostrecent",
        )
        self.waits_settled = Gauge(
            "medisync_told_waits_settled",
            "Stays in line of which it is known whether the told wait came true",
            registry=self.registry,
            multiprocess_mode="livemostrecent",
        )
        self.uptime = Gauge(
            "medisync_uptime_share",
            "Share of the last thirty days that was served; NaN before the first whole minute",
            registry=self.registry,
            multiprocess_mode="livemostrecent",
        )
        self.error_budget = Gauge(
            "medisync_error_budget_minutes",
            "Minutes left of what 99.9 % of thirty days let be lost",
            registry=self.registry,
            multiprocess_mode="livemostrecent",
        )
        self.tally = Tally()
        for level in ("process", "valkey", "database"):
            self.cache.labels(level)
        self.workers.set(1)
        self.waits_past_p90.set(math.nan)
        self.uptime.set(math.nan)
        self.error_budget.set(math.nan)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(method, route).observe(seconds)
        if status and route not in PROBES:
            self.tally.add(1, int(status >= 500))

    def watch(self, engine: Engine) -> None:
        """Time every statement of an engine, from its sending to its rows."""

        def begin(*call: Any) -> None:
            call[4].medisync_began = time.perf_counter()

        def end(*call: Any) -> None:
            self.statements.observe(time.perf_counter() - call[4].medisync_began)

        event.listen(engine, "before_cursor_execute", begin)
        event.listen(engine, "after_cursor_execute", end)

    def _all_workers(self) -> CollectorRegistry:
        if self._folder is None:
            return self.registry
        together = CollectorRegistry()
        MultiProcessCollector(together, path=self._folder)
        return together

    def families(self) -> Sequence[Metric]:
        """Return everything that was measured, of all workers."""
        return list(self._all_workers().collect())

    def text(self) -> bytes:
        """Return all metrics in the text format of Prometheus."""
        return generate_latest(self._all_workers())

    def close(self) -> None:
        """Take this worker's gauges out of the sums."""
        if self._folder is not None:
            mark_process_dead(os.getpid(), self._folder)


def _forget_the_dead(folder: str) -> None:
    """Take the gauges of workers that were killed out of the sums: they could not do it themselves."""
    for file in Path(folder).glob("gauge_live*.db"):
        _, _, number = file.stem.rpartition("_")
        if number.isdigit() and not psutil.pid_exists(int(number)):
            mark_process_dead(int(number), folder)
