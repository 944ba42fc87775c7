"""Made-up registrations for the tests of this room: one good row as text, as often as wanted, with faults planted."""

import hashlib

import pandas as pd

from core.vocabulary import RAW_COLUMNS

GOOD = {
    "registration_id": "R",
    "patient_id": "P",
    "facility": "General",
    "registered_at": "2024-03-01T10:00:00Z",
    "recorded_at": "2024-03-01T10:05:00Z",
    "age_years": "44",
    "sex": "female",
    "condition": "Influenza",
    "condition_code": "J10.1",
    "acuity": "3",
    "comorbidity_count": "1",
    "systolic_bp": "120",
    "diastolic_bp": "80",
    "heart_rate": "72",
    "respiratory_rate": "16",
    "temperature_c": "37.2",
    "spo2_pct": "98",
    "outcome": "discharged",
    "outcome_at": "2024-03-01T16:00:00Z",
    "source": "test",
    "loaded_at": "2024-04-01T00:00:00Z",
}


def raw_rows(faults: list[dict[str, str | None]]) -> pd.DataFrame:
    """Return one good raw row for each entry, with the entry written over it."""
    rows = []
    for number, fault in enumerate(faults):
        row = {
            **GOOD,
            "registration_id": f"R{number}",
            "patient_id": f"P{number}",
            "source_record": f"line {number + 2}",
        }
        row["content_hash"] = hashlib.sha256(repr((number, row)).encode()).hexdigest()
        rows.append({**row, **fault})
    return pd.DataFrame(rows, columns=list(RAW_COLUMNS)).astype("str")
