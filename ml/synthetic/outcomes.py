"""How visits end, drawn from the known risk; the dead do not come back.

Belongs here: outcomes and the hours until they are known. Does not belong here: the probabilities (risk).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.vocabulary import Outcome
from ml.synthetic.risk import class_probabilities, count_prior_visits

#: The order of the outcome codes.
OUTCOMES: Final = (Outcome.DISCHARGED, Outcome.LEFT, Outcome.ADMITTED, Outcome.ICU, Outcome.DECEASED)
_DECEASED: Final = OUTCOMES.index(Outcome.DECEASED)

#: Hours until the outcome is known: median and log standard deviation, in the order of `OUTCOMES`.
_HOURS_MEDIAN: Final = (3.4, 1.9, 5.5, 2.6, 40.0)
_HOURS_LOG_SD: Final = (0.45, 0.5, 0.5, 0.6, 1.2)
_LONGEST_HOURS: Final = 24.0 * 25


@dataclass(frozen=True)
class Endings:
    """Patient index (changed where someone had died), outcome code and class probabilities, one per visit."""

    patient: NDArray[np.int64]
    outcome: NDArray[np.int8]
    probabilities: NDArray[np.float64]


def draw_endings(
    patient: NDArray[np.int64],
    at: NDArray[np.datetime64],
    score: NDArray[np.float64],
    age: NDArray[np.float64],
    acuity: NDArray[np.float64],
    *,
    n_patients: int,
    rng: np.random.Generator,
) -> Endings:
    """Draw the outcome of every visit.

    Parameters
    ----------
    patient : ndarray of int64
        Index of the patient, below `n_patients`.
    at : ndarray of datetime64
        Moment of registration.
    score : ndarray
        From `risk.severity_score`.
    age, acuity : ndarray
        Split a class into its outcomes: the old die rather than stay in intensive care, the less urgent leave.
    n_patients : int
    rng : numpy.random.Generator

    Returns
    -------
    Endings

    Notes
    -----
    Later visits of someone who died pass to a new patient (index from `n_patients` on) of the same birth and sex, who
    has no earlier visits; so counts, ages and seasons stay as drawn. Visits up to a patient's first death never
    change, so going through the renamed ones again, with the same uniform numbers, until nobody returns is exact.
    """
    patient = patient.copy()
    class_draw, split_draw = rng.random(patient.size), rng.random(patient.size)
    outcome = np.empty(patient.size, dtype=np.int8)
    probabilities = np.empty((patient.size, 3))
    rows = np.lexsort((at, patient))
    next_patient = n_patients
    while rows.size:
        owner = patient[rows]
        chances = class_probabilities(score[rows], count_prior_visits(owner, at[rows]))
        probabilities[rows] = chances
        outcome[rows] = _outcome(chances, class_draw[rows], split_draw[rows], age[rows], acuity[rows])
        deaths = np.cumsum(outcome[rows] == _DECEASED)
        is_first = np.concatenate([[True], owner[1:] != owner[:-1]])
        start = np.flatnonzero(is_first)
        before_group = np.where(start > 0, deaths[start - 1], 0)
        group = np.cumsum(is_first) - 1
        died_before = deaths - (outcome[rows] == _DECEASED) - before_group[group]
        rows = rows[died_before > 0]
        renamed, new = np.unique(patient[rows], return_inverse=True)
        patient[rows] = next_patient + new
        next_patient += renamed.size
    return Endings(patient, outcome, probabilities)


def _outcome(
    chances: NDArray[np.float64],
    class_draw: NDArray[np.float64],
    split_draw: NDArray[np.float64],
    age: NDArray[np.float64],
    acuity: NDArray[np.float64],
) -> NDArray[np.int8]:
    is_low = class_draw < chances[:, 0]
    is_moderate = ~is_low & (class_draw < chances[:, 0] + chances[:, 1])
    leaves = split_draw < np.where(acuity >= 4, 0.055, 0.03)
    dies = split_draw < 1 / (1 + np.exp(2.1 - 0.03 * (age - 65)))
    low = np.where(leaves, OUTCOMES.index(Outcome.LEFT), OUTCOMES.index(Outcome.DISCHARGED))
    high = np.where(dies, _DECEASED, OUTCOMES.index(Outcome.ICU))
    moderate = OUTCOMES.index(Outcome.ADMITTED)
    return np.where(is_low, low, np.where(is_moderate, moderate, high)).astype(np.int8)


def draw_outcome_delay(outcome: NDArray[np.int8], *, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw the seconds from registration until the outcome is known: five minutes at least, 25 days at most."""
    median, spread = np.array(_HOURS_MEDIAN)[outcome], np.array(_HOURS_LOG_SD)[outcome]
    hours = np.minimum(median * np.exp(spread * rng.standard_normal(outcome.size)), _LONGEST_HOURS)
    return np.maximum(hours * 3600, 300).astype(np.int64)
