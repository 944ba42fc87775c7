"""Why this level: what each input moved, and what speaks against it, in words.

Belongs here: occlusion of one input at a time and the sentences made of it. Does not belong here: running the models
(`scorer` does).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml.features.columns import CLINICAL_INPUTS, HISTORY_DEFAULTS, INPUT_WORDS
from ml.release.encoder import Encoder

#: Inputs that are occluded; the time of day has no typical value to put in its place.
OCCLUDED: Final = tuple(name for name in (*CLINICAL_INPUTS, *HISTORY_DEFAULTS) if name != "registered_at")
#: Rows of one patient's batch: the patient, then one row for each occluded input.
ROWS_EACH: Final = len(OCCLUDED) + 1
#: Below this many percentage points an input is not worth a sentence.
_LEAST_POINTS: Final = 1.0
_MOST_SENTENCES: Final = 5


@dataclass(frozen=True)
class Contribution:
    """What putting a typical value in place of one input takes away from a probability, in percentage points."""

    name: str
    value: Any
    typical: Any
    points: float


def occlude(inputs: Mapping[str, NDArray[Any]], encoder: Encoder) -> dict[str, NDArray[Any]]:
    """Repeat each patient `ROWS_EACH` times; all rows but the first have one input replaced by its typical value.

    Derived features (shock index, NEWS2, …) are computed afterwards, so they follow the input that they are made of.
    """
    repeated = {name: np.repeat(values, ROWS_EACH) for name, values in inputs.items()}
    for position, name in enumerate(OCCLUDED, start=1):
        repeated[name][position::ROWS_EACH] = typical_value(name, encoder)
    return repeated


def typical_value(name: str, encoder: Encoder) -> Any:
    """Return the training median of an input; the most frequent condition; no sex, so that neither speaks."""
    if name == "condition":
        return encoder.common_condition
    if name == "sex":
        return "unknown"
    return encoder.medians[name]


def contributions(
    patient: Mapping[str, Any], probabilities: NDArray[np.float64], encoder: Encoder, *, from_class: int
) -> list[Contribution]:
    """Rank the inputs by how much they move the probability of class `from_class` or worse.

    Parameters
    ----------
    patient : mapping
        One patient's inputs.
    probabilities : numpy.ndarray
        (`ROWS_EACH`, 3): the patient's, then those of the rows that `occlude` made.
    from_class : int
        1: moderate or high; 2: high.
    """
    risk = probabilities[:, from_class:].sum(axis=1)
    points: list[float] = (100 * (risk[0] - risk[1:])).tolist()
    found = [
        Contribution(name, patient[name], typical_value(name, encoder), moved)
        for name, moved in zip(OCCLUDED, points, strict=True)
        if abs(moved) >= _LEAST_POINTS
    ]
    return sorted(found, key=lambda item: -abs(item.points))


def sentences(found: list[Contribution], *, from_class: int) -> tuple[list[str], list[str]]:
    """Return (what raises the risk, what lowers it) in words, strongest first."""
    event = "a high-risk outcome" if from_class == 2 else "admission or worse"
    raising = [item for item in found if item.points > 0][:_MOST_SENTENCES]
    lowering = [item for item in found if item.points < 0][:_MOST_SENTENCES]
    return (
        [_sentence(item, f"raises the chance of {event}") for item in raising],
        [_sentence(item, f"lowers the chance of {event}") for item in lowering],
    )


def _sentence(item: Contribution, effect: str) -> str:
    words, unit = INPUT_WORDS[item.name]
    has, typical = _written(item.value, unit), _written(item.typical, "")
    return f"{words} {has} (typical: {typical}) {effect} by {abs(item.points):.0f} percentage points"


def _written(value: Any, unit: str) -> str:
    if isinstance(value, str):
        return value
    if np.isnan(value):
        return "not given"
    text = f"{value:.1f}".removesuffix(".0")
    return f"{text} {unit}".strip()
