"""From expected visits to people on shift and beds, without any heavy import.

Belongs here: the arithmetic of the translation, the ratios to start from, their limits. Does not belong here: the
hospital's own table (`app_api.staffing`), forecasts, rosters of named people.
"""

import calendar
import math
from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import InputError


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


def need_of(period: str, *, mean: float, hi80: float, ratios: Mapping[str, StaffRatio], beds: BedRule) -> Need:
    """Translate the visits of one period ("2026-11", "2026-W48" or "2026-11-24") into people per shift and beds.

    Raises
    ------
    InputError
        `invalid_ratio`; see `check`.

    Notes
    -----
    people = max(minimum, ⌈visits per day / shifts per day / visits per shift⌉); beds by Little's law (Little 1961):
    ⌈visits per day × admitted share × stay in days / occupancy⌉.
    """
    check(ratios, beds)
    daily, daily_hi = mean / days_in(period), hi80 / days_in(period)
    return Need(
        period=period,
        staff={role: _people(daily, ratio) for role, ratio in ratios.items()},
        staff_hi80={role: _people(daily_hi, ratio) for role, ratio in ratios.items()},
        beds=_beds(daily, beds),
        beds_hi80=_beds(daily_hi, beds),
    )


def days_in(period: str) -> int:
    """Return the days of a period as the house writes it."""
    if "W" in period:
        return 7
    parts = period.split("-")
    return calendar.monthrange(int(parts[0]), int(parts[1]))[1] if len(parts) == 2 else 1


def check(ratios: Mapping[str, StaffRatio], beds: BedRule) -> None:
    """Raise InputError (`invalid_ratio`) for a table that no roster can be made from."""
    for role, ratio in ratios.items():
        if not (0 < ratio.visits_per_shift < math.inf and 0 < ratio.shifts_per_day < math.inf and ratio.minimum >= 0):
            raise InputError(
                f"ratio of {role}: {ratio}; visits and shifts above 0, a minimum of 0 or more are allowed",
                code="invalid_ratio",
            )
    if not (0 <= beds.admitted_share <= 1 and 0 <= beds.stay_days < math.inf and 0 < beds.occupancy <= 1):
        raise InputError(
            f"bed rule {beds}; a share of 0 to 1, stays of 0 days or more, an occupancy above 0 up to 1 are allowed",
            code="invalid_ratio",
        )


def _people(daily: float, ratio: StaffRatio) -> int:
    return max(ratio.minimum, math.ceil(daily / ratio.shifts_per_day / ratio.visits_per_shift - 1e-9))


def _beds(daily: float, rule: BedRule) -> int:
    return math.ceil(daily * rule.admitted_share * rule.stay_days / rule.occupancy - 1e-9)
