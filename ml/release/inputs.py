"""From the words of a request to arrays, and what is wrong with them.

Belongs here: reading one or many patients' inputs, naming what is missing or impossible. Does not belong here: what
follows from it (`scorer` abstains), HTTP validation.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.vocabulary import PLAUSIBLE_RANGES, Sex
from ml.features.columns import CLINICAL_INPUTS, HISTORY_DEFAULTS, INPUT_WORDS
from ml.release.consensus import ConsensusRule

_TEXT_INPUTS: Final = ("sex", "condition")
_NUMERIC_INPUTS: Final = (*(name for name in CLINICAL_INPUTS if name in PLAUSIBLE_RANGES), *HISTORY_DEFAULTS)
_LOWEST: Final = np.array([[PLAUSIBLE_RANGES.get(name, (0.0, math.inf))[0]] for name in _NUMERIC_INPUTS])
_HIGHEST: Final = np.array([[PLAUSIBLE_RANGES.get(name, (0.0, math.inf))[1]] for name in _NUMERIC_INPUTS])
_SEXES: Final = frozenset(sex.value for sex in Sex)


def read_inputs(patients: Sequence[Mapping[str, Any]]) -> dict[str, NDArray[Any]]:
    """Return the arrays that `ml.features.clinical.derive_features` takes.

    Parameters
    ----------
    patients : sequence of mapping
        Clinical inputs and, where known, history inputs; None or absent means unknown. `registered_at` is an aware
        datetime or ISO 8601 text; without it the time of day is unknown. Other keys are ignored.

    Raises
    ------
    InputError
        If a number is not a number, a text not a text, or a time not a time: the input is named, never its value.
    """
    arrays: dict[str, NDArray[Any]] = {
        name: np.array([_number(name, patient.get(name), HISTORY_DEFAULTS.get(name, math.nan)) for patient in patients])
        for name in _NUMERIC_INPUTS
    }
    for name in _TEXT_INPUTS:
        arrays[name] = np.array([_text(name, patient.get(name)) for patient in patients], dtype=object)
    moments = [_moment(patient.get("registered_at")) for patient in patients]
    arrays["registered_at"] = np.array(moments, dtype="datetime64[us]")
    return arrays


def find_problems(inputs: Mapping[str, NDArray[Any]], rule: ConsensusRule) -> list[list[str]]:
    """Return for each patient the sentences that forbid a score; an empty list where there are none."""
    problems: list[list[str]] = [[] for _ in inputs["sex"]]
    for name in rule.required_inputs:
        values = inputs[name]
        missing = np.isnan(values) if values.dtype == np.float64 else values == ""
        for position in missing.nonzero()[0]:
            problems[position].append(f"{INPUT_WORDS[name][0]} ({name}) is missing")
    numbers = np.stack([inputs[name] for name in _NUMERIC_INPUTS])
    for which, position in zip(*((numbers < _LOWEST) | (numbers > _HIGHEST)).nonzero(), strict=True):
        name, low, high = _NUMERIC_INPUTS[which], _LOWEST[which, 0], _HIGHEST[which, 0]
        allowed = f"{low:g} to {high:g}" if math.isfinite(high) else f"{low:g} or more"
        problems[position].append(f"{INPUT_WORDS[name][0]} ({name}) is outside {allowed}")
    for position, sex in enumerate(inputs["sex"]):
        if sex not in _SEXES:
            problems[position].append(f"sex is none of {', '.join(sorted(_SEXES))}")
    return problems


def _number(name: str, value: Any, default: float) -> float:
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise InputError(f"{name} must be a number, not {type(value).__name__}")
    return float(value)


def _text(name: str, value: Any) -> str:
    if value is None:
        return Sex.UNKNOWN.value if name == "sex" else ""
    if not isinstance(value, str):
        raise InputError(f"{name} must be text, not {type(value).__name__}")
    return value


def _moment(value: Any) -> np.datetime64:
    """Return UTC without a zone, which is what numpy holds."""
    if value is None:
        return np.datetime64("NaT", "us")
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError as error:
            raise InputError("registered_at must be ISO 8601") from error
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise InputError("registered_at must be a time with its zone")
    return np.datetime64(value.astimezone(UTC).replace(tzinfo=None), "us")
