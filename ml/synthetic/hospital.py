"""A synthetic hospital from a seed: registrations as they would be validated, and the truth behind them.

Belongs here: putting the parts together into a frame. Does not belong here: the laws (conditions, counts, population,
clinical, risk, outcomes), and files (the command line writes them).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import InputError
from core.vocabulary import REGISTRATION_COLUMNS
from ml.synthetic.clinical import draw_acuity, draw_severity, draw_vitals
from ml.synthetic.columns import identifiers, texts, times, whole_numbers
from ml.synthetic.conditions import CONDITIONS, HOURS
from ml.synthetic.counts import DAYS_PER_YEAR, VISITS_PER_PATIENT_YEAR, DailyCounts, draw_counts
from ml.synthetic.outcomes import OUTCOMES, draw_endings, draw_outcome_delay
from ml.synthetic.population import (
    FACILITIES,
    SEXES,
    Population,
    choose_patients,
    comorbidity_counts,
    draw_facilities,
    draw_population,
)
from ml.synthetic.risk import Observed, severity_score
from ml.synthetic.truth import count_truth, risk_truth

#: The last day of `generate_synthetic_data` and of the command line, where none is given: a constant, because the
#: same seed must give the same bytes on every day.
DEFAULT_END: Final = date(2026, 10, 31)
DEFAULT_SEED: Final = 20261124

#: Shares written down within minutes, within a day, and days late; the last two are what a nowcast must mend.
_DELAY_SHARES: Final = (0.94, 0.05, 0.01)
_DELAY_MINUTES: Final = (9.0, 480.0, 4500.0)
_LONGEST_DELAY_MINUTES: Final = 21 * 1440
_COMORBIDITY_MISSING: Final = 0.01


@dataclass(frozen=True)
class Hospital:
    """Registrations (columns of the contract, typed, sorted by time) and what nobody at the hospital could know."""

    registrations: pd.DataFrame
    truth: dict[str, Any]


def generate_hospital(*, patients: int, years: float, seed: int, end: date) -> Hospital:
    """Generate a hospital: the same arguments give the same hospital.

    Parameters
    ----------
    patients : int
        People who live near the hospital at some time of the period.
    years : float
        Length of the period, up to and with the day `end`; at most 50.
    seed : int
        Seed of the PCG64 generator, 0 or more.
    end : date
        Last day. What becomes known later is not in the data: late records are left out, late outcomes are empty.

    Returns
    -------
    Hospital
        About 0.5 · patients · years registrations (Poisson-like, plus outbreaks). `truth` holds `outbreaks`,
        `bayes_accuracy` (see `ml.synthetic.risk`), `class_shares`, `rate_per_month` (expected registrations per
        condition and month, outbreaks and weekly noise aside), `seed` and the other arguments.

    Raises
    ------
    InputError
        If an argument is out of range.

    Examples
    --------
    >>> hospital = generate_hospital(patients=400, years=2, seed=1, end=date(2026, 10, 31))
    >>> hospital.registrations["condition"].nunique()
    16
    """
    _check(patients, years, seed)
    n_days = max(1, round(years * DAYS_PER_YEAR))
    first_day = end - timedelta(days=n_days - 1)
    streams = [np.random.Generator(np.random.PCG64(s)) for s in np.random.SeedSequence(seed).spawn(5)]
    count_rng, people_rng, time_rng, clinical_rng, outcome_rng = streams
    total = VISITS_PER_PATIENT_YEAR * patients * years
    daily = draw_counts(CONDITIONS, total=total, first_day=first_day, n_days=n_days, rng=count_rng)
    population = draw_population(patients, years=years, rng=people_rng)
    visits = _draw_visits(daily, population, people_rng=people_rng, time_rng=time_rng)
    seen = _examine(visits, population, rng=clinical_rng)
    endings = draw_endings(
        visits.patient,
        visits.second.astype("datetime64[s]"),
        severity_score(seen),
        seen.age,
        seen.acuity,
        n_patients=patients,
        rng=outcome_rng,
    )
    outcome_second = visits.second + draw_outcome_delay(endings.outcome, rng=outcome_rng)
    is_open = outcome_second >= n_days * 86_400
    columns = {
        "registration_id": identifiers("R", np.arange(1, visits.second.size + 1), 9),
        "patient_id": identifiers("P", endings.patient + 1, 8),
        "facility": texts(draw_facilities(population, visits.patient, rng=people_rng), FACILITIES),
        "registered_at": times(first_day, visits.second),
        "recorded_at": times(first_day, visits.recorded_second),
        "age_years": seen.age,
        "sex": texts(population.sex[visits.patient], SEXES),
        "condition": texts(visits.condition, [c.name for c in CONDITIONS]),
        "condition_code": texts(visits.condition, [c.code for c in CONDITIONS]),
        "acuity": whole_numbers(seen.acuity),
        "comorbidity_count": whole_numbers(seen.comorbidity),
        **seen.vitals,
        "outcome": texts(endings.outcome, OUTCOMES, empty=is_open),
        "outcome_at": times(first_day, outcome_second, empty=is_open),
    }
    frame = pd.DataFrame({name: columns[name] for name in REGISTRATION_COLUMNS})
    truth = {
        "seed": seed,
        "patients": patients,
        "years": years,
        "first_date": first_day.isoformat(),
        "end_date": end.isoformat(),
        "registrations": len(frame),
        **risk_truth(endings.probabilities),
        **count_truth(CONDITIONS, daily),
    }
    return Hospital(frame, truth)


def generate_synthetic_data(
    num_samples: int = 100, *, seed: int = DEFAULT_SEED, end: date = DEFAULT_END
) -> pd.DataFrame:
    """Generate exactly `num_samples` registrations: the first ones of a three-year hospital.

    Parameters
    ----------
    num_samples : int
        Rows wanted, 1 or more.
    seed : int
    end : date
        Last day of the hospital that the rows are taken from.

    Returns
    -------
    DataFrame
        Columns of `core.vocabulary.REGISTRATION_COLUMNS`, sorted by time; each patient's history is whole.

    Raises
    ------
    InputError
        If `num_samples` is below 1.

    Examples
    --------
    >>> generate_synthetic_data(5).shape
    (5, 19)
    """
    if num_samples < 1:
        raise InputError(f"num_samples is {num_samples}; at least 1 is needed")
    years = 3.0
    patients = 40 + int(1.1 * num_samples / (VISITS_PER_PATIENT_YEAR * years))
    frame = generate_hospital(patients=patients, years=years, seed=seed, end=end).registrations
    while len(frame) < num_samples:  # years differ; a tenth more people each time is soon enough
        patients += 10 + patients // 10
        frame = generate_hospital(patients=patients, years=years, seed=seed, end=end).registrations
    return frame.iloc[:num_samples].reset_index(drop=True)


def _check(patients: int, years: float, seed: int) -> None:
    if patients < 1:
        raise InputError(f"patients is {patients}; at least 1 is needed")
    if not 0 < years <= 50:
        raise InputError(f"years is {years}; more than 0 and at most 50 is allowed")
    if seed < 0:
        raise InputError(f"seed is {seed}; 0 or more is allowed")


@dataclass(frozen=True)
class _Visits:
    """One entry per visit, in time order; seconds count from the start of the first day."""

    condition: NDArray[np.int8]
    patient: NDArray[np.int64]
    second: NDArray[np.int64]
    recorded_second: NDArray[np.int64]


def _draw_visits(
    daily: DailyCounts, population: Population, *, people_rng: np.random.Generator, time_rng: np.random.Generator
) -> _Visits:
    """Draw who comes at which second, and when it is written down; drop what is written down after the last day."""
    patients: list[NDArray[np.int64]] = []
    seconds: list[NDArray[np.int64]] = []
    n_days = daily.counts.shape[1]
    for row, condition in enumerate(CONDITIONS):
        day = np.repeat(np.arange(n_days), daily.counts[row])
        ladder = np.cumsum(HOURS[condition.hours], dtype=np.float64)
        hour = np.searchsorted(ladder, time_rng.random(day.size) * ladder[-1], side="right")
        seconds.append(day * 86_400 + hour * 3600 + time_rng.integers(0, 3600, day.size))
        patients.append(choose_patients(population, condition, day / DAYS_PER_YEAR, rng=people_rng))
    condition = np.repeat(np.arange(len(CONDITIONS), dtype=np.int8), daily.counts.sum(axis=1))
    second = np.concatenate(seconds)
    kind = np.searchsorted(np.cumsum(_DELAY_SHARES)[:-1], time_rng.random(second.size), side="right")
    minutes = 2 + time_rng.exponential(np.array(_DELAY_MINUTES)[kind])
    recorded_second = second + (60 * np.minimum(minutes, _LONGEST_DELAY_MINUTES)).astype(np.int64)
    known = np.flatnonzero(recorded_second < n_days * 86_400)
    rows = known[np.argsort(second[known], kind="stable")]
    return _Visits(condition[rows], np.concatenate(patients)[rows], second[rows], recorded_second[rows])


def _examine(visits: _Visits, population: Population, *, rng: np.random.Generator) -> Observed:
    """Draw what is found and written down at triage; the severity behind it stays in here."""
    age = np.floor(visits.second / (86_400 * DAYS_PER_YEAR) - population.born_at[visits.patient])
    age = np.maximum(age, 0)
    comorbidity = comorbidity_counts(population, visits.patient, age)
    comorbidity = np.maximum(comorbidity, np.array([c.is_chronic for c in CONDITIONS])[visits.condition])
    severity = draw_severity(age, comorbidity, rng=rng)
    acuity = draw_acuity(CONDITIONS, visits.condition, severity, rng=rng)
    vitals = draw_vitals(CONDITIONS, visits.condition, age, severity, acuity, rng=rng)
    is_unasked = rng.random(age.size) < _COMORBIDITY_MISSING
    written = np.where(is_unasked, np.nan, comorbidity)
    return Observed(visits.condition, age, written, acuity, vitals)
