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
from ml.analytics.ahead import ForecastMonth, expected_months, forecast_months
from ml.analytics.counting import PeriodCounts, monthly_counts, need, week_start, week_text, weekly_counts
from ml.surveillance import DEFAULT_ALPHA, detect_together, newest_weeks, with_completion
from ml.surveillance.reporting import no_delays

WEEKS_SHOWN: Final = 26
HORIZON_MONTHS: Final = 3
#: What is told of the last week beside what every week shows.
_LAST: Final = ("p_exceed", "complete_share", "estimate", "estimate_low", "estimate_high")
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

    `p_exceed` is the probability of a count as high or higher if nothing is going on, weighed by how often this
    condition surged before (`ml.surveillance.detect_together`). `observed` is what was reported by now, usually
    `complete_share` of what the week comes to; `estimate` with its 80 % interval is that, and `excess` how far it is
    above the expected registrations (0 if below).
    """

    condition: str
    level: str | None
    p_exceed: float | None
    observed: int | None
    complete_share: float | None
    estimate: float | None
    estimate_low: float | None
    estimate_high: float | None
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
    delays: pd.DataFrame | None = None,
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
    delays : DataFrame, optional
        How late registrations become known, as for `ml.surveillance.newest_weeks`; without it no week is still open.

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
    judged = _judge(weekly, alpha=alpha, delays=delays)
    monthly = monthly_counts(df, as_of=as_of)
    ahead = {}
    if monthly.counts.shape[1] > 0:
        ahead = expected_months(monthly, wanted=monthly.labels, horizon=horizon, model=model)
    names = [week_text(int(number)) for number in weekly.numbers]
    starts = [week_start(int(number)).isoformat() for number in weekly.numbers]
    conditions: list[ConditionSurge] = []
    for row, condition in enumerate(weekly.labels):
        weeks = tuple(
            SurgeWeek(names[at], starts[at], *_seen(judged, row, at))
            for at in range(max(0, len(names) - WEEKS_SHOWN), len(names))
        )
        forecast = forecast_months(ahead[condition]) if condition in ahead else ()
        conditions.append(
            _condition(condition, weeks, {name: _known(judged[name][row, -1]) for name in _LAST}, forecast)
        )
    conditions.sort(key=_alarm)
    return IllnessSurge(names[-1], tuple(conditions))


def _condition(
    condition: str,
    weeks: tuple[SurgeWeek, ...],
    known: dict[str, float | None],
    forecast: tuple[ForecastMonth, ...],
) -> ConditionSurge:
    last, estimate = weeks[-1], known["estimate"]
    excess = max(0.0, estimate - last.expected) if estimate is not None and last.expected is not None else None
    return ConditionSurge(
        condition=condition,
        level=last.level,
        p_exceed=known["p_exceed"],
        observed=last.count,
        complete_share=known["complete_share"],
        estimate=estimate,
        estimate_low=known["estimate_low"],
        estimate_high=known["estimate_high"],
        expected=last.expected,
        upper=last.upper,
        excess=excess,
        week=last.week,
        week_start_date=last.week_start_date,
        weeks=weeks,
        forecast=forecast,
    )


def _judge(weekly: PeriodCounts, *, alpha: float, delays: pd.DataFrame | None) -> dict[str, np.ndarray]:
    """Return the detector's columns, each as conditions × weeks."""
    n_conditions, n_weeks = weekly.counts.shape
    counts = weekly.counts.astype(np.float64)
    counts[:, weekly.counts.sum(axis=0) == 0] = np.nan
    frame = pd.DataFrame(
        {
            "series_id": np.repeat(np.array(weekly.labels, dtype=object), n_weeks),
            "week": np.tile([week_text(int(number)) for number in weekly.numbers], n_conditions),
            "count": counts.ravel(),
        }
    )
    known = with_completion(frame, no_delays() if delays is None else newest_weeks(delays))
    judged = detect_together(known, alpha=alpha)
    columns = ("count", "expected", "upper", "level", *_LAST)
    return {name: judged[name].to_numpy().reshape(n_conditions, n_weeks) for name in columns}


def _seen(
    judged: dict[str, np.ndarray], row: int, at: int
) -> tuple[int | None, float | None, float | None, str | None]:
    count, expected = _known(judged["count"][row, at]), _known(judged["expected"][row, at])
    level = str(judged["level"][row, at]) if expected is not None else None
    return (None if count is None else int(count)), expected, _known(judged["upper"][row, at]), level


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _alarm(row: ConditionSurge) -> tuple[int, float, str]:
    level = _ORDER.index(row.level) if row.level in _ORDER else len(_ORDER)
    return level, row.p_exceed if row.p_exceed is not None else 1.0, row.condition
