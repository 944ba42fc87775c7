"""The National Early Warning Score 2 of the Royal College of Physicians.

Belongs here: the published table and its sum. Does not belong here: what a hospital does at a score
(`ml.release.consensus`).

Source: Royal College of Physicians. National Early Warning Score (NEWS) 2. London: RCP, 2017, chart 1 (SpO2 scale 1).
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: parameter -> (decimals of the chart, upper bounds of all bands but the last, points of each band from low to high)
BANDS: Final[dict[str, tuple[int, tuple[float, ...], tuple[int, ...]]]] = {
    "respiratory_rate": (0, (8, 11, 20, 24), (3, 1, 0, 2, 3)),
    "spo2_pct": (0, (91, 93, 95), (3, 2, 1, 0)),
    "systolic_bp": (0, (90, 100, 110, 219), (3, 2, 1, 0, 3)),
    "heart_rate": (0, (40, 50, 90, 110, 130), (3, 1, 0, 1, 2, 3)),
    "temperature_c": (1, (35.0, 36.0, 38.0, 39.0), (3, 1, 0, 1, 2)),
}
#: Points for breathing supplemental oxygen, and for any state but alert (new confusion, voice, pain, unresponsive).
OXYGEN_POINTS: Final = 2
CONSCIOUSNESS_POINTS: Final = 3

# The last band ends at infinity. NaN sorts past it, into one more band: what was not measured scores nothing.
_BOUNDS = {name: np.array([*bounds, np.inf]) for name, (_, bounds, _) in BANDS.items()}
_POINTS = {name: np.array([*points, 0], dtype=float) for name, (_, _, points) in BANDS.items()}


def parameter_points(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """Return the points of one physiological parameter.

    Parameters
    ----------
    name : str
        A key of `BANDS`.
    values : array_like of float
        In the unit of the chart; rounded to the chart's precision first (a heart rate of 90.4 reads as 90). NaN where
        it was not measured.

    Returns
    -------
    numpy.ndarray
        0 to 3 each; 0 where the value is NaN.
    """
    decimals, _, _ = BANDS[name]
    rounded = np.round(np.asarray(values, dtype=float), decimals)
    return _POINTS[name][_BOUNDS[name].searchsorted(rounded)]


def news2(
    vitals: Mapping[str, ArrayLike],
    *,
    has_oxygen: ArrayLike = False,
    is_alert: ArrayLike = True,
) -> NDArray[np.float64]:
    """Return the aggregate NEWS2 score.

    Parameters
    ----------
    vitals : mapping of str to array_like of float
        `respiratory_rate` and `heart_rate` per minute, `spo2_pct` in %, `systolic_bp` in mmHg, `temperature_c` in °C;
        NaN where not measured. Other keys are ignored.
    has_oxygen : array_like of bool
        Whether the patient breathes supplemental oxygen. A registration does not carry it: air is assumed.
    is_alert : array_like of bool
        False for new confusion or any response below alert. Not in a registration either: alert is assumed, so that
        the score is a lower bound.

    Returns
    -------
    numpy.ndarray
        0 to 20 for each patient.

    Examples
    --------
    >>> vitals = {"respiratory_rate": [26], "spo2_pct": [90], "systolic_bp": [88], "heart_rate": [125],
    ...           "temperature_c": [38.6]}
    >>> float(news2(vitals)[0])
    12.0
    """
    total = np.where(np.asarray(has_oxygen, dtype=bool), OXYGEN_POINTS, 0) + np.where(
        np.asarray(is_alert, dtype=bool), 0, CONSCIOUSNESS_POINTS
    )
    total = total.astype(float)
    for name in BANDS:
        total = total + parameter_points(name, vitals[name])
    return total


def highest_single_points(vitals: Mapping[str, ArrayLike]) -> NDArray[np.float64]:
    """Return the highest points that any single parameter scores: 3 is a red score of the chart."""
    return np.max([parameter_points(name, vitals[name]) for name in BANDS], axis=0)
