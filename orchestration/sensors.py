"""What the daemon reacts to: new registrations, and renewed data.

Belongs here: sensors with their cursors. Does not belong here: what a run then does.
"""

import json

import dagster as dg

from assets.partitions import MONTHS, range_tags
from assets.sources import Sources
from assets.storage import Warehouse
from orchestration.jobs import intake
from orchestration.staleness import contiguous, stale_months

_BUSY = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]


@dg.sensor(
    job=intake,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="New rows in the application, newly landed files, replays: their months are materialized again.",
)
def new_registrations(
    context: dg.SensorEvaluationContext, sources: Sources, warehouse: Warehouse
) -> dg.SensorResult | dg.SkipReason:
    if context.instance.get_runs_count(dg.RunsFilter(statuses=_BUSY)):
        return dg.SkipReason("a run is under way; what is new stays noted for the next look")
    # A cursor from before there were replays has two numbers.
    cursor = [*json.loads(context.cursor or "[0, 0]"), 0][:3]
    registration, batch, replay, months = sources.news(
        after_registration=cursor[0], after_batch=cursor[1], after_replay=cursor[2]
    )
    known = set(MONTHS.get_partition_keys())
    stale = stale_months(sources, warehouse, [month for month in months if month in known])
    requests = [
        dg.RunRequest(run_key=f"{registration}-{batch}-{replay}-{first}", tags=range_tags(first, last))
        for first, last in contiguous(stale)
    ]
    outside = sorted(set(months) - known)
    if outside:
        context.log.warning(f"months outside the partitions are not materialized: {outside[0]} to {outside[-1]}")
    return dg.SensorResult(run_requests=requests, cursor=json.dumps([registration, batch, replay]))


automation = dg.AutomationConditionSensorDefinition(
    "automation",
    target=dg.AssetSelection.groups("analytics", "forecast", "surge"),
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=30,
    description="Renews analyses, forecasts and surges when the data above them are new and passed their checks.",
)

SENSORS = [new_registrations, automation]
