"""Features: one row per prediction moment, and counts per week, made only from what was known then.

Belongs here: features_risk, features_weekly_counts, features_report_delays. Does not belong here: the arithmetic
(`ml.features`).
"""

import dagster as dg
import numpy as np
import pandas as pd

from assets.partitions import MONTHS, SINGLE_RUN, WITH_YEAR_BEFORE, Months, made_from, together
from core.vocabulary import AGE_BANDS, PLAUSIBLE_RANGES, UNKNOWN_BAND
from ml.features import FEATURE_COLUMNS, build_risk_features

OWNERS = ["team:ml-engineers"]


@dg.asset(
    partitions_def=MONTHS,
    backfill_policy=SINGLE_RUN,
    group_name="features",
    owners=OWNERS,
    code_version="1",
    kinds={"pandas", "parquet"},
    ins={"validated_registrations": dg.AssetIn(partition_mapping=WITH_YEAR_BEFORE)},
    description="One row per registration: demographics, trends, clinical indicators and risk factors as known then.",
)
def features_risk(context: dg.AssetExecutionContext, validated_registrations: Months) -> dg.MaterializeResult[Months]:
    made: Months = {}
    for month in context.partition_keys:
        if month not in validated_registrations:
            continue
        year_before = str(pd.Period(month, freq="M") - 12)
        history = {name: rows for name, rows in validated_registrations.items() if year_before <= name < month}
        rows = validated_registrations[month]
        known = without_implausible(rows)
        features = build_risk_features(known, history=together(history) if history else rows.iloc[:0])
        made[month] = made_from(features, rows)
    labelled = sum(int(frame["risk_label"].notna().sum()) for frame in made.values())
    return dg.MaterializeResult(
        value=made,
        metadata={"feature_columns": len(FEATURE_COLUMNS), "labelled_rows": labelled},
    )


@dg.asset(
    partitions_def=MONTHS,
    backfill_policy=SINGLE_RUN,
    group_name="features",
    owners=OWNERS,
    code_version="1",
    kinds={"pandas", "parquet"},
    description="Counts by ISO week, condition, sex and age band: the rollup that weekly questions are answered from.",
)
def features_weekly_counts(
    context: dg.AssetExecutionContext, validated_registrations: Months
) -> dg.MaterializeResult[Months]:
    made = {month: made_from(weekly_counts(rows), rows) for month, rows in validated_registrations.items()}
    total = sum(int(frame["registrations_count"].sum()) for frame in made.values())
    return dg.MaterializeResult(value=made, metadata={"registrations": total})


@dg.asset(
    partitions_def=MONTHS,
    backfill_policy=SINGLE_RUN,
    group_name="features",
    owners=OWNERS,
    code_version="1",
    kinds={"pandas", "parquet"},
    ins={
        "raw_registrations": dg.AssetIn(metadata={"columns": ["registration_id", "recorded_at"]}),
        "validated_registrations": dg.AssetIn(
            metadata={"columns": ["registration_id", "condition", "registered_at", "recorded_at"]}
        ),
    },
    description="Counts by ISO week, condition and hours from the week's end to when a registration was first known.",
)
def features_report_delays(
    context: dg.AssetExecutionContext, raw_registrations: Months, validated_registrations: Months
) -> dg.MaterializeResult[Months]:
    made = {
        month: made_from(report_delays(rows, raw_registrations[month]), rows)
        for month, rows in validated_registrations.items()
    }
    late = sum(int(frame.loc[frame["known_after_hours"] > 0, "registrations_count"].sum()) for frame in made.values())
    return dg.MaterializeResult(value=made, metadata={"known_after_their_week": late})


def without_implausible(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with values outside their plausible range unknown.

    Only a waiver lets such a value past validation: the visit counts, and no model learns from the value.
    """
    outside = {
        name: (rows[name] < low) | (rows[name] > high)
        for name, (low, high) in PLAUSIBLE_RANGES.items()
        if bool(((rows[name] < low) | (rows[name] > high)).any())
    }
    return rows.assign(**{name: rows[name].mask(mask) for name, mask in outside.items()}) if outside else rows


def weekly_counts(rows: pd.DataFrame) -> pd.DataFrame:
    """Count registrations by ISO week (its Monday), condition, sex and age band.

    A week that crosses two months has its days split between their partitions: sum over partitions to have the week.
    """
    edges = [low for _, low, _ in AGE_BANDS] + [AGE_BANDS[-1][2]]
    labels = [label for label, _, _ in AGE_BANDS]
    band = pd.cut(rows["age_years"], bins=edges, labels=labels, right=False).astype("str").fillna(UNKNOWN_BAND)
    keys = pd.DataFrame(
        {
            "week_start_date": monday_of(rows["registered_at"]),
            "condition": rows["condition"],
            "sex": rows["sex"].fillna("unknown"),
            "age_band": band,
        }
    )
    return keys.value_counts(sort=False).rename("registrations_count").reset_index()


def report_delays(rows: pd.DataFrame, raw: pd.DataFrame) -> pd.DataFrame:
    """Count registrations by ISO week (its Monday), condition and hours until they were known.

    A correction is a later version of a visit that was known before: its first version says when. `known_after_hours`
    counts from the end of the week, rounded up; negative where the week was not over.
    """
    told = pd.to_datetime(raw["recorded_at"], utc=True, errors="coerce", format="ISO8601")
    # Not `map`: of a month without a validated row it makes plain numbers.
    first = told.groupby(raw["registration_id"]).min().reindex(rows["registration_id"]).set_axis(rows.index)
    known = first.fillna(rows["recorded_at"]).where(first < rows["recorded_at"], rows["recorded_at"])
    monday = monday_of(rows["registered_at"])
    late = known.dt.tz_localize(None) - monday - pd.Timedelta(days=7)
    hours = np.ceil(late / pd.Timedelta(hours=1)).astype("int64")
    keys = pd.DataFrame({"week_start_date": monday, "condition": rows["condition"], "known_after_hours": hours})
    return keys.value_counts(sort=False).rename("registrations_count").reset_index()


def monday_of(moments: pd.Series) -> pd.Series:
    """Return the Monday of each moment's ISO week (UTC), without a zone."""
    day = moments.dt.tz_localize(None).dt.normalize()
    return day - pd.to_timedelta(day.dt.day_of_week, unit="D")
