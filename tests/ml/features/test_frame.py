"""Features know what was known at registration, and nothing else."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests_registrations import draw_registrations

from ml.features import FEATURE_COLUMNS, KEY_COLUMNS, NUMERIC_FEATURES, build_risk_features
from ml.features.columns import FEATURE_GROUPS

DAY = pd.Timedelta(days=1)


def nothing(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[:0]


def slow_history(frame: pd.DataFrame, row: pd.Series) -> dict[str, float]:
    """The history features of one row by the plainest possible reading of their definition."""
    now = row["registered_at"]
    known_at = frame[["registered_at", "recorded_at"]].max(axis=1)
    known = frame[known_at < now]
    known_at = known_at[known_at < now]
    own = known[known["patient_id"] == row["patient_id"]]
    outcome_known = frame[["registered_at", "recorded_at", "outcome_at"]].max(axis=1)
    admissions = frame[
        (frame["patient_id"] == row["patient_id"])
        & frame["outcome"].isin(["admitted", "icu"])
        & (outcome_known < now)
        & (outcome_known >= now - 365 * DAY)
    ]
    since = (now - own["registered_at"].max()) / DAY if len(own) else 365.0
    same = known["condition"] == row["condition"]
    here = known["facility"] == row["facility"]
    first = frame[["registered_at", "recorded_at"]].max(axis=1).min()
    span = min(max((now - first) / DAY, 28), 364)
    recent = (same & (known_at >= now - 28 * DAY)).sum()
    usual = (same & (known_at >= now - 364 * DAY)).sum() * 28 / span
    return {
        "prior_visits_365d": (known_at[own.index] >= now - 365 * DAY).sum(),
        "prior_admissions_365d": len(admissions),
        "days_since_last_visit": min(since, 365.0),
        "condition_trend_ratio": (recent + 1) / (usual + 1),
        "facility_visits_24h": (here & (known_at >= now - DAY)).sum(),
        "facility_visits_7d": (here & (known_at >= now - 7 * DAY)).sum(),
    }


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_history_features_equal_their_definition_read_row_by_row(seed: int) -> None:
    frame = draw_registrations(40, seed=seed)
    built = build_risk_features(frame, history=nothing(frame))
    for position in range(0, 40, 5):
        expected = slow_history(frame, frame.iloc[position])
        for name, value in expected.items():
            assert built[name].iloc[position] == pytest.approx(value), name


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), other=st.integers(0, 10_000), cut=st.integers(5, 55))
def test_changing_what_became_known_later_changes_no_earlier_feature(seed: int, other: int, cut: int) -> None:
    frame = draw_registrations(60, seed=seed).sort_values("registered_at", ignore_index=True)
    now = frame["registered_at"].iloc[cut]
    known_at = frame[["registered_at", "recorded_at"]].max(axis=1)
    outcome_known = pd.concat([known_at, frame["outcome_at"]], axis=1).max(axis=1)
    changed = frame.copy()
    noise = draw_registrations(60, seed=other)
    is_earlier = (frame["registered_at"] <= now).to_numpy()
    # Rows that were not known yet become anything, but stay unknown: their own moments only move later.
    later = (known_at >= now).to_numpy(copy=True)
    later[cut] = False
    judged = is_earlier & ~later
    for column in ("patient_id", "facility", "condition", "outcome", "heart_rate"):
        changed.loc[later, column] = noise.loc[later, column]
    changed.loc[later, "recorded_at"] = changed.loc[later, "recorded_at"].clip(lower=now) + pd.Timedelta(hours=19)
    # Outcomes that were not known yet, of any row: the label may change, the features may not.
    unsettled = (outcome_known >= now).to_numpy()
    changed.loc[unsettled, "outcome"] = noise.loc[unsettled, "outcome"]
    changed.loc[unsettled, "outcome_at"] = changed.loc[unsettled, "outcome_at"] + pd.Timedelta(days=3)
    before = build_risk_features(frame, history=nothing(frame)).loc[judged, list(FEATURE_COLUMNS)]
    after = build_risk_features(changed, history=nothing(frame)).loc[judged, list(FEATURE_COLUMNS)]
    pd.testing.assert_frame_equal(before, after)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_month_with_its_history_equals_the_month_within_the_whole(seed: int) -> None:
    frame = draw_registrations(80, seed=seed, days=200)
    edge = frame["registered_at"].quantile(0.6)
    month, history = frame[frame["registered_at"] >= edge], frame[frame["registered_at"] < edge]
    whole = build_risk_features(frame, history=nothing(frame)).set_index("registration_id")
    part = build_risk_features(month, history=history).set_index("registration_id")
    pd.testing.assert_frame_equal(part, whole.loc[part.index])
    overlapping = build_risk_features(month, history=frame).set_index("registration_id")
    pd.testing.assert_frame_equal(overlapping, part)


def test_the_frame_has_keys_then_features_then_the_label_in_the_input_order() -> None:
    frame = draw_registrations(30, seed=3).sample(frac=1, random_state=1)
    built = build_risk_features(frame, history=nothing(frame))
    assert list(built.columns) == [*KEY_COLUMNS, *FEATURE_COLUMNS, "risk_label"]
    assert built["registration_id"].tolist() == frame["registration_id"].tolist()
    assert {str(built[name].dtype) for name in NUMERIC_FEATURES} == {"float64"}
    assert {"demographics", "condition", "trends", "clinical indicators", "risk factors"} <= set(FEATURE_GROUPS)


def test_derived_indicators_follow_their_formulas() -> None:
    frame = draw_registrations(50, seed=5)
    built = build_risk_features(frame, history=nothing(frame))
    shock = frame["heart_rate"] / frame["systolic_bp"]
    np.testing.assert_allclose(built["shock_index"], shock)
    np.testing.assert_allclose(built["pulse_pressure"], frame["systolic_bp"] - frame["diastolic_bp"])
    assert built["is_acuity_missing"].tolist() == frame["acuity"].isna().astype(float).tolist()
    assert built["vitals_missing_count"].tolist() == frame["systolic_bp"].isna().astype(float).tolist()


def test_an_empty_month_has_no_rows_and_all_columns() -> None:
    frame = draw_registrations(5, seed=1)
    built = build_risk_features(nothing(frame), history=frame)
    assert len(built) == 0
    assert list(built.columns) == [*KEY_COLUMNS, *FEATURE_COLUMNS, "risk_label"]
