"""Features: one row per prediction moment, and counts per week, made only from what was known then.

Belongs here: features_risk and features_weekly_counts. Does not belong here: the arithmetic (`ml.features`).
"""

import dagster as dg
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
    day = rows["registered_at"].dt.tz_localize(None).dt.normalize()
    keys = pd.DataFrame(
        {
            "week_start_date": day - pd.to_timedelta(day.dt.day_of_week, unit="D"),
            "condition": rows["condition"],
            "sex": rows["sex"].fillna("unknown"),
            "age_band": band,
        }
    )
    return keys.value_counts(sort=False).rename("registrations_count").reset_index()
