"""The people around the hospital: when they were born, how long they live, who falls ill with what.

Belongs here: demographics, comorbidity and the choice of a patient for each registration. Does not belong here: what
happens at the visit (clinical, risk).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.vocabulary import Sex
from ml.synthetic.conditions import KNOT_AGES, Condition

#: Shares of the sexes; the order is that of `Population.sex` codes.
SEXES: Final = (Sex.FEMALE, Sex.MALE, Sex.OTHER, Sex.UNKNOWN)
SEX_SHARES: Final = (0.51, 0.482, 0.003, 0.005)

FACILITIES: Final = ("Central", "Northside", "Riverside")
FACILITY_SHARES: Final = (0.55, 0.28, 0.17)
#: Share of visits that a patient makes to the nearest facility.
HOME_SHARE: Final = 0.88

#: Gompertz law of mortality: hazard = exp(a + b · age); mode of the age at death about 87 years.
GOMPERTZ_B: Final = 0.1
GOMPERTZ_MODE: Final = 87.0
OLDEST: Final = 110.0

#: Mean number of long-term conditions at these ages, before the patient's own factor.
_COMORBIDITY_AGES: Final = (0, 20, 40, 60, 80, 100)
_COMORBIDITY_MEAN: Final = (0.03, 0.15, 0.5, 1.4, 2.8, 3.4)
MOST_COMORBIDITIES: Final = 12


@dataclass(frozen=True)
class Population:
    """Everyone who lives near the hospital at some time of the period; one entry per patient.

    `born_at` and `died_at` in years after the period's start (births mostly negative); `sex` and `home` are codes
    into `SEXES` and `FACILITIES`; `burden` (mean 1) multiplies the expected comorbidity, `phase` in [0, 1) rounds it.
    """

    born_at: NDArray[np.float64]
    died_at: NDArray[np.float64]
    sex: NDArray[np.int8]
    home: NDArray[np.int8]
    burden: NDArray[np.float64]
    phase: NDArray[np.float64]


def draw_population(n: int, *, years: float, rng: np.random.Generator) -> Population:
    """Draw `n` people of a stationary population: births at a constant rate, Gompertz lifetimes.

    Parameters
    ----------
    n : int
        People alive at some time between 0 and `years`.
    years : float
        Length of the period.
    rng : numpy.random.Generator

    Returns
    -------
    Population
        At every moment its age pyramid is proportional to the survival function.
    """
    born_at, died_at = np.empty(0), np.empty(0)
    while born_at.size < n:
        size = int(1.6 * (n - born_at.size)) + 64
        births = rng.uniform(-OLDEST, years, size)
        # Inverse of the Gompertz survival function, by its mode (Missov et al. 2015).
        scale = np.exp(-GOMPERTZ_B * GOMPERTZ_MODE)
        lifetimes = np.minimum(np.log1p(rng.exponential(size=size) / scale) / GOMPERTZ_B, OLDEST)
        lives = births + lifetimes > 0
        born_at = np.concatenate([born_at, births[lives]])
        died_at = np.concatenate([died_at, (births + lifetimes)[lives]])
    return Population(
        born_at=born_at[:n],
        died_at=died_at[:n],
        sex=rng.choice(len(SEXES), n, p=SEX_SHARES).astype(np.int8),
        home=rng.choice(len(FACILITIES), n, p=FACILITY_SHARES).astype(np.int8),
        burden=rng.gamma(2.0, 0.5, n),
        phase=rng.random(n),
    )


def choose_patients(
    population: Population, condition: Condition, at: NDArray[np.float64], *, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Choose who registers with `condition` at each moment of `at`.

    Parameters
    ----------
    population : Population
    condition : Condition
    at : ndarray
        Moments in years after the start, ascending.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int64
        Index of the patient for each moment. A patient's chance is proportional to the condition's rate at their age
        and sex, times a gamma frailty of their own (so that some return), times their burden if it is chronic.
    """
    n = population.born_at.size
    frailty = rng.gamma(condition.frailty_shape, 1 / condition.frailty_shape, n)
    frailty *= np.array([1, condition.male_ratio, 1, 1])[population.sex]
    if condition.is_chronic:
        frailty *= 0.2 + population.burden
    rate_at_age = np.interp(np.arange(int(OLDEST) + 2), KNOT_AGES, condition.ages)
    chosen = np.empty(at.size, dtype=np.int64)
    year = at.astype(np.int64)
    for this_year in range(int(year[-1]) + 1 if at.size else 0):
        first, past = np.searchsorted(year, [this_year, this_year + 1])
        if first == past:
            continue
        # Who lives at the middle of the year stands for the whole of it: weights change once a year.
        middle = (at[first] + at[past - 1]) / 2
        age = middle - population.born_at
        weight = frailty * rate_at_age[np.clip(age, 0, OLDEST).astype(np.int64)]
        weight[(age < 0) | (population.died_at < middle)] = 0
        ladder = np.cumsum(weight)
        if ladder[-1] <= 0:  # a hamlet where nobody of the right age lives: anyone alive, else anyone at all
            ladder = np.cumsum((age >= 0) & (population.died_at >= middle)).astype(np.float64)
            ladder = ladder if ladder[-1] > 0 else np.arange(1.0, n + 1)
        draws = rng.random(past - first) * ladder[-1]
        chosen[first:past] = np.minimum(np.searchsorted(ladder, draws, side="right"), n - 1)
    return chosen


def comorbidity_counts(
    population: Population, patient: NDArray[np.int64], age: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the number of long-term conditions of each visit's patient at that age; it never falls with age.

    Notes
    -----
    floor(burden · mean(age) + phase): its expectation given the burden is burden · mean(age).
    """
    mean = np.interp(age, _COMORBIDITY_AGES, _COMORBIDITY_MEAN)
    count = np.floor(population.burden[patient] * mean + population.phase[patient])
    return np.minimum(count, MOST_COMORBIDITIES).astype(np.int64)


def draw_facilities(
    population: Population, patient: NDArray[np.int64], *, rng: np.random.Generator
) -> NDArray[np.int8]:
    """Draw the facility (code into `FACILITIES`) of each visit: mostly the one nearest to the patient."""
    elsewhere = rng.integers(0, len(FACILITIES), patient.size).astype(np.int8)
    return np.where(rng.random(patient.size) < HOME_SHARE, population.home[patient], elsewhere)
