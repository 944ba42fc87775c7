"""Features that follow from what is written on the registration itself; one code for training and for serving.

Belongs here: element-wise arithmetic on arrays of inputs, numpy only. Does not belong here: looking at other rows
(`history`), filling in what is missing (`ml.release.encoder`).
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.vocabulary import VITAL_COLUMNS, Sex
from ml.features.columns import HISTORY_DEFAULTS
from ml.features.news2 import news2

_DAY: Final = np.timedelta64(1, "D")
_NUMERIC_INPUTS: Final = ("age_years", "acuity", "comorbidity_count", *VITAL_COLUMNS)


def derive_features(inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Compute every feature of `FEATURE_COLUMNS` from the inputs of n patients.

    Parameters
    ----------
    inputs : mapping of str to numpy.ndarray
        Arrays of length n: the `CLINICAL_INPUTS` (numbers as float64 with NaN where unknown, `sex` and `condition` as
        text, `registered_at` as datetime64 in UTC) and the history inputs of `HISTORY_DEFAULTS` (float64).

    Returns
    -------
    dict of str to numpy.ndarray
        The features; float64 but for `condition`, which passes through.

    Notes
    -----
    Shock index = heart rate / systolic pressure (Allgöwer & Burri 1967); pulse pressure = systolic - diastolic, mmHg.
    Hour of day (UTC) and weekday enter as sine and cosine, so that 23:59 is next to 00:00.
    """
    features: dict[str, NDArray[Any]] = {name: inputs[name] for name in _NUMERIC_INPUTS}
    for name in HISTORY_DEFAULTS:
        features[name] = inputs[name]
    sex = inputs["sex"]
    features["is_female"] = (sex == Sex.FEMALE.value).astype(float)
    features["is_male"] = (sex == Sex.MALE.value).astype(float)
    features["condition"] = inputs["condition"]
    features["shock_index"] = inputs["heart_rate"] / np.where(inputs["systolic_bp"] > 0, inputs["systolic_bp"], np.nan)
    features["pulse_pressure"] = inputs["systolic_bp"] - inputs["diastolic_bp"]
    features["news2_score"] = news2(inputs)
    features |= _clock_features(inputs["registered_at"])
    features["is_acuity_missing"] = np.isnan(inputs["acuity"]).astype(float)
    features["is_comorbidity_missing"] = np.isnan(inputs["comorbidity_count"]).astype(float)
    features["vitals_missing_count"] = np.sum([np.isnan(inputs[name]) for name in VITAL_COLUMNS], axis=0).astype(float)
    return features


def _clock_features(moments: NDArray[Any]) -> dict[str, NDArray[np.float64]]:
    """Hour and weekday on a circle; NaN where the moment is not a time."""
    days = moments.astype("datetime64[D]")
    known = ~np.isnat(moments)
    hour = np.where(known, (moments - days) / _DAY, np.nan) * (2 * np.pi)
    # 1970-01-01 was a Thursday: three days past Monday.
    weekday = np.where(known, (days.astype(np.int64) + 3) % 7, np.nan) * (2 * np.pi / 7)
    return {
        "hour_sin": np.sin(hour),
        "hour_cos": np.cos(hour),
        "weekday_sin": np.sin(weekday),
        "weekday_cos": np.cos(weekday),
    }
