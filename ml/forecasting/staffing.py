"""From expected visits to people on shift and beds, by a table of ratios that the hospital edits.

Belongs here: the arithmetic of the translation. Does not belong here: the hospital's own table (settings or database),
or rosters of named people.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from core.errors import InputError
from ml.forecasting.results import Forecast, ForecastStep


@dataclass(frozen=True)
class StaffRatio:
    """One line of the ratio table.

    Parameters
    ----------
    visits_per_shift : float
        Visits that one person of this role can care for in one shift.
    shifts_per_day : float
        Shifts a day; 3 of eight hours, 2 of twelve.
    minimum : int
        People on each shift, however quiet.
    """

    visits_per_shift: float
    shifts_per_day: float = 3.0
    minimum: int = 1


@dataclass(frozen=True)
class BedRule:
    """How visits become occupied beds: share admitted × mean stay, filled to `occupancy` at most."""

    admitted_share: float = 0.2
    stay_days: float = 4.5
    occupancy: float = 0.85


#: A place to start from, meant to be edited; no clinical standard.
DEFAULT_RATIOS: dict[str, StaffRatio] = {
    "nurse": StaffRatio(visits_per_shift=12.0, minimum=2),
    "doctor": StaffRatio(visits_per_shift=18.0, minimum=1),
    "registrar": StaffRatio(visits_per_shift=40.0, minimum=1),
}


@dataclass(frozen=True)
class Need:
    """People and beds for one period: for the expected count, and for the upper 80 % bound.

    Parameters
    ----------
    period : str
    staff, staff_hi80 : dict of str to int
        People per shift, by role.
    beds, beds_hi80 : int
    """

    period: str
    staff: dict[str, int]
    staff_hi80: dict[str, int]
    beds: int
    beds_hi80: int


def needs_of(
    forecast: Forecast, *, ratios: Mapping[str, StaffRatio] = DEFAULT_RATIOS, beds: BedRule | None = None
) -> tuple[Need, ...]:
    """Translate a forecast of visits into people per shift and beds.

    Parameters
    ----------
    forecast : Forecast
        Visits per month, week or day.
    ratios : mapping of str to StaffRatio
        The editable table.
    beds : BedRule, optional

    Raises
    ------
    InputError
        `invalid_ratio`: a ratio, share or occupancy that is not above zero (shares and occupancy: at most 1).

    Notes
    -----
    people = max(minimum, ⌈visits per day / shifts per day / visits per shift⌉); beds by Little's law (Little 1961):
    ⌈visits per day × admitted share × stay in days / occupancy⌉.
    """
    rule = beds or BedRule()
    _check(ratios, rule)
    return tuple(_need(step, _days(step.period, forecast.freq), ratios, rule) for step in forecast.steps)


def _need(step: ForecastStep, days: int, ratios: Mapping[str, StaffRatio], rule: BedRule) -> Need:
    daily, daily_hi = step.mean / days, step.hi80 / days
    return Need(
        period=step.period,
        staff={role: _people(daily, ratio) for role, ratio in ratios.items()},
        staff_hi80={role: _people(daily_hi, ratio) for role, ratio in ratios.items()},
        beds=_beds(daily, rule),
        beds_hi80=_beds(daily_hi, rule),
    )


def _people(daily: float, ratio: StaffRatio) -> int:
    return max(ratio.minimum, math.ceil(daily / ratio.shifts_per_day / ratio.visits_per_shift - 1e-9))


def _beds(daily: float, rule: BedRule) -> int:
    return math.ceil(daily * rule.admitted_share * rule.stay_days / rule.occupancy - 1e-9)


def _days(period: str, freq: str) -> int:
    """Days in a period as `results.period_text` writes it."""
    return {"M": lambda: pd.Period(period, freq="M").days_in_month, "W": lambda: 7, "D": lambda: 1}[freq]()


def _check(ratios: Mapping[str, StaffRatio], rule: BedRule) -> None:
    for role, ratio in ratios.items():
        if ratio.visits_per_shift <= 0 or ratio.shifts_per_day <= 0 or ratio.minimum < 0:
            raise InputError(f"ratio of {role}: {ratio}; above zero is allowed", code="invalid_ratio")
    if not (0 <= rule.admitted_share <= 1 and rule.stay_days >= 0 and 0 < rule.occupancy <= 1):
        raise InputError(f"bed rule {rule}; shares between 0 and 1 are allowed", code="invalid_ratio")
