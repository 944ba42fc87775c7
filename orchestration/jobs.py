"""Jobs and schedules: what runs together and when.

Belongs here: selections of assets and their hours. Does not belong here: reactions to events (`orchestration.sensors`).
"""

import dagster as dg
import pandas as pd

from assets.partitions import range_tags

_LAYERS = dg.AssetSelection.groups("raw", "validated", "features")
_INSIGHTS = dg.AssetSelection.groups("analytics", "forecast", "surge", "operations")
_REPORTS = dg.AssetSelection.groups("report")
_RISK = dg.AssetSelection.groups("model")

#: Everything, from registrations to a released model, in one run and one graph.
hospital = dg.define_asset_job("hospital", selection=_LAYERS | _INSIGHTS | _RISK)
#: Months that have news: as received, validated, features.
intake = dg.define_asset_job("intake", selection=_LAYERS)
insights = dg.define_asset_job("insights", selection=_INSIGHTS)
risk_training = dg.define_asset_job("risk_training", selection=_RISK, tags={"medisync/heavy": "training"})
#: The version in use, looked at again.
risk_monitoring = dg.define_asset_job("risk_monitoring", selection=dg.AssetSelection.groups("monitoring"))

#: The detector's own exam, on what the night's intake renewed.
surge_exam = dg.define_asset_job("surge_exam", selection=dg.AssetSelection.assets("surge_self_grade"))
#: The reports of the roles, from what was published last.
reports = dg.define_asset_job("reports", selection=_REPORTS)

JOBS = [hospital, intake, insights, risk_training, risk_monitoring, surge_exam, reports]


@dg.schedule(
    job=intake,
    cron_schedule="15 2 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Each night the current and the previous month again: late entries and outcomes that landed since.",
)
def nightly_intake(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    month = pd.Timestamp(context.scheduled_execution_time).tz_localize(None).to_period("M")
    return dg.RunRequest(tags=range_tags(str(month - 1), str(month)))


@dg.schedule(
    job=risk_training,
    cron_schedule="30 3 * * 0",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Each Sunday a new candidate is trained and judged; only a person makes it champion.",
)
def weekly_risk_training() -> dg.RunRequest:
    return dg.RunRequest()


@dg.schedule(
    job=surge_exam,
    cron_schedule="10 4 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Each night the surge detector is examined on outbreaks injected into this hospital's own counts.",
)
def nightly_surge_exam() -> dg.RunRequest:
    return dg.RunRequest()


@dg.schedule(
    job=insights,
    cron_schedule="40 2 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Each night after the intake: a week or month that closed is judged although nobody registered since.",
)
def nightly_insights() -> dg.RunRequest:
    return dg.RunRequest()


@dg.schedule(
    job=reports,
    cron_schedule="30 5 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Each morning before the day shift the reports of the roles are made and kept.",
)
def nightly_reports() -> dg.RunRequest:
    return dg.RunRequest()


@dg.schedule(
    job=risk_monitoring,
    cron_schedule="0 3 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Each night after the intake: drift, and live skill as outcomes land; suggests, never promotes.",
)
def nightly_risk_monitoring() -> dg.RunRequest:
    return dg.RunRequest()


SCHEDULES = [
    nightly_intake,
    nightly_insights,
    nightly_risk_monitoring,
    weekly_risk_training,
    nightly_surge_exam,
    nightly_reports,
]
