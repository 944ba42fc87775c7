"""Prometheus metrics of one worker: rate, errors and duration per route, cache hits, the model in use.

Belongs here: the collectors and their names. Does not belong here: what they count. Labels are route templates and
words of ours, never a path or a value.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """The collectors of one application, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "medisync_http_requests", "Answers", ("method", "route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "medisync_http_seconds", "Time to answer", ("method", "route"), registry=self.registry, buckets=_BUCKETS
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
        self.model_version = Gauge("medisync_model_version", "Champion in use; 0 for none", registry=self.registry)
        self.champion_alarms = Counter(
            "medisync_champion_alarms",
            "Times the champion was moved past the gate or was refused",
            registry=self.registry,
        )
        self.sockets = Gauge("medisync_sockets", "Open live sockets", registry=self.registry)
        self.receipts_lost = Counter(
            "medisync_receipts_lost", "Receipts that could not be kept", registry=self.registry
        )
        for level in ("process", "valkey", "database"):
            self.cache.labels(level)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(method, route).observe(seconds)

    def text(self) -> bytes:
        """Return all metrics in the text format of Prometheus."""
        return generate_latest(self.registry)
