"""Clinical quantities on the wire, each with its unit and the range that a living patient can have; and vital signs.

Belongs here: annotated types made from `core.vocabulary.PLAUSIBLE_RANGES`, the order of two quantities of one
measurement (`STRICTLY_BELOW`), vital signs as `ml.features.news2` takes them. Does not belong here: schemas, what
follows from a score.
"""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field

from app_api.wire import NUMBER, WHOLE, UnfitError
from core.vocabulary import PLAUSIBLE_RANGES, STRICTLY_BELOW, UNITS
from ml.features.news2 import BANDS

Measured = TypeVar("Measured", bound=BaseModel)


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


def in_order(measured: Measured) -> Measured:
    """Return a schema's instance whose quantities lie below those they must lie below, wherever both are known.

    The pipeline parks a row that breaks this by the same pairs (`expectations.suites.validated_registrations`).

    Raises
    ------
    UnfitError
        Naming both fields; to be used as `model_validator(mode="after")`.
    """
    for lower, upper in STRICTLY_BELOW:
        low, high = getattr(measured, lower), getattr(measured, upper)
        if low is not None and high is not None and low >= high:
            raise UnfitError(f"a value of {lower} below that of {upper}", lower, upper)
    return measured


def vitals_of(measured: Mapping[str, Any]) -> dict[str, list[float]] | None:
    """Return the vital signs of one patient for NEWS2, NaN for what was not measured; None when nothing was.

    Examples
    --------
    >>> vitals_of({"heart_rate": 80.0, "spo2_pct": None})["heart_rate"], vitals_of({"acuity": 3})
    ([80.0], None)
    """
    known = {name: measured[name] for name in BANDS if measured.get(name) is not None}
    return {name: [known.get(name, float("nan"))] for name in BANDS} if known else None
