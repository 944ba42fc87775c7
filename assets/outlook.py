"""What comes next: monthly forecasts and weekly surge judgements, condition by condition.

Belongs here: forecast_condition_volume and surge_condition_weekly. Does not belong here: the models
(`ml.forecasting`, `ml.surveillance`).
"""

import dagster as dg
import numpy as np
import pandas as pd

from assets.automation import WHEN_DATA_ARE_GOOD
from assets.partitions import Months, together
from core import clock
from core.errors import InputError
from ml.forecasting import evaluate_split, forecast_series
from ml.surveillance import detect

OWNERS = ["team:analytics"]
HORIZON_MONTHS = 12
ALL = "all"
_SUMMABLE = {"columns": ["week_start_date", "condition", "registrations_count"]}


def monthly_series(counts: Months, *, today: pd.Timestamp) -> dict[str, pd.Series]:
    """Return complete calendar months of counts per condition and for all of them (`all`), gaps as zero.

    The current month is not over, so it is left out: half a month is not a low month.
    """
    if not counts:
        return {}
    by_month = pd.concat(
        [rows.groupby("condition")["registrations_count"].sum().rename(month) for month, rows in counts.items()], axis=1
    ).fillna(0.0)
    by_month.columns = pd.PeriodIndex(by_month.columns, freq="M")
    by_month = by_month.loc[:, by_month.columns < pd.Period(today.tz_localize(None), freq="M")]
    filled = by_month.columns[by_month.sum() > 0]
    if filled.empty:
        return {}
    by_month = by_month.reindex(columns=pd.period_range(filled.min(), filled.max(), freq="M"), fill_value=0.0)
    series = {str(condition): row for condition, row in by_month.iterrows()}
    return {ALL: by_month.sum(), **series}


@dg.asset(
    group_name="forecast",
    owners=OWNERS,
    code_version="1",
    kinds={"statsmodels", "parquet"},
    ins={"features_weekly_counts": dg.AssetIn(metadata={"columns": ["condition", "registrations_count"]})},
    automation_condition=WHEN_DATA_ARE_GOOD,
    description="SARIMA(1,1,1)(1,1,1,12) per condition and for the hospital: evaluated 70-30, 80 and 95 % intervals.",
)
def forecast_condition_volume(
    context: dg.AssetExecutionContext, features_weekly_counts: Months
) -> dg.MaterializeResult[pd.DataFrame]:
    steps: list[dict[str, object]] = []
    refused: dict[str, str] = {}
    series = monthly_series(features_weekly_counts, today=pd.Timestamp(clock.now()))
    for name, counts in series.items():
        try:
            forecast = forecast_series(counts, horizon=HORIZON_MONTHS, model="sarima", series_id=name)
            measured = evaluate_split(counts, train_share=0.7, model="sarima")
        except InputError as error:
            refused[name] = error.code
            continue
        errors = {"mae": measured.mae, "mse": measured.mse, "rmse": measured.rmse, "mase": measured.mase}
        if forecast.refused:
            refused[name] = forecast.refused
        steps += [
            {
                "series_id": name,
                "step": step.step,
                "month": str(step.period),
                "mean": step.mean,
                "lo80": step.lo80,
                "hi80": step.hi80,
                "lo95": step.lo95,
                "hi95": step.hi95,
                "model": forecast.model,
                **errors,
            }
            for step in forecast.steps
        ]
    frame = pd.DataFrame(steps, columns=_FORECAST_COLUMNS)
    whole = frame[frame["series_id"] == ALL]
    return dg.MaterializeResult(
        value=frame,
        metadata={
            "series": len(series),
            "refused": refused,
            **({} if whole.empty else {name: float(whole[name].iloc[0]) for name in ("mae", "mse", "rmse", "mase")}),
        },
    )


_FORECAST_COLUMNS = [
    *("series_id", "step", "month", "mean", "lo80", "hi80", "lo95", "hi95", "model", "mae", "mse", "rmse", "mase"),
]


@dg.asset(
    group_name="surge",
    owners=OWNERS,
    code_version="1",
    kinds={"numpy", "parquet"},
    ins={"features_weekly_counts": dg.AssetIn(metadata=_SUMMABLE)},
    automation_condition=WHEN_DATA_ARE_GOOD,
    description="Each condition's weeks judged one step ahead: expected, upper bound, P(exceed), level and alarm.",
)
def surge_condition_weekly(
    context: dg.AssetExecutionContext, features_weekly_counts: Months
) -> dg.MaterializeResult[pd.DataFrame]:
    weekly = weekly_series(together(features_weekly_counts), today=pd.Timestamp(clock.now()))
    judged = detect(weekly) if len(weekly) else weekly.assign(**dict.fromkeys(_JUDGED, np.nan))
    return dg.MaterializeResult(
        value=judged,
        metadata={"conditions": int(weekly["series_id"].nunique()), "alarms": int(judged["alarm"].sum())},
    )


_JUDGED = ("expected", "upper", "p_exceed", "level", "alarm")


def weekly_series(counts: pd.DataFrame, *, today: pd.Timestamp) -> pd.DataFrame:
    """Return series_id, week (ISO text) and count of complete weeks per condition, in time order, gaps as zero."""
    if counts.empty:
        return pd.DataFrame({"series_id": [], "week": [], "count": []})
    table = counts.pivot_table(
        index="week_start_date", columns="condition", values="registrations_count", aggfunc="sum", observed=True
    )
    this_monday = today.tz_localize(None).normalize() - pd.Timedelta(days=today.weekday())
    table = table[table.index < this_monday]
    table = table.reindex(pd.date_range(table.index.min(), table.index.max(), freq="7D")).fillna(0.0)
    calendar = table.index.isocalendar()
    table.index = calendar["year"].astype(str) + "-W" + calendar["week"].astype(str).str.zfill(2)
    long = table.rename_axis("week").reset_index().melt(id_vars="week", var_name="series_id", value_name="count")
    return long[["series_id", "week", "count"]]
