"""Small registrations drawn at random, awkward on purpose: late records, ties, missing values."""

import numpy as np
import pandas as pd

from core.vocabulary import REGISTRATION_COLUMNS, VALIDATED_DTYPES

START = pd.Timestamp("2025-01-01", tz="UTC")


def draw_registrations(n: int, *, seed: int, days: float = 500, patients: int = 6) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    # Whole half-days, so that several rows share a moment.
    registered = START + pd.to_timedelta(rng.integers(0, int(days * 2), n) * 12, unit="h")
    recorded = registered + pd.to_timedelta(rng.choice([0, 1, 36, 900], n), unit="h")
    outcome = rng.choice(np.array(["discharged", "admitted", "icu", "deceased", "left", None], dtype=object), n)
    outcome_at = registered + pd.to_timedelta(rng.integers(0, 1200, n), unit="h")
    frame = pd.DataFrame(
        {
            "registration_id": [f"r{number}" for number in range(n)],
            "patient_id": [f"p{number}" for number in rng.integers(0, patients, n)],
            "facility": rng.choice(["North", "South"], n),
            "registered_at": registered,
            "recorded_at": recorded,
            "age_years": rng.integers(0, 100, n),
            "sex": rng.choice(["female", "male", "other", "unknown"], n),
            "condition": rng.choice(["Influenza", "Sepsis", "Fracture"], n),
            "condition_code": None,
            "acuity": rng.choice(np.array([1, 2, 3, 4, 5, np.nan]), n),
            "comorbidity_count": rng.choice(np.array([0, 1, 2, np.nan]), n),
            "systolic_bp": rng.choice(np.array([85, 120, 150, np.nan]), n),
            "diastolic_bp": 70.0,
            "heart_rate": rng.integers(50, 140, n),
            "respiratory_rate": rng.integers(8, 35, n),
            "temperature_c": 37.5,
            "spo2_pct": rng.integers(85, 100, n),
            "outcome": outcome,
            "outcome_at": outcome_at.where(pd.notna(outcome)),
        }
    )
    types = {name: VALIDATED_DTYPES[name] for name in REGISTRATION_COLUMNS}
    return frame[list(REGISTRATION_COLUMNS)].astype(types)
