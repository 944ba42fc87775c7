"""Which conditions run above what their past explains: the last complete week against its expectation, ranked.

Belongs here: `predict_illness_surge`. Does not belong here: detectors (ml.surveillance) and models (ml.forecasting).
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import numpy as np
import pandas as pd

from core.errors import InputError
from core.vocabulary import SurgeLevel
from ml.analytics.counting import (
    PeriodCounts,
    monthly_counts,
    monthly_series,
    need,
    week_start,
    week_text,
    weekly_counts,
)
from ml.analytics.volume import ForecastMonth, forecast_months, forecast_or_refusal
from ml.surveillance import DEFAULT_ALPHA, detect

WEEKS_SHOWN: Final = 26
HORIZON_MONTHS: Final = 3
_ORDER: Final = tuple(str(level) for level in reversed(SurgeLevel))


@dataclass(frozen=True)
class SurgeWeek:
    """One week; `level` and the expectation are None where the past was too short to judge it."""

    week: str
    week_start_date: str
    count: int | None
    expected: float | None
    upper: float | None
    level: str | None


@dataclass(frozen=True)
class ConditionSurge:
    """The last complete week of one condition.

    `p_exceed` is the probability of a count as high or higher if nothing is going on, `excess` how many registrations
    there are above the expected ones (0 if there are fewer).
    """

    condition: str
    level: str | None
    p_exceed: float | None
    observed: int | None
    expected: float | None
    upper: float | None
    excess: float | None
    week: str
    week_start_date: str
    weeks: tuple[SurgeWeek, ...]
    forecast: tuple[ForecastMonth, ...]


@dataclass(frozen=True)
class IllnessSurge:
    """Most alarming first: by level, then by `p_exceed`; what could not be judged is last."""

    as_of_week: str | None
    conditions: tuple[ConditionSurge, ...]


def predict_illness_surge(
    df: pd.DataFrame,
    *,
    alpha: float = DEFAULT_ALPHA,
    horizon: int = HORIZON_MONTHS,
    model: str = "auto",
    as_of: datetime | date | None = None,
) -> IllnessSurge:
    """Judge the last complete week of each condition from its own past, and forecast its next months.

    Parameters
    ----------
    df : DataFrame
        Validated registrations; `registered_at` and `condition` are read.
    alpha : float
        Level of the alarm, see `ml.surveillance.detect`.
    horizon : int
        Months ahead, 1 or more.
    model : str
        As in `ml.forecasting.forecast_series`.
    as_of : datetime or date, optional
        Up to when the data are complete; the incomplete last week is left out.

    Returns
    -------
    IllnessSurge
        Empty where no week is complete. A week without any registration at all is a missing report, not a zero.

    Raises
    ------
    InputError
        If a column is missing or a parameter out of range.
    """
    need(df, ("registered_at", "condition"))
    if horizon < 1:
        raise InputError(f"horizon is {horizon}; 1 or more months are allowed", code="invalid_horizon")
    weekly = weekly_counts(df, as_of=as_of)
    if weekly.counts.size == 0:
        return IllnessSurge(None, ())
    judged = _judge(weekly, alpha=alpha)
    monthly = monthly_counts(df, as_of=as_of)
    names = [week_text(int(number)) for number in weekly.numbers]
    starts = [week_start(int(number)).isoformat() for number in weekly.numbers]
    conditions: list[ConditionSurge] = []
    for row, condition in enumerate(weekly.labels):
        weeks = tuple(
            SurgeWeek(names[at], starts[at], *_seen(judged, row, at))
            for at in range(max(0, len(names) - WEEKS_SHOWN), len(names))
        )
        last = weeks[-1]
        p_exceed = _known(judged["p_exceed"][row, -1])
        excess = max(0.0, last.count - last.expected) if last.count is not None and last.expected is not None else None
        forecast = _forecast(monthly, row, horizon=horizon, model=model)
        conditions.append(
            ConditionSurge(
                condition,
                last.level,
                p_exceed,
                last.count,
                last.expected,
                last.upper,
                excess,
                last.week,
                last.week_start_date,
                weeks,
                forecast,
            )
        )
    conditions.sort(key=_alarm)
    return IllnessSurge(names[-1], tuple(conditions))


def _judge(weekly: PeriodCounts, *, alpha: float) -> dict[str, np.ndarray]:
    """Return the detector's columns, each as conditions × weeks."""
    n_conditions, n_weeks = weekly.counts.shape
    counts = weekly.counts.astype(np.float64)
    counts[:, weekly.counts.sum(axis=0) == 0] = np.nan
    frame = pd.DataFrame(
        {
            "series_id": np.repeat(np.arange(n_conditions), n_weeks),
            "week": np.tile([week_text(int(number)) for number in weekly.numbers], n_conditions),
            "count": counts.ravel(),
        }
    )
    judged = detect(frame, alpha=alpha)
    columns = ("count", "expected", "upper", "p_exceed", "level")
    return {name: judged[name].to_numpy().reshape(n_conditions, n_weeks) for name in columns}


def _seen(
    judged: dict[str, np.ndarray], row: int, at: int
) -> tuple[int | None, float | None, float | None, str | None]:
    count, expected = _known(judged["count"][row, at]), _known(judged["expected"][row, at])
    level = str(judged["level"][row, at]) if expected is not None else None
    return (None if count is None else int(count)), expected, _known(judged["upper"][row, at]), level


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _forecast(monthly: PeriodCounts, row: int, *, horizon: int, model: str) -> tuple[ForecastMonth, ...]:
    counts = monthly.counts[row]
    if counts.size == 0:
        return ()
    series = monthly_series(counts, monthly.first)
    return forecast_months(forecast_or_refusal(series, horizon=horizon, model=model, series_id=monthly.labels[row]))


def _alarm(row: ConditionSurge) -> tuple[int, float, str]:
    level = _ORDER.index(row.level) if row.level in _ORDER else len(_ORDER)
    return level, row.p_exceed if row.p_exceed is not None else 1.0, row.condition
