"""The names of the risk features, their groups, their defaults and their words.

Belongs here: names and constants of features. Does not belong here: how a feature is computed (`clinical`,
`history`) or the vocabulary of a registration (`core.vocabulary`).
"""

import math
from typing import Final

from core.vocabulary import VITAL_COLUMNS

#: What a clinician or a registration row gives for one patient.
CLINICAL_INPUTS: Final = (
    "age_years",
    "sex",
    "condition",
    "acuity",
    "comorbidity_count",
    *VITAL_COLUMNS,
    "registered_at",
)

#: What the hospital knew from earlier rows, and what is assumed when a caller does not say. A patient without a known
#: visit in the last year counts as 365 days; a condition is assumed to be as frequent as usual; NaN means that the
#: training median is put in later.
HISTORY_DEFAULTS: Final[dict[str, float]] = {
    "prior_visits_365d": 0.0,
    "prior_admissions_365d": 0.0,
    "days_since_last_visit": 365.0,
    "condition_trend_ratio": 1.0,
    "facility_visits_24h": math.nan,
    "facility_visits_7d": math.nan,
}

#: The feature groups of the requirement. `condition` is text; everything else is a float64, NaN where unknown.
FEATURE_GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "demographics": ("age_years", "is_female", "is_male"),
    "condition": ("condition",),
    "trends": ("condition_trend_ratio", "facility_visits_24h", "facility_visits_7d"),
    "clinical indicators": (
        *VITAL_COLUMNS,
        "shock_index",
        "pulse_pressure",
        "news2_score",
        "acuity",
    ),
    "risk factors": (
        "comorbidity_count",
        "prior_visits_365d",
        "prior_admissions_365d",
        "days_since_last_visit",
    ),
    "time": ("hour_sin", "hour_cos", "weekday_sin", "weekday_cos"),
    "missingness": ("is_acuity_missing", "is_comorbidity_missing", "vitals_missing_count"),
}

FEATURE_COLUMNS: Final[tuple[str, ...]] = tuple(name for group in FEATURE_GROUPS.values() for name in group)
NUMERIC_FEATURES: Final[tuple[str, ...]] = tuple(name for name in FEATURE_COLUMNS if name != "condition")
KEY_COLUMNS: Final = ("registration_id", "patient_id", "registered_at")
LABEL_COLUMN: Final = "risk_label"

#: How an input is named in a sentence, and its unit ("" where it has none).
INPUT_WORDS: Final[dict[str, tuple[str, str]]] = {
    "age_years": ("age", "years"),
    "sex": ("sex", ""),
    "condition": ("condition", ""),
    "acuity": ("acuity", "(1 most urgent, 5 least)"),
    "comorbidity_count": ("number of comorbidities", ""),
    "systolic_bp": ("systolic blood pressure", "mmHg"),
    "diastolic_bp": ("diastolic blood pressure", "mmHg"),
    "heart_rate": ("heart rate", "per minute"),
    "respiratory_rate": ("respiratory rate", "per minute"),
    "temperature_c": ("temperature", "°C"),
    "spo2_pct": ("oxygen saturation", "%"),
    "registered_at": ("time of arrival", ""),
    "prior_visits_365d": ("visits in the last year", ""),
    "prior_admissions_365d": ("admissions in the last year", ""),
    "days_since_last_visit": ("days since the last visit", ""),
    "condition_trend_ratio": ("recent frequency of the condition", "times its usual"),
    "facility_visits_24h": ("visits to the facility in the last 24 hours", ""),
    "facility_visits_7d": ("visits to the facility in the last 7 days", ""),
}
