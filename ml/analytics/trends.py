"""Which conditions lead each week, which rise or fall, and the season of each.

Belongs here: `perform_patient_health_trends`. Does not belong here: forecasts and alarms (volume, surge).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.analytics.counting import PeriodCounts, monthly_counts, need, week_start, week_text, weekly_counts
from ml.analytics.intervals import poisson_ratio, wilson
from ml.small_cells import TREND_WEEKS

WEEKS_SHOWN: Final = 12
RANKS_SHOWN: Final = 5
MONTHS: Final = 12
#: Seasonality needs each calendar month at least twice: with one year, season and chance cannot be told apart.
LEAST_MONTHS: Final = 24


@dataclass(frozen=True)
class RankedCondition:
    """One of the leading conditions of a week; `previous_rank` is None if it had no registration the week before."""

    rank: int
    condition: str
    count: int | None
    share: float | None
    share_low: float | None
    share_high: float | None
    previous_rank: int | None


@dataclass(frozen=True)
class TrendWeek:
    week: str
    week_start_date: str
    total: int | None
    conditions: tuple[RankedCondition, ...]


@dataclass(frozen=True)
class Trending:
    """Registrations of the last weeks over those of as many weeks before; rising or falling if 1 is outside the 95 %
    interval. A bound is None where it is infinite."""

    condition: str
    recent_count: int | None
    previous_count: int | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    direction: str


@dataclass(frozen=True)
class Seasonality:
    """`monthly_index` January to December, mean 1; `strength` 0 (chance) to 1 (the season explains all)."""

    condition: str
    peak_month: int
    strength: float
    monthly_index: tuple[float, ...]


@dataclass(frozen=True)
class HealthTrends:
    """The period covers the weeks shown; the seasonality covers all complete months of the data."""

    period_start_date: str | None
    period_end_date: str | None
    weeks: tuple[TrendWeek, ...]
    trending: tuple[Trending, ...]
    seasonality: tuple[Seasonality, ...]


def perform_patient_health_trends(df: pd.DataFrame, *, as_of: datetime | date | None = None) -> HealthTrends:
    """Rank the conditions of each complete ISO week, say what rises and falls, and find each one's season.

    Parameters
    ----------
    df : DataFrame
        Validated registrations; `registered_at` and `condition` are read.
    as_of : datetime or date, optional
        Up to when the data are complete; see `ml.analytics.counting.span_of`.

    Returns
    -------
    HealthTrends
        The last 12 complete weeks with their five leading conditions (fewer where fewer occur; ties in the order of
        the alphabet), empty parts where the data are too short.

    Raises
    ------
    InputError
        If a column is missing or of the wrong type.
    """
    need(df, ("registered_at", "condition"))
    weekly = weekly_counts(df, as_of=as_of)
    weeks = _weeks(weekly)
    end = week_start(int(weekly.numbers[-1])) + timedelta(days=6) if weeks else None
    return HealthTrends(
        period_start_date=weeks[0].week_start_date if weeks else None,
        period_end_date=end.isoformat() if end else None,
        weeks=weeks,
        trending=_trending(weekly),
        seasonality=seasonality(monthly_counts(df, as_of=as_of)),
    )


def _weeks(weekly: PeriodCounts) -> tuple[TrendWeek, ...]:
    counts = weekly.counts
    totals = counts.sum(axis=0)
    # Labels are sorted, so a stable sort by falling count breaks ties by the alphabet.
    order = np.argsort(-counts, axis=0, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(1, len(weekly.labels) + 1)[:, None], axis=0)
    low, high = wilson(counts, totals)
    shown: list[TrendWeek] = []
    for column in range(max(0, counts.shape[1] - WEEKS_SHOWN), counts.shape[1]):
        leaders = [int(row) for row in order[:RANKS_SHOWN, column] if counts[row, column] > 0]
        number = int(weekly.numbers[column])
        shown.append(
            TrendWeek(
                week=week_text(number),
                week_start_date=week_start(number).isoformat(),
                total=int(totals[column]),
                conditions=tuple(
                    RankedCondition(
                        rank=int(rank[row, column]),
                        condition=weekly.labels[row],
                        count=int(counts[row, column]),
                        share=float(counts[row, column] / totals[column]),
                        share_low=float(low[row, column]),
                        share_high=float(high[row, column]),
                        previous_rank=int(rank[row, column - 1]) if column and counts[row, column - 1] else None,
                    )
                    for row in leaders
                ),
            )
        )
    return tuple(shown)


def _trending(weekly: PeriodCounts) -> tuple[Trending, ...]:
    span = min(TREND_WEEKS, weekly.counts.shape[1] // 2)
    if span == 0:
        return ()
    recent = weekly.counts[:, -span:].sum(axis=1)
    previous = weekly.counts[:, -2 * span : -span].sum(axis=1)
    low, high = poisson_ratio(recent, previous)
    direction = np.where(low > 1, "rising", np.where(high < 1, "falling", "steady"))
    found = [
        Trending(
            condition=label,
            recent_count=int(recent[row]),
            previous_count=int(previous[row]),
            ratio=float(recent[row] / previous[row]) if previous[row] else None,
            ratio_low=float(low[row]),
            ratio_high=float(high[row]) if np.isfinite(high[row]) else None,
            direction=str(direction[row]),
        )
        for row, label in enumerate(weekly.labels)
        if recent[row] + previous[row] > 0
    ]
    rise = {"rising": 0, "falling": 1, "steady": 2}
    return tuple(sorted(found, key=lambda row: (rise[row.direction], -_distance(row), row.condition)))


def _distance(row: Trending) -> float:
    """How far the ratio is from 1, on the log scale; a start from nothing counts as far."""
    recent, previous = row.recent_count or 0, row.previous_count or 0
    return abs(float(np.log((recent + 0.5) / (previous + 0.5))))


def seasonality(monthly: PeriodCounts) -> tuple[Seasonality, ...]:
    """Return the season of each condition over the last whole years; nothing with fewer than 24 complete months.

    Notes
    -----
    Registrations per day are divided by their linear trend; the index of a calendar month is its mean over the years,
    scaled to mean 1. Strength is 1 - var(remainder) / var(detrended), floored at 0 (Hyndman and Athanasopoulos,
    Forecasting: Principles and Practice, 4.3), with both variances by their degrees of freedom, so that a condition
    without a season has a strength near 0 and not near 1 / years.
    """
    years = monthly.counts.shape[1] // MONTHS
    if years * MONTHS < LEAST_MONTHS:
        return ()
    numbers = monthly.numbers[-years * MONTHS :]
    starts = np.append(numbers, numbers[-1] + 1).astype("datetime64[M]").astype("datetime64[D]")
    rate = monthly.counts[:, -years * MONTHS :] / np.diff(starts).astype(np.float64)
    labels = [row for row in range(len(monthly.labels)) if rate[row].sum() > 0]
    if not labels:
        return ()
    detrended = rate[labels] / _trend(rate[labels])
    january_first = np.roll(detrended.reshape(len(labels), years, MONTHS), int(numbers[0]) % MONTHS, axis=2)
    index = january_first.mean(axis=1)
    remainder = january_first - index[:, None, :]
    n = years * MONTHS
    noise = (remainder**2).sum(axis=(1, 2)) / (n - MONTHS)
    spread = detrended.var(axis=1, ddof=1)
    strength = np.clip(1 - noise / np.where(spread > 0, spread, 1), 0, 1) * (spread > 0)
    index /= index.mean(axis=1, keepdims=True)
    return tuple(
        Seasonality(
            condition=monthly.labels[label],
            peak_month=int(index[row].argmax()) + 1,
            strength=float(strength[row]),
            monthly_index=tuple(float(value) for value in index[row]),
        )
        for row, label in enumerate(labels)
    )


def _trend(rate: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the least-squares line of each row, kept above a tenth of the row's mean."""
    time = np.arange(rate.shape[1]) - (rate.shape[1] - 1) / 2
    mean = rate.mean(axis=1, keepdims=True)
    slope = (rate * time).sum(axis=1, keepdims=True) / (time**2).sum()
    return np.maximum(mean + slope * time, 0.1 * mean)
