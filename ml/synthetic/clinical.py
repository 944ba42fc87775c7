"""What the triage nurse finds: acuity and vital signs, given the condition, the age and an unseen severity.

Belongs here: vital signs, triage, what was not measured. Does not belong here: how the visit ends (risk).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.vocabulary import VITAL_COLUMNS
from ml.synthetic.conditions import VITALS, Condition

#: Resting values of the healthy at these ages (years): children have fast hearts and low pressures.
NORM_AGES: Final = (0, 2, 6, 12, 18, 50, 80, 100)
NORMS: Final[dict[str, tuple[float, ...]]] = {
    "systolic_bp": (85, 94, 102, 112, 119, 127, 138, 140),
    "diastolic_bp": (52, 56, 62, 68, 74, 80, 76, 72),
    "heart_rate": (132, 115, 96, 84, 76, 75, 75, 76),
    "respiratory_rate": (34, 27, 22, 18, 16, 16, 17, 18),
    "temperature_c": (37.0, 37.0, 36.9, 36.8, 36.8, 36.7, 36.6, 36.5),
    "spo2_pct": (98, 98, 98, 98, 98, 97.5, 96.5, 96),
}

#: Scatter between healthy people, lowest and highest value recorded, decimals, share not measured.
_SCATTER: Final = {
    "systolic_bp": (13.0, 50, 250, 0, 0.06),
    "diastolic_bp": (8.0, 25, 150, 0, 0.06),
    "heart_rate": (10.0, 30, 220, 0, 0.04),
    "respiratory_rate": (1.8, 6, 60, 0, 0.09),
    "temperature_c": (0.3, 33.5, 41.8, 1, 0.08),
    "spo2_pct": (1.1, 60, 100, 0, 0.07),
}

#: Triage: levels per unit of severity, and the noise of the nurse's judgement (levels). Sax et al. 2023 found a third
#: of five million emergency visits mistriaged.
_TRIAGE_SLOPE: Final = 0.6
_TRIAGE_NOISE: Final = 0.45
_ACUITY_MISSING: Final = 0.012


def norm(vital: str, age: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the resting value of `vital` for healthy people of `age` years."""
    return np.interp(age, NORM_AGES, NORMS[vital])


def draw_severity(
    age: NDArray[np.float64], comorbidity: NDArray[np.int64], *, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draw how ill each patient is: standard normal, plus age and other illnesses. Nobody sees it."""
    severity = rng.standard_normal(age.size)
    severity += 0.008 * (age - 45)
    severity += 0.12 * (np.minimum(comorbidity, 6) - 1)
    return severity


def draw_acuity(
    conditions: Sequence[Condition],
    condition: NDArray[np.int8],
    severity: NDArray[np.float64],
    *,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Draw the triage level, 1 (resuscitation) to 5 (non-urgent); NaN where none was written down."""
    level = np.array([c.acuity for c in conditions])[condition]
    level -= _TRIAGE_SLOPE * severity
    level += _TRIAGE_NOISE * rng.standard_normal(severity.size)
    acuity = np.clip(np.rint(level), 1, 5)
    acuity[rng.random(severity.size) < _ACUITY_MISSING] = np.nan
    return acuity


def draw_vitals(
    conditions: Sequence[Condition],
    condition: NDArray[np.int8],
    age: NDArray[np.float64],
    severity: NDArray[np.float64],
    acuity: NDArray[np.float64],
    *,
    rng: np.random.Generator,
) -> dict[str, NDArray[np.float64]]:
    """Draw the six vital signs as written on the sheet (rounded; NaN where not measured).

    Parameters
    ----------
    conditions : sequence of Condition
    condition : ndarray of int8
        Row of `conditions`, one per visit.
    age, severity, acuity : ndarray
        Years; as from `draw_severity`; level 1 to 5.
    rng : numpy.random.Generator

    Returns
    -------
    dict
        Column name to values, in the units of `core.vocabulary.UNITS`.

    Notes
    -----
    value = norm(age) + shift(condition) + slope(condition) · severity + scatter. The less urgent the patient, the more
    is left unmeasured: the shares of `_SCATTER` are doubled at level 5 and nearly nothing is missing at level 1.
    """
    n = condition.size
    neglect = np.where(np.isnan(acuity), 3.0, acuity) / 2.5 * 0.9
    sheet: dict[str, NDArray[np.float64]] = {}
    pressure_scatter = rng.standard_normal(n)
    no_cuff = rng.random(n) / neglect
    for vital in VITAL_COLUMNS:
        column = VITALS.index(vital)
        scatter, lowest, highest, decimals, missing = _SCATTER[vital]
        is_pressure = vital.endswith("_bp")
        value = norm(vital, age)
        value += np.array([c.shift[column] for c in conditions])[condition]
        value += np.array([c.slope[column] for c in conditions])[condition] * severity
        own = rng.standard_normal(n)
        # The two pressures come from one cuff: they rise, fall and go missing together.
        value += scatter * (0.75 * pressure_scatter + 0.66 * own if is_pressure else own)
        if vital == "diastolic_bp":
            value = np.minimum(value, sheet["systolic_bp_unmasked"] - 12)
        value = np.clip(np.round(value, decimals), lowest, highest)
        if vital == "systolic_bp":
            sheet["systolic_bp_unmasked"] = value.copy()
        value[(no_cuff if is_pressure else rng.random(n) / neglect) < missing] = np.nan
        sheet[vital] = value
    del sheet["systolic_bp_unmasked"]
    return sheet
