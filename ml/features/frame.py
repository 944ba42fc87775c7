"""One feature row per registration, from what was known at that moment.

Belongs here: which history becomes which feature, and the frame that the pipeline stores. Does not belong here: the
bisection itself (`history`), element-wise features (`clinical`), the label (`label`).
"""

from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.vocabulary import VITAL_COLUMNS, Outcome
from ml.features.clinical import derive_features
from ml.features.columns import FEATURE_COLUMNS, KEY_COLUMNS, LABEL_COLUMN
from ml.features.history import KnownEvents, Timeline
from ml.features.label import risk_labels

DAY_US: Final = 86_400_000_000
_YEAR_DAYS: Final = 365
_TREND_DAYS: Final = 28
#: 52 weeks: whole weeks, so that every weekday weighs the same in the mean.
_TREND_BASE_DAYS: Final = 364
_NEVER_US: Final = np.iinfo(np.int64).max
_EVENT_COLUMNS: Final = (
    "registration_id",
    "patient_id",
    "facility",
    "condition",
    "registered_at",
    "recorded_at",
    "outcome",
    "outcome_at",
)


def build_risk_features(registrations: pd.DataFrame, *, history: pd.DataFrame) -> pd.DataFrame:
    """Compute the risk features of each registration as they were known when it was made.

    Parameters
    ----------
    registrations : pandas.DataFrame
        Validated registrations (`core.vocabulary.VALIDATED_DTYPES`), in any order.
    history : pandas.DataFrame
        Validated registrations of the twelve months before, same columns; may be empty, may overlap.

    Returns
    -------
    pandas.DataFrame
        One row per registration in the same order: `KEY_COLUMNS`, then `FEATURE_COLUMNS` (float64, NaN where unknown;
        `condition` is text), then `risk_label` (text, missing where the outcome is unknown).

    Notes
    -----
    A row is known from the later of `registered_at` and `recorded_at`; its outcome from the later of that and
    `outcome_at`. Only what was known strictly before `registered_at` counts, whatever the frame holds besides.
    The trend of a condition is (visits in 28 days + 1) / (its mean per 28 days over 52 weeks + 1), over the part of
    the 52 weeks for which there are rows.
    """
    events = _events(registrations, history)
    size = len(registrations)
    inputs: dict[str, NDArray[Any]] = {
        name: registrations[name].to_numpy(dtype=float, na_value=np.nan)
        for name in ("age_years", "acuity", "comorbidity_count", *VITAL_COLUMNS)
    }
    inputs["sex"] = registrations["sex"].to_numpy(dtype=object)
    inputs["condition"] = registrations["condition"].to_numpy(dtype=object)
    inputs["registered_at"] = _microseconds(registrations["registered_at"]).view("datetime64[us]")
    timeline = Timeline(events["known_us"].to_numpy())
    at = events["registered_us"].to_numpy()[:size]
    inputs |= _patient_history(events, timeline, at)
    inputs |= _trends(events, timeline, at)
    features = derive_features(inputs)
    frame = registrations[list(KEY_COLUMNS)].reset_index(drop=True)
    columns: dict[str, Any] = {name: features[name] for name in FEATURE_COLUMNS}
    columns["condition"] = registrations["condition"].reset_index(drop=True)
    columns[LABEL_COLUMN] = risk_labels(registrations).reset_index(drop=True)
    return pd.concat([frame, pd.DataFrame(columns)], axis=1)


def _events(registrations: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """Stack the rows to compute (first) on the earlier ones, each registration once, with the moments of knowing."""
    columns = list(_EVENT_COLUMNS)
    current = registrations[columns]
    if len(history):
        earlier = history[columns]
        earlier = earlier[~earlier["registration_id"].isin(current["registration_id"])]
        current = pd.concat([current, earlier], ignore_index=True)
    registered = _microseconds(current["registered_at"])
    recorded = np.where(current["recorded_at"].isna(), registered, _microseconds(current["recorded_at"]))
    known = np.maximum(registered, recorded)
    is_admission = current["outcome"].isin([Outcome.ADMITTED.value, Outcome.ICU.value]).to_numpy(dtype=bool)
    has_time = current["outcome_at"].notna().to_numpy(dtype=bool)
    outcome_known = np.where(
        is_admission & has_time, np.maximum(known, _microseconds(current["outcome_at"])), np.int64(_NEVER_US)
    )
    return pd.DataFrame(
        {
            "patient": pd.factorize(current["patient_id"], use_na_sentinel=False)[0],
            "facility": pd.factorize(current["facility"], use_na_sentinel=False)[0],
            "condition": pd.factorize(current["condition"], use_na_sentinel=False)[0],
            "registered_us": registered,
            "known_us": known,
            "outcome_known_us": outcome_known,
        }
    )


def _patient_history(events: pd.DataFrame, timeline: Timeline, at: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """Visits, admissions and days since the last visit of the first rows' patients, at their registrations."""
    patient = events["patient"].to_numpy()
    asking = patient[: len(at)]
    visits = KnownEvents(timeline, patient, events["known_us"].to_numpy())
    outcome_known = events["outcome_known_us"].to_numpy()
    admitted = np.flatnonzero(outcome_known != _NEVER_US)
    # Outcomes become known at moments of their own.
    admissions = KnownEvents(Timeline(outcome_known[admitted]), patient[admitted], outcome_known[admitted])
    since = (at - visits.latest(asking, at, events["registered_us"].to_numpy())) / DAY_US
    return {
        "prior_visits_365d": visits.counts(asking, at, _YEAR_DAYS * DAY_US),
        "prior_admissions_365d": admissions.counts(asking, at, _YEAR_DAYS * DAY_US),
        "days_since_last_visit": np.fmin(since, float(_YEAR_DAYS)),
    }


def _trends(events: pd.DataFrame, timeline: Timeline, at: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """How busy the facility was, and how frequent the condition against its own year."""
    known = events["known_us"].to_numpy()
    facility, condition = events["facility"].to_numpy(), events["condition"].to_numpy()
    arrivals, cases = KnownEvents(timeline, facility, known), KnownEvents(timeline, condition, known)
    first_us = known.min() if len(known) else 0
    span_days = np.clip((at - first_us) / DAY_US, _TREND_DAYS, _TREND_BASE_DAYS)
    usual = cases.counts(condition[: len(at)], at, _TREND_BASE_DAYS * DAY_US) * _TREND_DAYS / span_days
    recent = cases.counts(condition[: len(at)], at, _TREND_DAYS * DAY_US)
    return {
        "condition_trend_ratio": (recent + 1) / (usual + 1),
        "facility_visits_24h": arrivals.counts(facility[: len(at)], at, DAY_US),
        "facility_visits_7d": arrivals.counts(facility[: len(at)], at, 7 * DAY_US),
    }


def _microseconds(moments: pd.Series) -> NDArray[np.int64]:
    """Microseconds since 1970, UTC; a missing moment is the smallest integer."""
    return (
        moments.dt.tz_convert("UTC")
        .dt.as_unit("us")
        .astype("datetime64[us, UTC]")
        .to_numpy("datetime64[us]")
        .view(np.int64)
    )
