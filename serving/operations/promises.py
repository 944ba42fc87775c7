"""Whether the system keeps its promises, read from its own metrics and from the minutes it wrote down.

Belongs here: pure: samples of Prometheus in, promises with what was measured out. Does not belong here: collecting.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from prometheus_client import Metric
from prometheus_client.samples import Sample

from serving.operations.uptime import TARGET, Uptime

_HOT: Final = "/api/analytics/"
#: Reads of a dashboard; reports are promised apart.
_DASHBOARD: Final = frozenset({_HOT, f"{_HOT}doctor/", f"{_HOT}nurse/", f"{_HOT}realtime/", f"{_HOT}admin/"})


@dataclass(frozen=True)
class Promise:
    """One promise, and what was measured since the workers started (`uptime_share`: in the last thirty days).

    Parameters
    ----------
    key : str
    unit : str
        `seconds`, `share`, `hours` or `count`.
    bound : str
        Whether the target is the most or the least that is allowed.
    target : float
    measured : float or None
        None while nothing was observed.
    observations : int
    """

    key: str
    unit: Literal["seconds", "share", "hours", "count"]
    bound: Literal["at_most", "at_least"]
    target: float
    measured: float | None
    observations: int

    @property
    def is_kept(self) -> bool | None:
        """None while nothing was observed."""
        if self.measured is None:
            return None
        return self.measured <= self.target if self.bound == "at_most" else self.measured >= self.target


def quantile(buckets: Sequence[tuple[float, float]], share: float) -> float | None:
    """Return a quantile from cumulative buckets (upper bound, count); inside a bucket it is interpolated.

    Examples
    --------
    >>> quantile([(0.1, 50), (0.2, 100), (float("inf"), 100)], 0.75)
    0.15
    >>> quantile([(0.1, 0), (float("inf"), 0)], 0.95) is None
    True
    """
    total = buckets[-1][1] if buckets else 0
    if total == 0:
        return None
    wanted, below, start = share * total, 0.0, 0.0
    for end, count in buckets:
        if count >= wanted:
            # Past the last bound nothing more is known than that bound.
            return start if math.isinf(end) else round(start + (end - start) * (wanted - below) / (count - below), 6)
        below, start = count, end
    return start


def _answers(families: Sequence[Metric], is_meant: Callable[[str, str], bool]) -> tuple[float | None, int]:
    samples = _samples(families, "medisync_http_seconds_bucket")
    return _p95(sample for sample in samples if is_meant(sample.labels["method"], sample.labels["route"]))


def _p95(samples: Iterable[Sample]) -> tuple[float | None, int]:
    """Return what 95 % of a histogram's observations stay within, and how many there were."""
    counts: dict[float, float] = {}
    for sample in samples:
        end = float(sample.labels["le"])
        counts[end] = counts.get(end, 0) + sample.value
    buckets = sorted(counts.items())
    return quantile(buckets, 0.95), int(buckets[-1][1]) if buckets else 0


def _samples(families: Iterable[Metric], name: str) -> list[Sample]:
    return [sample for family in families for sample in family.samples if sample.name == name]


def promises_of(families: Sequence[Metric], *, published_age_hours: float | None, uptime: Uptime) -> list[Promise]:
    """Return every promise.

    Parameters
    ----------
    families : sequence of Metric
        As a Prometheus registry collects them, of all workers.
    published_age_hours : float or None
        Age of the section that was published longest ago.
    uptime : Uptime
        Of the last thirty days; the others are of the workers that run.
    """
    dashboard, reads = _answers(families, lambda method, route: method == "GET" and route in _DASHBOARD)
    assess, assessments = _answers(families, lambda method, route: route == "/api/risk/assess")
    report, reports = _answers(families, lambda method, route: route == f"{_HOT}pdf/")
    statement, statements = _p95(_samples(families, "medisync_statement_seconds_bucket"))
    news, told = _p95(_samples(families, "medisync_news_seconds_bucket"))
    answers = _samples(families, "medisync_http_requests_total")
    total = sum(sample.value for sample in answers)
    failed = sum(sample.value for sample in answers if sample.labels["status"].startswith("5"))
    cache = _samples(families, "medisync_analytics_cache_total")
    served = sum(sample.value for sample in cache)
    hits = sum(sample.value for sample in cache if sample.labels["level"] != "database")
    sockets = sum(sample.value for sample in _samples(families, "medisync_sockets"))
    return [
        Promise("dashboard_p95", "seconds", "at_most", 0.2, dashboard, reads),
        Promise("assessment_p95", "seconds", "at_most", 0.1, assess, assessments),
        Promise("report_p95", "seconds", "at_most", 30.0, report, reports),
        Promise("statement_p95", "seconds", "at_most", 0.05, statement, statements),
        Promise("news_p95", "seconds", "at_most", 5.0, news, told),
        Promise("uptime_share", "share", "at_least", TARGET, uptime.share, uptime.minutes),
        Promise("answered_share", "share", "at_least", 0.999, 1 - failed / total if total else None, int(total)),
        Promise("cache_hit_share", "share", "at_least", 0.8, hits / served if served else None, int(served)),
        Promise("published_age", "hours", "at_most", 26.0, published_age_hours, int(published_age_hours is not None)),
        Promise("open_sockets", "count", "at_least", 0.0, sockets, int(sockets)),
    ]
