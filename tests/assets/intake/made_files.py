"""Small files for the tests of the intake, made by hand in the shape of real ones."""

import csv
import io
from pathlib import Path

from core.vocabulary import REGISTRATION_COLUMNS

GOOD = {
    "registration_id": "R1",
    "patient_id": "P1",
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
}

#: In the shape of the NEISS sample: an index without a name, dates month first, ages of 200 and more in months.
NEISS = """,Treatment_Date,Age,Sex,Alcohol,Drug,Narrative,Incident Locale,Body_Part,Diagnosis,Disposition
0,1/1/16,39,Male,,,"39YOM, FELL",Home,Eyeball,Laceration,Treated/Untreated and Released
1,7/5/16,222,Female,,,22MOF BURN,Home,Hand,"Burns, scald",Held for observation
2,7/5/16,209,Male,,,9MOM BURN,Home,Hand,"Burns, scald",Not recorded
3,12/31/20,71,Female,Yes,,71YOF SLIPPED,Street,Head,Fracture,Left without being seen
"""


def canonical_csv(*changes: dict[str, str]) -> str:
    """Return a CSV with our columns and one good row for each entry, with the entry written over it."""
    text = io.StringIO()
    writer = csv.DictWriter(text, REGISTRATION_COLUMNS, lineterminator="\n")
    writer.writeheader()
    for number, change in enumerate(changes, start=1):
        writer.writerow({**GOOD, "registration_id": f"R{number}", "patient_id": f"P{number}", **change})
    return text.getvalue()


def write(path: Path, content: str | bytes) -> Path:
    """Write a file and return its path."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def everything_in(folder: Path) -> list[str]:
    """Return all files below a folder but the lock, to see that nothing was half-imported."""
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.name != ".lock"
    )
