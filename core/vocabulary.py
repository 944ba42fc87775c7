"""The words of the hospital: column names, units, allowed values and ranges, the same in every room.

Belongs here: names and constants. Does not belong here: functions that compute on data, or any import beyond the
standard library, so that `ml/` and `expectations/` stay free of databases and frameworks.
"""

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """Who a person is to the hospital; one account has exactly one role."""

    DOCTOR = "doctor"
    NURSE = "nurse"
    PATIENT = "patient"
    ADMIN = "admin"
    STEWARD = "steward"
    ML_ENGINEER = "ml_engineer"


class Language(StrEnum):
    """What a person reads; tags of BCP 47."""

    ENGLISH = "en"
    SPANISH = "es"


class Sex(StrEnum):
    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """How a visit ended; empty in the data until it is known."""

    DISCHARGED = "discharged"
    ADMITTED = "admitted"
    ICU = "icu"
    DECEASED = "deceased"
    LEFT = "left"


class Disposition(StrEnum):
    """Where a patient goes when a visit to the department is completed."""

    DISCHARGED = "discharged"
    ADMITTED = "admitted"
    TRANSFERRED = "transferred"


class RiskLevel(StrEnum):
    """Predicted risk. The two models vote on the first three; CRITICAL comes only from the clinical rule."""

    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"
    CRITICAL = "critical"


class SurgeLevel(StrEnum):
    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"
    CRITICAL = "critical"


class Severity(StrEnum):
    """What a failed expectation means: CRITICAL parks the row, WARNING is reported, INFO is noted."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class KahnCategory(StrEnum):
    """Kahn et al. 2016 (doi:10.13063/2327-9214.1244): the three classes of data quality."""

    CONFORMANCE = "conformance"
    COMPLETENESS = "completeness"
    PLAUSIBILITY = "plausibility"


class OverrideReason(StrEnum):
    """Why a clinician decides otherwise than the risk models."""

    BEDSIDE_IMPRESSION = "bedside_impression"
    KNOWN_HISTORY = "known_history"
    DOUBTFUL_MEASUREMENT = "doubtful_measurement"
    MISSING_INFORMATION = "missing_information"
    OTHER = "other"


class Verdict(StrEnum):
    """What the gate says of a candidate model."""

    PROMOTE = "PROMOTE"
    HOLD = "HOLD"
    REJECT = "REJECT"


#: The three classes the models are trained on, in the order of their probabilities.
RISK_CLASSES: Final = (RiskLevel.LOW, RiskLevel.MODERATE, RiskLevel.HIGH)

#: Days after registration within which an outcome counts for the risk label.
RISK_HORIZON_DAYS: Final = 30

RISK_OF_OUTCOME: Final[dict[Outcome, RiskLevel]] = {
    Outcome.DISCHARGED: RiskLevel.LOW,
    Outcome.LEFT: RiskLevel.LOW,
    Outcome.ADMITTED: RiskLevel.MODERATE,
    Outcome.ICU: RiskLevel.HIGH,
    Outcome.DECEASED: RiskLevel.HIGH,
}

VITAL_COLUMNS: Final = (
    "systolic_bp",
    "diastolic_bp",
    "heart_rate",
    "respiratory_rate",
    "temperature_c",
    "spo2_pct",
)

#: A registration, everywhere in this order (shared contract).
REGISTRATION_COLUMNS: Final = (
    "registration_id",
    "patient_id",
    "facility",
    "registered_at",
    "recorded_at",
    "age_years",
    "sex",
    "condition",
    "condition_code",
    "acuity",
    "comorbidity_count",
    *VITAL_COLUMNS,
    "outcome",
    "outcome_at",
)

#: What a raw row carries besides: where it came from, which record of it, when it was loaded, its SHA-256.
PROVENANCE_COLUMNS: Final = ("source", "source_record", "loaded_at", "content_hash")

#: Raw is text, as received; `loaded_at` too (ISO 8601 UTC).
RAW_COLUMNS: Final = (*REGISTRATION_COLUMNS, *PROVENANCE_COLUMNS)

REQUIRED_COLUMNS: Final = ("registration_id", "patient_id", "facility", "registered_at", "age_years", "condition")

#: Types past validation (pandas dtype names).
VALIDATED_DTYPES: Final[dict[str, str]] = {
    "registration_id": "str",
    "patient_id": "str",
    "facility": "str",
    "registered_at": "datetime64[us, UTC]",
    "recorded_at": "datetime64[us, UTC]",
    "age_years": "float64",
    "sex": "str",
    "condition": "str",
    "condition_code": "str",
    "acuity": "Int64",
    "comorbidity_count": "Int64",
    "systolic_bp": "float64",
    "diastolic_bp": "float64",
    "heart_rate": "float64",
    "respiratory_rate": "float64",
    "temperature_c": "float64",
    "spo2_pct": "float64",
    "outcome": "str",
    "outcome_at": "datetime64[us, UTC]",
    "source": "str",
    "source_record": "str",
    "loaded_at": "datetime64[us, UTC]",
    "content_hash": "str",
}

#: (lowest, highest) value that a living patient can have; outside is an error of entry, not an illness.
PLAUSIBLE_RANGES: Final[dict[str, tuple[float, float]]] = {
    "age_years": (0, 120),
    "acuity": (1, 5),
    "comorbidity_count": (0, 30),
    "systolic_bp": (30, 300),
    "diastolic_bp": (10, 200),
    "heart_rate": (10, 300),
    "respiratory_rate": (2, 80),
    "temperature_c": (25, 45),
    "spo2_pct": (30, 100),
}

#: (lower, upper): of one measurement the first lies below the second, never on it, in every living patient.
STRICTLY_BELOW: Final = (("diastolic_bp", "systolic_bp"),)

UNITS: Final[dict[str, str]] = {
    "age_years": "years",
    "systolic_bp": "mmHg",
    "diastolic_bp": "mmHg",
    "heart_rate": "per minute",
    "respiratory_rate": "per minute",
    "temperature_c": "°C",
    "spo2_pct": "%",
}

#: ICD-10 (WHO) and ICD-10-CM: a letter, two characters, and up to four more with or without the point.
ICD10_PATTERN: Final = r"^[A-Z][0-9][0-9A-Z](?:\.?[0-9A-Z]{1,4})?$"

#: (label, first age, first age past the band). Unknown ages form their own band, "unknown".
AGE_BANDS: Final[tuple[tuple[str, int, int], ...]] = (
    ("0-19", 0, 20),
    ("20-39", 20, 40),
    ("40-59", 40, 60),
    ("60-79", 60, 80),
    ("80+", 80, 121),
)
UNKNOWN_BAND: Final = "unknown"

#: The five analyses, by the name of their section in the API and of their asset (`analytics_<section>`).
ANALYTICS_SECTIONS: Final = (
    "health_trends",
    "demographics",
    "associations",
    "patient_volume",
    "illness_surge",
)

#: The alias in the model registry that serving follows, and the registered model's name.
CHAMPION_ALIAS: Final = "champion"
RISK_MODEL_NAME: Final = "medisync-risk"

#: Hours after which what the nightly run renews is warned of, and late.
DAILY_WARN_HOURS: Final = 26
DAILY_LATE_HOURS: Final = 50
