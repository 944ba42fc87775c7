"""A synthetic hospital from a seed: registrations as they would be validated, and the truth behind them.

Belongs here: putting the parts together into a frame. Does not belong here: the laws (conditions, counts, population,
clinical, risk, outcomes), and files (the command line writes them).
"""

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import InputError
from core.vocabulary import REGISTRATION_COLUMNS, RISK_CLASSES, VITAL_COLUMNS
from ml.synthetic.clinical import draw_acuity, draw_severity, draw_vitals
from ml.synthetic.columns import identifiers, texts, times, whole_numbers
from ml.synthetic.conditions import CONDITIONS, HOURS
from ml.synthetic.counts import DAYS_PER_YEAR, VISITS_PER_PATIENT_YEAR, DailyCounts, draw_counts
from ml.synthetic.outcomes import OUTCOMES, draw_endings, draw_outcome_delay
from ml.synthetic.population import (
    FACILITIES,
    HOME_SHARE,
    SEXES,
    Population,
    choose_patients,
    comorbidity_counts,
    draw_population,
)
from ml.synthetic.risk import Observed, severity_score

#: The last day of `generate_synthetic_data` and of the command line, where none is given: a constant, because the
#: same seed must give the same bytes on every day.
DEFAULT_END: Final = date(2026, 10, 31)
DEFAULT_SEED: Final = 20261124

#: Shares written down within minutes, within a day, and days late; the last two are what a nowcast must mend.
_DELAY_SHARES: Final = (0.94, 0.05, 0.01)


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
    streams = [np.random.Generator(np.random.PCG64(s)) for s in np.random.SeedSequence(seed).spawn(6)]
    count_rng, people_rng, time_rng, clinical_rng, outcome_rng, record_rng = streams
    total = VISITS_PER_PATIENT_YEAR * patients * years
    daily = draw_counts(CONDITIONS, total=total, first_day=first_day, n_days=n_days, rng=count_rng)
    population = draw_population(patients, years=years, rng=people_rng)
    condition, patient, second = _visits(daily, population, people_rng=people_rng, time_rng=time_rng)

    recorded_second = second + _record_delay(second.size, rng=record_rng)
    cutoff = n_days * 86_400
    known = np.flatnonzero(recorded_second < cutoff)
    rows = known[np.argsort(second[known], kind="stable")]
    condition, patient = condition[rows], patient[rows]
    second, recorded_second = second[rows], recorded_second[rows]

    start = np.datetime64(first_day, "s")
    at = start + second.astype("timedelta64[s]")
    age = np.maximum(np.floor(second / (86_400 * DAYS_PER_YEAR) - population.born_at[patient]), 0)
    comorbidity = comorbidity_counts(population, patient, age)
    is_chronic = np.array([c.is_chronic for c in CONDITIONS])[condition]
    comorbidity = np.maximum(comorbidity, is_chronic)
    severity = draw_severity(age, comorbidity, rng=clinical_rng)
    acuity = draw_acuity(CONDITIONS, condition, severity, rng=clinical_rng)
    vitals = draw_vitals(CONDITIONS, condition, age, severity, acuity, rng=clinical_rng)
    written = comorbidity.astype(np.float64)
    written[clinical_rng.random(written.size) < 0.01] = np.nan
    score = severity_score(Observed(condition, age, written, acuity, vitals))
    endings = draw_endings(patient, at, score, age, acuity, n_patients=patients, rng=outcome_rng)
    outcome_second = second + draw_outcome_delay(endings.outcome, rng=outcome_rng).astype(np.int64)
    is_open = outcome_second >= cutoff

    columns = {
        "registration_id": identifiers("R", np.arange(1, second.size + 1), 9),
        "patient_id": identifiers("P", endings.patient + 1, 8),
        "facility": texts(_facilities(population, patient, rng=people_rng), FACILITIES),
        "registered_at": times(start, second),
        "recorded_at": times(start, recorded_second),
        "age_years": age,
        "sex": texts(population.sex[patient], SEXES),
        "condition": texts(condition, [c.name for c in CONDITIONS]),
        "condition_code": texts(condition, [c.code for c in CONDITIONS]),
        "acuity": whole_numbers(acuity),
        "comorbidity_count": whole_numbers(written),
        **{vital: vitals[vital] for vital in VITAL_COLUMNS},
        "outcome": texts(endings.outcome, OUTCOMES, empty=is_open),
        "outcome_at": times(start, outcome_second, empty=is_open),
    }
    frame = pd.DataFrame({name: columns[name] for name in REGISTRATION_COLUMNS})
    truth = {
        "seed": seed,
        "patients": patients,
        "years": years,
        "first_date": first_day.isoformat(),
        "end_date": end.isoformat(),
        "registrations": len(frame),
        **_risk_truth(endings.probabilities),
        **_count_truth(daily),
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


def _visits(
    daily: DailyCounts, population: Population, *, people_rng: np.random.Generator, time_rng: np.random.Generator
) -> tuple[NDArray[np.int8], NDArray[np.int64], NDArray[np.int64]]:
    """Return condition code, patient index and second since the start of every visit, by condition, then day."""
    codes, patients, seconds = [], [], []
    for row, condition in enumerate(CONDITIONS):
        day = np.repeat(np.arange(daily.counts.shape[1]), daily.counts[row])
        ladder = np.cumsum(HOURS[condition.hours], dtype=np.float64)
        hour = np.searchsorted(ladder, time_rng.random(day.size) * ladder[-1], side="right")
        second = day * 86_400 + hour * 3600 + time_rng.integers(0, 3600, day.size)
        codes.append(np.full(day.size, row, dtype=np.int8))
        seconds.append(second)
        patients.append(choose_patients(population, condition, day / DAYS_PER_YEAR, rng=people_rng))
    return np.concatenate(codes), np.concatenate(patients), np.concatenate(seconds)


def _record_delay(n: int, *, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw the seconds from registration until the row became known."""
    kind = np.searchsorted(np.cumsum(_DELAY_SHARES)[:-1], rng.random(n), side="right")
    minutes = 2 + rng.exponential(np.array([9.0, 480.0, 4500.0])[kind])
    return (60 * np.minimum(minutes, 21 * 1440)).astype(np.int64)


def _facilities(population: Population, patient: NDArray[np.int64], *, rng: np.random.Generator) -> NDArray[np.int8]:
    elsewhere = rng.integers(0, len(FACILITIES), patient.size).astype(np.int8)
    return np.where(rng.random(patient.size) < HOME_SHARE, population.home[patient], elsewhere)


def _risk_truth(probabilities: NDArray[np.float64]) -> dict[str, Any]:
    if not len(probabilities):
        return {"bayes_accuracy": None, "class_shares": None}
    shares = probabilities.mean(axis=0).tolist()
    return {
        "bayes_accuracy": float(probabilities.max(axis=1).mean()),
        "class_shares": {str(level): share for level, share in zip(RISK_CLASSES, shares, strict=True)},
    }


def _count_truth(daily: DailyCounts) -> dict[str, Any]:
    n_days = daily.expected.shape[1]
    months = np.arange(n_days).astype("timedelta64[D]") + np.datetime64(daily.first_day)
    names, starts = np.unique(months.astype("datetime64[M]").astype(str), return_index=True)
    monthly = np.add.reduceat(daily.expected, starts, axis=1)
    outbreaks = [asdict(o) | {"start": o.start.isoformat(), "end": o.end.isoformat()} for o in daily.outbreaks]
    return {
        "outbreak_definition": "cases ~ Poisson(size x weekly_sd), spread from start by lognormal(0, 0.5) weeks; "
        "weekly_sd = sqrt(mean + cv^2 mean^2) of the undisturbed weekly count at the start",
        "outbreaks": outbreaks,
        "rate_per_month": {
            condition.name: dict(zip(names.tolist(), np.round(monthly[row], 4).tolist(), strict=True))
            for row, condition in enumerate(CONDITIONS)
        },
    }
