"""What comes next: monthly forecasts, and weekly and monthly surge judgements, condition by condition.

Belongs here: forecast_condition_volume, surge_condition_weekly, surge_condition_monthly. Does not belong here: the
models (`ml.forecasting`, `ml.surveillance`), the ledger (`assets.ledger`), alerts (`assets.alerts`).
"""

from collections import Counter
from dataclasses import asdict
from typing import Any

import dagster as dg
import numpy as np
import pandas as pd

from assets import provenance
from assets.automation import WHEN_DATA_ARE_GOOD
from assets.partitions import Months, together
from assets.publishing import Publisher
from assets.series import complete_span, daily_series, monthly_series, no_weeks, weekly_series
from core import clock
from ml.forecasting.board import ALL, Posted, post, rows_of
from ml.forecasting.grains import Grains, fine_grains
from ml.forecasting.hours import week_profile
from ml.forecasting.panel import SeriesError
from ml.forecasting.results import Forecast
from ml.surveillance import detect, detect_together, newest_weeks, with_completion
from ml.surveillance.reporting import COMPLETION

OWNERS = ["team:analytics"]
HORIZON_MONTHS = 12
_MOMENTS = {"columns": ["registered_at"]}
_SUMMABLE = {"columns": ["week_start_date", "condition", "registrations_count"]}


@dg.asset(
    group_name="forecast",
    owners=OWNERS,
    code_version="5",
    kinds={"statsmodels", "postgres", "parquet"},
    ins={
        "features_weekly_counts": dg.AssetIn(metadata={"columns": ["condition", "registrations_count"]}),
        "validated_registrations": dg.AssetIn(metadata=_MOMENTS),
    },
    automation_condition=WHEN_DATA_ARE_GOOD,
    description="Every series by the chosen rule in one call, SARIMA beside each, with measured coverage and refusals.",
)
def forecast_condition_volume(
    context: dg.AssetExecutionContext,
    features_weekly_counts: Months,
    validated_registrations: Months,
    publisher: Publisher,
) -> dg.MaterializeResult[pd.DataFrame]:
    now = clock.now()
    since, until = complete_span(validated_registrations, now=now)
    series = monthly_series(features_weekly_counts, since=since, until=until)
    posted, errors = post(series, horizon=HORIZON_MONTHS)
    frame = rows_of(posted)
    metadata: dict[str, Any] = {
        "series": len(series),
        # By reason, never by series: a condition's label comes from outside and may be anything.
        "refused": dict(Counter(one.served.refused for one in posted if one.served.refused)),
        "errors": dict(Counter(error.code for error in errors)),
    }
    if posted:
        whole = next((one for one in posted if one.served.series_id == ALL), None)
        days = daily_series(validated_registrations, until=until)
        grains = fine_grains(days, whole.served) if whole is not None and len(days) else None
        profile = hours_of(validated_registrations, today=pd.Timestamp(now))
        origin = provenance.of_counts(context, frame, rule="decision 0010", baseline="SARIMA(1,1,1)(1,1,1,12)")
        receipt = publisher.section(
            "volume_forecast", board_of(posted, errors, grains, profile), as_of=now, provenance=origin
        )
        metadata |= publisher.shown(receipt)
    return dg.MaterializeResult(value=frame, metadata=metadata)


def hours_of(moments: Months, *, today: pd.Timestamp) -> tuple[float, ...] | None:
    """Return how the newest weeks' registrations spread over the hours of a week."""
    newest = [rows["registered_at"] for _, rows in sorted(moments.items())[-4:] if len(rows)]
    return week_profile(pd.concat(newest), until=today) if newest else None


def board_of(
    posted: tuple[Posted, ...],
    errors: tuple[SeriesError, ...],
    grains: Grains | None,
    profile: tuple[float, ...] | None = None,
) -> dict[str, Any]:
    """Return what the API shows of the forecasts: each with its measured record, or the reason why it is refused."""
    return {
        "horizon": HORIZON_MONTHS,
        "series": [_shown(one) for one in posted],
        "errors": [asdict(error) for error in errors],
        "week_profile": profile,
        "grains": None
        if grains is None
        else {
            "months": list(grains.months),
            "notes": list(grains.notes),
            "daily_source": _source(grains.daily),
            "weekly_source": _source(grains.weekly),
            "daily": None if grains.daily is None else [asdict(step) for step in grains.daily.steps],
            "weekly": None if grains.weekly is None else [asdict(step) for step in grains.weekly.steps],
        },
    }


def _source(grain: Forecast | None) -> dict[str, Any] | None:
    """Return what made a fine grain, with its record, or the reason why another is served."""
    if grain is None:
        return None
    record = None if grain.record is None else asdict(grain.record)
    return {"model": grain.model, "refused": grain.refused, "notes": list(grain.notes), "record": record}


def _shown(one: Posted) -> dict[str, Any]:
    return {
        "series_id": one.served.series_id,
        "model": one.served.model,
        "refused": one.served.refused,
        "notes": list(one.served.notes),
        "record": None if one.served.record is None else asdict(one.served.record),
        "steps": [asdict(step) for step in one.served.steps],
        "baseline": None if one.baseline is None else [asdict(step) for step in one.baseline.steps],
        "baseline_note": one.baseline_note,
        "baseline_split": None if one.split is None else asdict(one.split),
    }


@dg.asset(
    group_name="surge",
    owners=OWNERS,
    code_version="3",
    kinds={"numpy", "parquet"},
    ins={
        "features_weekly_counts": dg.AssetIn(metadata=_SUMMABLE),
        "validated_registrations": dg.AssetIn(metadata=_MOMENTS),
    },
    automation_condition=WHEN_DATA_ARE_GOOD,
    description="Each condition's weeks judged one step ahead, the newest by what should be reported by now.",
)
def surge_condition_weekly(
    context: dg.AssetExecutionContext,
    features_weekly_counts: Months,
    features_report_delays: Months,
    validated_registrations: Months,
) -> dg.MaterializeResult[pd.DataFrame]:
    now = clock.now()
    since, until = complete_span(validated_registrations, now=now)
    weekly = weekly_series(together(features_weekly_counts), since=since, until=until)
    if weekly.empty:
        judged = weekly.assign(**dict.fromkeys((*_JUDGED, *COMPLETION), np.nan))
        return dg.MaterializeResult(value=judged, metadata={"conditions": 0, "alarms": 0})
    newest = newest_weeks(together(features_report_delays), now=pd.Timestamp(now).tz_localize(None))
    judged = detect_together(with_completion(weekly, newest))
    return dg.MaterializeResult(
        value=judged,
        metadata={
            "conditions": int(weekly["series_id"].nunique()),
            "alarms": int(judged["alarm"].sum()),
            "least_complete_share": float(judged["complete_share"].min()),
        },
    )


@dg.asset(
    group_name="surge",
    owners=OWNERS,
    code_version="3",
    kinds={"numpy", "parquet"},
    ins={
        "features_weekly_counts": dg.AssetIn(metadata=_SUMMABLE),
        "validated_registrations": dg.AssetIn(metadata=_MOMENTS),
    },
    automation_condition=WHEN_DATA_ARE_GOOD,
    description="Each condition's months judged one step ahead, for slow surges that no single week shows.",
)
def surge_condition_monthly(
    context: dg.AssetExecutionContext, features_weekly_counts: Months, validated_registrations: Months
) -> dg.MaterializeResult[pd.DataFrame]:
    since, until = complete_span(validated_registrations, now=clock.now())
    series = monthly_series(features_weekly_counts, since=since, until=until)
    parts = [
        pd.DataFrame({"series_id": name, "week": counts.index.astype("str"), "count": counts.to_numpy()})
        for name, counts in series.items()
        if name != ALL
    ]
    monthly = pd.concat(parts, ignore_index=True) if parts else no_weeks()
    judged = detect(monthly, grain="month") if parts else monthly.assign(**dict.fromkeys(_JUDGED, np.nan))
    return dg.MaterializeResult(
        value=judged.rename(columns={"week": "month"}),
        metadata={"conditions": len(parts), "alarms": int(judged["alarm"].sum())},
    )


_JUDGED = ("expected", "upper", "p_exceed", "level", "alarm")
