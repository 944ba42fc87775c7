"""Noticing what failed: checks, runs, and data that are late.

Belongs here: the sensor that follows Dagster's events, and freshness policies for all assets in one place. Does not
belong here: telling (`assets.notices`).
"""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg

from assets.notices import Notice, Notices
from core.vocabulary import DAILY_LATE_HOURS, DAILY_WARN_HOURS

_EVENTS = (
    dg.DagsterEventType.ASSET_CHECK_EVALUATION,
    dg.DagsterEventType.RUN_FAILURE,
    dg.DagsterEventType.FRESHNESS_STATE_CHANGE,
)
_MOST = 200
#: Only names of our own making leave an event.
_NAME = re.compile(r"[a-z0-9_]{1,80}")
#: What a check says of itself that may be told: whole numbers.
_COUNTS = ("rows", "failed_rows", "months", "drifted_columns")
#: Group -> how old its newest materialization may be: late, and warned of. The nightly run renews the layers each day,
#: the weekly one the models.
_AGES: dict[str, tuple[timedelta, timedelta]] = {
    "model": (timedelta(days=10), timedelta(days=8)),
}
_DAILY = (timedelta(hours=DAILY_LATE_HOURS), timedelta(hours=DAILY_WARN_HOURS))


def with_freshness(assets: Iterable[dg.AssetsDefinition]) -> list[dg.AssetsDefinition]:
    """Return the assets with the freshness policy of their group."""

    def fresh(spec: dg.AssetSpec) -> dg.AssetSpec:
        late, warned = _AGES.get(spec.group_name or "", _DAILY)
        policy = dg.FreshnessPolicy.time_window(fail_window=late, warn_window=warned)
        return spec.replace_attributes(freshness_policy=policy)

    return [asset.map_asset_specs(fresh) for asset in assets]


@dg.sensor(
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Failed checks, failed runs and late data: a row in the app, a line in the log, a signed message.",
)
def failures(context: dg.SensorEvaluationContext, notices: Notices) -> dg.SensorResult | dg.SkipReason:
    cursors: dict[str, int] = json.loads(context.cursor or "{}")
    found: list[Notice] = []
    for kind in _EVENTS:
        records = context.instance.event_log_storage.get_event_records(
            dg.EventRecordsFilter(event_type=kind, after_cursor=cursors.get(kind.value)), limit=_MOST, ascending=True
        )
        if records:
            cursors[kind.value] = records[-1].storage_id
        found += [notice for record in records if (notice := notice_of(record)) is not None]
    told = notices.tell(found)
    sent = notices.deliver()
    if not told and not sent and json.dumps(cursors) == (context.cursor or "{}"):
        return dg.SkipReason("nothing failed since the last look")
    return dg.SensorResult(cursor=json.dumps(cursors))


def notice_of(record: Any) -> Notice | None:
    """Return what an event gives to tell; None when all is well."""
    entry = record.event_log_entry
    event = entry.dagster_event
    if event is None:
        return None
    common = {
        "event_key": f"dagster:{record.storage_id}",
        "happened_at": datetime.fromtimestamp(record.timestamp, tz=UTC),
        "dagster_run_id": entry.run_id or None,
    }
    if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
        return _of_check(event.asset_check_evaluation_data, common)
    if event.event_type is dg.DagsterEventType.RUN_FAILURE:
        job = event.job_name
        return Notice(kind="failed_run", severity="critical", subject=job, summary=f"A run of {job} failed", **common)
    return _of_freshness(event.event_specific_data, common)


def _of_check(evaluation: Any, common: dict[str, Any]) -> Notice | None:
    if evaluation.passed and not _names(evaluation.metadata.get("failed_rules")):
        return None
    asset = evaluation.asset_key.to_user_string()
    is_critical = not evaluation.passed and evaluation.severity is dg.AssetCheckSeverity.ERROR
    rules = _names(evaluation.metadata.get("failed_rules"))
    counts = {
        name: int(evaluation.metadata[name].value)
        for name in _COUNTS
        if name in evaluation.metadata and isinstance(evaluation.metadata[name].value, int)
    }
    told = f"{evaluation.check_name} on {asset}: {'failed' if not evaluation.passed else 'warns'}"
    rows = f", {counts['failed_rows']:,} of {counts['rows']:,} rows" if {"rows", "failed_rows"} <= counts.keys() else ""
    return Notice(
        kind="failed_check",
        severity="critical" if is_critical else "warning",
        subject=asset,
        check_name=evaluation.check_name,
        summary=f"{told}{f' ({len(rules)} rules{rows})' if rules else ''}",
        details={"rules": rules, **counts},
        **common,
    )


def _of_freshness(change: Any, common: dict[str, Any]) -> Notice | None:
    state = str(getattr(change.new_state, "value", change.new_state)).lower()
    if state not in ("fail", "warn"):
        return None
    asset = change.key.to_user_string()
    return Notice(
        kind="late_data",
        severity="critical" if state == "fail" else "warning",
        subject=asset,
        summary=f"{asset} was not renewed in time",
        **{**common, "dagster_run_id": None},
    )


def _names(metadata: Any) -> list[str]:
    """Return names of rules or columns out of an event's metadata; whatever is no name of ours stays behind."""
    value = getattr(metadata, "value", None) or getattr(metadata, "data", None)
    return (
        sorted({name for name in value if isinstance(name, str) and _NAME.fullmatch(name)})
        if isinstance(value, list)
        else []
    )
