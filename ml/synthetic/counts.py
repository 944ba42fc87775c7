"""How many patients register with each condition on each day, and the outbreaks among them.

Belongs here: expected rates, overdispersion, injected outbreaks. Does not belong here: who the patients are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.synthetic.conditions import WEEKDAYS, Condition

#: Registrations per patient and year. An emergency department sees 0.4 to 0.45 visits per head and year in England
#: and the United States; 0.5 leaves room for the other clinics that register.
VISITS_PER_PATIENT_YEAR: Final = 0.5

#: Outbreak sizes, in weekly standard deviations (Noufaily et al. 2013, doi:10.1002/sim.5595).
OUTBREAK_SIZES: Final = (2, 3, 5, 10)
#: Outbreaks per condition that can break out and year, after the first year (which detectors learn from).
OUTBREAKS_PER_YEAR: Final = 0.5
#: Days between the starts of two outbreaks of one condition.
OUTBREAK_GAP_DAYS: Final = 70
#: The last outbreak begins this many days before the end: something is going on when the data stop.
ONGOING_DAYS: Final = 17

DAYS_PER_YEAR: Final = 365.25


@dataclass(frozen=True)
class Outbreak:
    """An injected outbreak.

    `cases` extra registrations, drawn as Poisson(`size` × `weekly_sd`), where `weekly_sd` is the standard deviation
    of the undisturbed weekly count at the start (square root of mean + cv² mean²). They are spread from `start` by
    lognormal(0, 0.5) weeks, so that about half fall into the first seven days.
    """

    condition: str
    start: date
    end: date
    size: int
    cases: int
    weekly_sd: float


@dataclass(frozen=True)
class DailyCounts:
    """Counts and their expectation, both conditions × days, day 0 being `first_day`."""

    first_day: date
    counts: NDArray[np.int64]
    expected: NDArray[np.float64]
    outbreaks: tuple[Outbreak, ...]


def expected_counts(
    conditions: Sequence[Condition], *, total: float, first_day: date, n_days: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the expected registrations per condition and day, outbreaks aside.

    Parameters
    ----------
    conditions : sequence of Condition
    total : float
        Expected registrations over all days and conditions.
    first_day : date
    n_days : int
    rng : numpy.random.Generator
        Draws how much each year differs from the usual (level, time of the peak).

    Returns
    -------
    ndarray, shape (conditions, n_days)

    Notes
    -----
    log rate = growth + year's level + amplitude · cos(2π (day − peak − year's shift) / 365.25), times the weekday
    factor; each condition is then scaled to `share · total`.
    """
    days = np.arange(n_days)
    day_of_year = (days + first_day.timetuple().tm_yday - 1) % DAYS_PER_YEAR
    weekday = (days + first_day.weekday()) % 7
    n_anchors = int(n_days / DAYS_PER_YEAR) + 3
    anchors = np.arange(n_anchors) * DAYS_PER_YEAR
    rates = np.empty((len(conditions), n_days))
    for row, condition in enumerate(conditions):
        level = np.interp(days, anchors, rng.normal(0, condition.season_spread, n_anchors))
        shift = np.interp(days, anchors, rng.normal(0, 40 * condition.season_spread, n_anchors))
        phase = 2 * np.pi * (day_of_year - condition.peak_day - shift) / DAYS_PER_YEAR
        growth = np.log1p(condition.growth) * days / DAYS_PER_YEAR
        rate = np.exp(growth + level + condition.amplitude * np.cos(phase))
        rate *= np.asarray(WEEKDAYS[condition.weekdays])[weekday]
        rates[row] = rate * (condition.share * total / rate.sum())
    return rates


def draw_counts(
    conditions: Sequence[Condition], *, total: float, first_day: date, n_days: int, rng: np.random.Generator
) -> DailyCounts:
    """Draw the daily counts: gamma noise per week on the expectation, Poisson per day, outbreaks on top.

    Parameters
    ----------
    conditions, total, first_day, n_days, rng
        As in `expected_counts`.

    Returns
    -------
    DailyCounts
        `expected` is without outbreaks and without the weekly noise.
    """
    expected = expected_counts(conditions, total=total, first_day=first_day, n_days=n_days, rng=rng)
    week = (np.arange(n_days) + first_day.weekday()) // 7
    n_weeks = int(week[-1]) + 1
    noise = np.stack([rng.gamma(1 / c.weekly_cv**2, c.weekly_cv**2, n_weeks) for c in conditions])
    counts = rng.poisson(expected * noise[:, week])
    outbreaks: list[Outbreak] = []
    for row, start, size in _plan_outbreaks(conditions, n_days=n_days, rng=rng):
        mean = float(expected[row, start : start + 7].sum()) * 7 / min(7, n_days - start)
        weekly_sd = float(np.sqrt(mean + (conditions[row].weekly_cv * mean) ** 2))
        offsets = (7 * rng.lognormal(0, 0.5, rng.poisson(size * weekly_sd))).astype(np.int64)
        days = start + offsets[start + offsets < n_days]
        if days.size == 0:
            continue
        np.add.at(counts[row], days, 1)
        outbreaks.append(
            Outbreak(
                condition=conditions[row].name,
                start=first_day + timedelta(days=int(days.min())),
                end=first_day + timedelta(days=int(days.max())),
                size=size,
                cases=int(days.size),
                weekly_sd=round(weekly_sd, 4),
            )
        )
    outbreaks.sort(key=lambda outbreak: (outbreak.start, outbreak.condition))
    return DailyCounts(first_day, counts, expected, tuple(outbreaks))


def _plan_outbreaks(
    conditions: Sequence[Condition], *, n_days: int, rng: np.random.Generator
) -> list[tuple[int, int, int]]:
    """Choose (condition row, first day, size): sizes in turn, apart from each other, one going on at the end."""
    rows = [row for row, condition in enumerate(conditions) if condition.can_break_out]
    quiet = int(DAYS_PER_YEAR)
    if not rows or n_days < quiet + OUTBREAK_GAP_DAYS:
        return []
    last = n_days - ONGOING_DAYS
    wanted = round(OUTBREAKS_PER_YEAR * len(rows) * (n_days - quiet) / DAYS_PER_YEAR)
    sizes = rng.permuted(np.resize(OUTBREAK_SIZES, max(wanted, len(OUTBREAK_SIZES))))
    plan = [(int(rng.choice(rows)), last, max(OUTBREAK_SIZES))]
    for size in sizes:
        free = [
            (row, day)
            for row, day in zip(rng.choice(rows, 20), rng.integers(quiet, last, 20), strict=True)
            if all(row != other or abs(day - begun) >= OUTBREAK_GAP_DAYS for other, begun, _ in plan)
        ]
        if free:
            plan.append((int(free[0][0]), int(free[0][1]), int(size)))
    return plan
