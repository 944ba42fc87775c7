"""Surge alerts as a hospital works with them: budgeted, ranked, published once a closed period; and the nightly exam.

Belongs here: surge_alerts and surge_self_grade. Does not belong here: detection and grading (`ml.surveillance`),
dispositions (people give them, through `app_api.surge`).
"""

import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, Final

import dagster as dg
import numpy as np
import pandas as pd
from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import insert

from assets import provenance
from assets.automation import WHEN_DATA_ARE_GOOD
from assets.database import Database
from assets.outlook import OWNERS
from assets.publishing import Publisher
from core import clock, ids
from core.db.tables import SurgeAlert, SurgeClosedPeriod
from ml.surveillance import DEFAULT_ALPHA, DEFAULT_METHOD, TOGETHER, grade_detector, weekly_alerts
from ml.surveillance.budget import ALERT_COLUMNS

#: At most this share of a period's alerts is expected to be false (decision 0021).
BUDGET: Final = 0.2
#: Closed periods that are published when there is nothing yet, newest last.
HISTORY: Final = {"week": 104, "month": 24}
NO_ALERTS: Final = pd.DataFrame(columns=[*ALERT_COLUMNS, "grain"])
#: A period published within so many days after its end counts as live.
LIVE_DAYS: Final = {"week": 7, "month": 31}
#: How each grain is judged (decision 0023).
METHODS: Final = {"week": TOGETHER, "month": DEFAULT_METHOD}
#: What is known of a week that is not all reported; months are taken as they are.
_COMPLETION: Final = ("complete_share", "estimate", "estimate_low", "estimate_high")
#: Outbreaks of each size in each condition: keeps the exam of some twenty conditions below half a minute.
INJECTIONS: Final = 20


@dg.asset(
    group_name="surge",
    owners=OWNERS,
    code_version="2",
    kinds={"numpy", "postgres", "parquet"},
    automation_condition=WHEN_DATA_ARE_GOOD,
    description="Ranked alerts of each closed week and month within a false-discovery budget; published once, kept.",
)
def surge_alerts(
    context: dg.AssetExecutionContext,
    surge_condition_weekly: pd.DataFrame,
    surge_condition_monthly: pd.DataFrame,
    database: Database,
    publisher: Publisher,
) -> dg.MaterializeResult[pd.DataFrame]:
    today = clock.today()
    weekly = surge_condition_weekly
    monthly = surge_condition_monthly.rename(columns={"month": "week"})
    periods: dict[str, int] = {}
    published: dict[str, pd.DataFrame] = {}
    for grain, judged in (("week", weekly), ("month", monthly)):
        closed = unpublished(database.engine, reported_periods(judged), grain=grain)
        periods[grain], published[grain] = len(closed), NO_ALERTS
        if not closed:
            continue
        rows = judged[judged["week"].isin(closed)]
        origin = provenance.of_counts(
            context, rows, budget=BUDGET, grain=grain, method=METHODS[grain], **reported(rows)
        )
        receipt = publisher.receipt(origin)
        published[grain] = publish_periods(
            database.engine, rows, grain=grain, today=today, receipt=receipt, run_id=context.run.run_id
        )
    publisher.nudge("surge_alerts")
    return dg.MaterializeResult(
        value=pd.concat([alerts for alerts in published.values() if len(alerts)] or [NO_ALERTS], ignore_index=True),
        metadata={
            "budget": BUDGET,
            **{f"{grain}s_closed": closed for grain, closed in periods.items()},
            **{f"{grain}_alerts": len(alerts) for grain, alerts in published.items()},
        },
    )


def reported(judged: pd.DataFrame) -> dict[str, float]:
    """Return how much of the least complete period is reported, for the receipt; nothing where not estimated."""
    return {"least_complete_share": float(judged["complete_share"].min())} if "complete_share" in judged else {}


def reported_periods(judged: pd.DataFrame) -> list[str]:
    """Return the periods of which anything was reported; the others stay open for what comes of them later."""
    return judged.loc[judged["count"].notna(), "week"].drop_duplicates().tolist()


def unpublished(engine: Engine, periods: Sequence[str], *, grain: str) -> list[str]:
    """Return the newest closed periods that were not published, in time order."""
    with engine.connect() as connection:
        query = select(SurgeClosedPeriod.period).where(SurgeClosedPeriod.grain == grain)
        done = set(connection.execute(query).scalars())
    return [period for period in list(periods)[-HISTORY[grain] :] if period not in done]


def publish_periods(
    engine: Engine, judged: pd.DataFrame, *, grain: str, today: date, receipt: str, run_id: str
) -> pd.DataFrame:
    """Insert the alerts of these periods and mark them closed; return the alerts."""
    now = clock.now()
    alerts = weekly_alerts(judged, budget=BUDGET)
    known = judged[judged["p_exceed"].notna()].groupby("week", sort=False).size()
    shared: dict[str, Any] = {"grain": grain, "budget": BUDGET, "receipt_id": receipt, "published_at": now}
    kinds = {period: kind_of(period, grain=grain, today=today) for period in judged["week"].unique()}
    rows = [
        {
            "alert_id": ids.new_uuid(),
            "period": alert["week"],
            "period_start_date": bounds_of(alert["week"], grain=grain)[0],
            "rank": int(alert["rank"]),
            "count": int(alert["count"]),
            **{name: float(alert[name]) for name in ("expected", "excess", "p_exceed", "q_value")},
            **{name: float(alert[name]) if name in alert else None for name in _COMPLETION},
            "series_id": alert["series_id"],
            "level": alert["level"],
            "kind": kinds[alert["week"]],
            "dagster_run_id": run_id,
            **shared,
        }
        for alert in alerts.to_dict("records")
    ]
    closed = [
        {
            "period": period,
            "judged_count": int(known.get(period, 0)),
            "alert_count": int((alerts["week"] == period).sum()),
            "kind": kind,
            **shared,
        }
        for period, kind in kinds.items()
    ]
    with engine.begin() as connection:
        if rows:
            connection.execute(insert(SurgeAlert).on_conflict_do_nothing(), rows)
        if closed:
            connection.execute(insert(SurgeClosedPeriod).on_conflict_do_nothing(), closed)
    return alerts.assign(grain=grain)


def bounds_of(period: str, *, grain: str) -> tuple[date, date]:
    """Return the first day of a week ("2026-W47") or month ("2026-11"), and the first day after it."""
    if grain == "week":
        monday = pd.to_datetime(f"{period}-1", format="%G-W%V-%u")
        return monday.date(), (monday + pd.Timedelta(days=7)).date()
    month = pd.Period(period, freq="M")
    return month.start_time.date(), (month + 1).start_time.date()


def kind_of(period: str, *, grain: str, today: date) -> str:
    """Say whether a period published today is live news or a replay of the past."""
    return "live" if (today - bounds_of(period, grain=grain)[1]).days < LIVE_DAYS[grain] else "replayed"


@dg.asset(
    group_name="surge",
    owners=OWNERS,
    code_version="2",
    kinds={"numpy", "postgres", "parquet"},
    description="The detector examines itself: outbreaks injected into this hospital's own last year, found or missed.",
)
def surge_self_grade(
    context: dg.AssetExecutionContext, surge_condition_weekly: pd.DataFrame, publisher: Publisher
) -> dg.MaterializeResult[pd.DataFrame]:
    baseline = surge_condition_weekly[["series_id", "week", "count"]]
    # A new draw each day, and the same one when the day's exam is repeated.
    seed = clock.today().toordinal()
    began = time.perf_counter()
    rng = np.random.default_rng(seed)
    grades = grade_detector(baseline, rng=rng, injections=INJECTIONS, method=TOGETHER) if len(baseline) else ()
    seconds = time.perf_counter() - began
    origin = provenance.of_counts(context, baseline, seed=seed, injections=INJECTIONS, method=TOGETHER)
    result: dict[str, Any] = {"alpha": DEFAULT_ALPHA, "method": TOGETHER, "seed": seed, "injections": INJECTIONS,
              "conditions": grades}  # fmt: skip
    receipt = publisher.section("surge_grade", result, as_of=clock.now(), provenance=origin)
    rows = [{"series_id": one.series_id, "fpr": one.fpr, **asdict(size)} for one in grades for size in one.sizes]
    return dg.MaterializeResult(
        value=pd.DataFrame(rows), metadata={"conditions": len(grades), "seconds": seconds, **publisher.shown(receipt)}
    )
