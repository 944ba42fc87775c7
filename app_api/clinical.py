"""Clinical quantities on the wire, each with its unit and the range that a living patient can have; and vital signs.

Belongs here: annotated types made from `core.vocabulary.PLAUSIBLE_RANGES`, vital signs as `ml.features.news2` takes
them. Does not belong here: schemas, what follows from a score.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from app_api.wire import NUMBER, WHOLE
from core.vocabulary import PLAUSIBLE_RANGES, UNITS
from ml.features.news2 import BANDS


def _range(column: str, meaning: str | None = None) -> Any:
    low, high = PLAUSIBLE_RANGES[column]
    return Field(ge=low, le=high, description=meaning or UNITS.get(column))


AgeYears = Annotated[float, _range("age_years"), NUMBER]
Acuity = Annotated[int, _range("acuity", "ESI, 1 is the most urgent"), WHOLE]
ComorbidityCount = Annotated[int, _range("comorbidity_count"), WHOLE]
SystolicBp = Annotated[float, _range("systolic_bp"), NUMBER]
DiastolicBp = Annotated[float, _range("diastolic_bp"), NUMBER]
HeartRate = Annotated[float, _range("heart_rate"), NUMBER]
RespiratoryRate = Annotated[float, _range("respiratory_rate"), NUMBER]
TemperatureC = Annotated[float, _range("temperature_c"), NUMBER]
Spo2Pct = Annotated[float, _range("spo2_pct"), NUMBER]


def vitals_of(measured: Mapping[str, Any]) -> dict[str, list[float]] | None:
    """Return the vital signs of one patient for NEWS2, NaN for what was not measured; None when nothing was.

    Examples
    --------
    >>> vitals_of({"heart_rate": 80.0, "spo2_pct": None})["heart_rate"], vitals_of({"acuity": 3})
    ([80.0], None)
    """
    known = {name: measured[name] for name in BANDS if measured.get(name) is not None}
    return {name: [known.get(name, float("nan"))] for name in BANDS} if known else None
