"""The promise ledger: every published forecast frozen when made, scored as months close.

Belongs here: forecast_ledger with its tables, its check, its MLflow run. Does not belong here: forecasting and scoring
(`ml.forecasting`).
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import pandas as pd
from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from assets import provenance
from assets.automation import WHEN_DATA_ARE_GOOD
from assets.database import Database
from assets.model_resources import ModelRegistry
from assets.outlook import HORIZON_MONTHS, OWNERS
from assets.partitions import Months, together
from assets.publishing import Publisher
from core import clock, ids
from core.db.tables import ForecastActual, ForecastPromise
from core.errors import UnavailableError
from ml.completeness import complete_until
from ml.forecasting.board import ALL, LEAST_HISTORY, known_by, last_whole_month, post, rows_of
from ml.forecasting.ledger import LEAST_SCORED, TOLERANCES, Ledger, Score, score_ledger

#: Months back from which forecasts are replayed, once.
REPLAYED_ORIGINS = 24
_BATCH = 1_000
_MOMENTS = {"columns": ["registered_at", "recorded_at", "condition", "content_hash", "source"]}


@dg.asset(
    group_name="forecast",
    owners=OWNERS,
    code_version="3",
    kinds={"postgres", "mlflow", "parquet"},
    ins={"validated_registrations": dg.AssetIn(metadata=_MOMENTS)},
    automation_condition=WHEN_DATA_ARE_GOOD,
    description="Forecasts frozen when made (replays apart from live ones), scored against what came: never rewritten.",
)
def forecast_ledger(
    context: dg.AssetExecutionContext,
    forecast_condition_volume: pd.DataFrame,
    validated_registrations: Months,
    database: Database,
    publisher: Publisher,
    registry: ModelRegistry,
) -> dg.MaterializeResult[pd.DataFrame]:
    rows = together(validated_registrations)
    if rows.empty:
        note = "no registrations yet: nothing is promised"
        return dg.MaterializeResult(value=pd.DataFrame(), metadata={"promised": 0, "note": note})
    last = last_whole_month(pd.Timestamp(complete_until(rows["registered_at"].max(), now=clock.now())))
    stamp = {"dagster_run_id": context.run.run_id, "code_commit": provenance.code_commit()}
    frozen = freeze(database.engine, forecast_condition_volume, kind="live", stamp=stamp)
    frozen_replays = replay(database.engine, rows, last=last, stamp=stamp)
    revised = observe(database.engine, known_by(rows, last), run_id=context.run.run_id)
    promises, actuals = read_ledger(database.engine)
    ledger = score_ledger(promises, actuals)
    origin = provenance.of_run(context, rows, promises_sha256=provenance.frame_hash(promises), scored_until=str(last))
    receipt = publisher.section("forecast_ledger", ledger, as_of=clock.now(), provenance=origin)
    return dg.MaterializeResult(
        value=promises,
        metadata={
            "frozen_live": frozen,
            "frozen_replayed": frozen_replays,
            "new_actuals": revised,
            **publisher.shown(receipt),
            "mlflow": _log(registry, ledger, origin),
            **flat(ledger),
        },
    )


def replay(engine: Engine, rows: pd.DataFrame, *, last: pd.Period, stamp: Mapping[str, str]) -> int:
    """Make the forecasts of earlier months from what was recorded by then; each month is replayed once, ever."""
    with engine.connect() as connection:
        query = select(ForecastPromise.as_of_month).where(ForecastPromise.kind == "replayed").distinct()
        done = set(connection.execute(query).scalars())
    starts: dict[str, tuple[float, ...]] = {}
    added = 0
    for month in pd.period_range(last - REPLAYED_ORIGINS, last - 1, freq="M"):
        if str(month) in done:
            continue
        series = {name: counts for name, counts in known_by(rows, month).items() if len(counts) >= LEAST_HISTORY}
        if not series:
            continue
        # The baseline is fitted for the whole hospital only: for every series it would take minutes.
        posted, _ = post(series, horizon=HORIZON_MONTHS, baselines=frozenset({ALL}), with_split=False, starts=starts)
        starts = {one.served.series_id: one.baseline.parameters for one in posted if one.baseline is not None}
        added += freeze(engine, rows_of(posted), kind="replayed", stamp=stamp)
    return added


def freeze(engine: Engine, steps: pd.DataFrame, *, kind: str, stamp: Mapping[str, str]) -> int:
    """Insert promises that are not there yet; return how many rows were new. Nothing is ever changed."""
    if steps.empty:
        return 0
    now = clock.now()
    records = [
        {
            **row,
            "kind": kind,
            "made_at": now,
            "as_of_month": str(pd.Period(row["month"], freq="M") - row["step"]),
            **stamp,
        }
        for row in steps.to_dict("records")
    ]
    for record in records:
        parts = (kind, record["role"], record["as_of_month"], record["series_id"], record["data_sha256"])
        record["forecast_id"] = "fc_" + ids.content_hash(parts)[:24]
    added = 0
    with engine.begin() as connection:
        for start in range(0, len(records), _BATCH):
            new = insert(ForecastPromise).values(records[start : start + _BATCH])
            new = new.on_conflict_do_nothing(index_elements=[ForecastPromise.forecast_id, ForecastPromise.step])
            added += len(connection.execute(new.returning(ForecastPromise.promise_id)).all())
    return added


def observe(engine: Engine, series: Mapping[str, pd.Series], *, run_id: str) -> int:
    """Note what closed months came to; a count that differs from the newest noted one is noted again."""
    now = clock.now()
    with engine.begin() as connection:
        noted = {(row.series_id, row.month): row.count for row in connection.execute(_newest_actuals())}
        new = [
            {"series_id": name, "month": str(month), "count": int(count), "observed_at": now, "dagster_run_id": run_id}
            for name, counts in series.items()
            for month, count in counts.items()
            if noted.get((name, str(month))) != int(count)
        ]
        for start in range(0, len(new), _BATCH):
            connection.execute(insert(ForecastActual), new[start : start + _BATCH])
    return len(new)


def read_ledger(engine: Engine) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return all promises, and the newest count of each series and month."""
    table = ForecastPromise
    columns = (
        table.kind, table.role, table.made_at, table.as_of_month, table.series_id, table.step, table.month, table.mean,
        table.lo80, table.hi80, table.lo95, table.hi95, table.naive_mean, table.scale, table.model,
    )  # fmt: skip
    with engine.connect() as connection:
        promises = pd.DataFrame(
            connection.execute(select(*columns).order_by(table.promise_id)).all(), columns=[c.key for c in columns]
        )
        actuals = pd.DataFrame(connection.execute(_newest_actuals()).all(), columns=["series_id", "month", "count"])
    return promises, actuals


def _newest_actuals() -> Any:
    table = ForecastActual
    return (
        select(table.series_id, table.month, table.count)
        .ext(distinct_on(table.series_id, table.month))
        .order_by(table.series_id, table.month, table.actual_id.desc())
    )


def flat(ledger: Ledger) -> dict[str, float]:
    """Return the scores as MLflow and Dagster show them: kind and measure in one name, only what exists."""
    found: dict[str, float] = {}
    for one in (ledger.live, ledger.replayed):
        for role, score in (("served", one.served), ("sarima", one.baseline)):
            for name in ("scored", "coverage80", "coverage95", "wis", "mase", "skill"):
                value = getattr(score, name)
                if value is not None:
                    found[f"{one.kind}_{role}_{name}"] = float(value)
    return found


def _log(registry: ModelRegistry, ledger: Ledger, origin: Mapping[str, Any]) -> str:
    """Log the scores to MLflow; the ledger itself lies in the database, so an absent MLflow is noted, not fatal."""
    try:
        return registry.log_scores("medisync-forecast-ledger", flat(ledger), tags=origin)
    except UnavailableError as error:
        return error.message


@dg.asset_check(
    asset=forecast_ledger,
    name="coverage_within_tolerance",
    description="Intervals hold as often as they say: 80 ± 5 %, 95 ± 3 %. Warns; promises are never rewritten for it.",
)
def coverage_check(database: Database) -> dg.AssetCheckResult:
    ledger = score_ledger(*read_ledger(database.engine))
    warnings = {one.kind: list(one.warnings) for one in (ledger.live, ledger.replayed)}
    return dg.AssetCheckResult(
        passed=not any(warnings.values()),
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "warnings": warnings,
            "tolerances": {name: list(pair) for name, pair in TOLERANCES.items()},
            "least_scored": LEAST_SCORED,
            "live": _measured(ledger.live.served),
            "replayed": _measured(ledger.replayed.served),
        },
    )


def _measured(score: Score) -> dict[str, Any]:
    return {"scored": score.scored, "coverage80": score.coverage80, "coverage95": score.coverage95}
