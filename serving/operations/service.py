"""Composing the administrator's page.

Belongs here: gathering, and the what-if of capacity. Does not belong here: its arithmetic (`ml.capacity`), HTTP.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncEngine

from core import clock
from ml.capacity import CapacityRule, capacity_need
from ml.small_cells import is_small
from serving.analytics.pages import Audience, staffing
from serving.analytics.realtime import RealtimeBoard
from serving.analytics.store import AnalyticsStore
from serving.metrics import Metrics
from serving.operations import repository
from serving.operations.pipeline import PipelineProbe
from serving.operations.promises import promises_of
from serving.operations.uptime import WINDOW

#: Outcomes are looked at over this span, up to this long ago: they are known only after the stay.
_OUTCOME_DAYS, _SETTLED_DAYS = 180, 30
_FEWEST_OUTCOMES = 100


@dataclass(frozen=True)
class WhatIf:
    """What an administrator tries; None means what the hospital's own data say, or the default."""

    beds: int = 60
    stay_days: float = 4.5
    admitted_share: float | None = None
    visits_per_nurse_shift: float = 12.0


@dataclass(frozen=True)
class Operations:
    """Where the page's figures come from."""

    engine: AsyncEngine
    store: AnalyticsStore
    board: RealtimeBoard
    metrics: Metrics
    pipeline: PipelineProbe
    is_synthetic: bool

    async def page(self, wish: WhatIf) -> dict[str, Any]:
        """Return the page; counts are those that a role without patients may see."""
        now = clock.now()
        sections = orjson.loads((await self.store.page("all", Audience.OTHERS)).body)["sections"]
        live = orjson.loads((await self.board.page(Audience.OTHERS)).body)
        async with self.engine.connect() as connection:
            until = now - timedelta(days=_SETTLED_DAYS)
            outcomes = await repository.outcomes(connection, since=until - timedelta(days=_OUTCOME_DAYS), until=until)
            oldest = await repository.oldest_publication(connection)
            uptime = await repository.uptime(connection, now=now)
        age = None if oldest is None else (now - oldest).total_seconds() / 3600
        promises = promises_of(self.metrics.families(), published_age_hours=age, uptime=uptime)
        return {
            "generated_at": clock.iso(now),
            "is_synthetic": self.is_synthetic,
            "overview": _overview(sections, live),
            "system_health": {
                "as_of": clock.iso(now),
                "pipeline": await self.pipeline.state(),
                "promises": [{**asdict(promise), "is_kept": promise.is_kept} for promise in promises],
                "uptime": {
                    "since_at": clock.iso(uptime.since_at),
                    "window_days": WINDOW.days,
                    "down_minutes": round(uptime.down_minutes, 2),
                    "budget_minutes": round(uptime.budget_minutes, 2),
                    "answered_count": uptime.answered,
                    "failed_count": uptime.failed,
                },
            },
            "capacity": capacity_of(sections["patient_volume"], wish, outcomes.admitted, outcomes.known),
        }


def _overview(sections: Mapping[str, Any], live: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def add(key: str, value: float | None, period: str | None, block: Mapping[str, Any]) -> None:
        head = {"key": key, "value": value, "period": period}
        found.append({**head, "as_of": block["as_of"], "receipt": block["receipt"]})

    today = live["today"]["registrations_count"]
    add("registrations_last_day", today, None, {"as_of": live["generated_at"], "receipt": None})
    surge, volume = sections["illness_surge"], sections["patient_volume"]
    if surge is not None:
        hot = [row for row in surge["data"]["conditions"] if row["level"] in ("high", "critical")]
        add("conditions_above_usual", len(hot), surge["data"]["as_of_week"], surge)
    if volume is not None and volume["data"]["forecast"]:
        steps = volume["data"]["forecast"]
        busiest = max(steps, key=lambda step: step["mean"])
        add("expected_next_month", steps[0]["mean"], steps[0]["month"], volume)
        add("busiest_month", busiest["mean"], busiest["month"], volume)
    return found


def capacity_of(volume: Mapping[str, Any] | None, wish: WhatIf, admitted: int, known: int) -> dict[str, Any] | None:
    """Return what each month of the forecast asks for; None while no forecast is published."""
    daily = staffing(volume)
    if daily is None or not daily["months"]:
        return None
    rule, source = CapacityRule(), "assumed"
    share = rule.admitted_share
    if wish.admitted_share is not None:
        share, source = wish.admitted_share, "given"
    elif known >= _FEWEST_OUTCOMES:
        share, source = round(admitted / known, 4), "observed"
    rule = CapacityRule(
        beds=wish.beds,
        stay_days=wish.stay_days,
        admitted_share=share,
        visits_per_nurse_shift=wish.visits_per_nurse_shift,
    )
    return {
        "as_of": daily["as_of"],
        "receipt": daily["receipt"],
        "assumptions": {
            **asdict(rule),
            "admitted_share_source": source,
            "admitted_share_n": 0 if is_small(known) else known,
        },
        "months": [_month(row, rule) for row in daily["months"]],
    }


def _month(row: Mapping[str, Any], rule: CapacityRule) -> dict[str, Any]:
    mean, high = max(row["mean_per_day"], 0.0), max(row["hi80_per_day"], 0.0)
    need, most = capacity_need(mean, rule), capacity_need(high, rule)
    return {
        "month": row["month"],
        "registrations_per_day": mean,
        "registrations_per_day_hi80": high,
        "beds_mean": round(need.beds_mean, 2),
        "beds_needed": need.beds_needed,
        "beds_needed_hi80": most.beds_needed,
        "occupancy": round(need.occupancy, 4),
        "full_share": round(need.full_share, 4),
        "nurses_per_shift": need.nurses_per_shift,
        "nurses_per_shift_hi80": most.nurses_per_shift,
    }


def report_blocks(page: Mapping[str, Any]) -> dict[str, dict[str, Any] | None]:
    """Return the administrator's own sections of a report: overview, capacity, system health."""
    health = page["system_health"]
    newest = max((row["as_of"] for row in page["overview"]), default=page["generated_at"])
    receipts = sorted({row["receipt"] for row in page["overview"] if row["receipt"]})
    capacity = page["capacity"]
    return {
        "overview": {
            "as_of": newest,
            "receipt": ", ".join(receipts) or "counted live",
            "data": {"glances": page["overview"]},
        },
        "capacity": capacity and {"as_of": capacity["as_of"], "receipt": capacity["receipt"], "data": capacity},
        "system_health": {
            "as_of": health["as_of"],
            "receipt": "metrics of the workers since their start",
            "data": {"promises": health["promises"], "function": "Prometheus"},
        },
    }
