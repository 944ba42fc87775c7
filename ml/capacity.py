"""What-if of capacity: from expected registrations a day to beds and nurses.

Belongs here: the arithmetic, on plain numbers (a web worker imports it). Does not belong here: forecasts
(`ml.forecasting`), the hospital's own figures, rosters of named people.
"""

import math
from dataclasses import dataclass

from core.errors import InputError


@dataclass(frozen=True)
class CapacityRule:
    """What is assumed; a place to start from, meant to be changed, no clinical standard.

    Parameters
    ----------
    beds : int
        Beds that can be filled.
    stay_days : float
        Mean stay of an admitted patient.
    admitted_share : float
        Share of registrations that are admitted.
    visits_per_nurse_shift, shifts_per_day : float
        Registrations that one nurse can care for in a shift; shifts a day.
    assurance : float
        Share of days on which the beds are to suffice.
    """

    beds: int = 60
    stay_days: float = 4.5
    admitted_share: float = 0.2
    visits_per_nurse_shift: float = 12.0
    shifts_per_day: float = 3.0
    assurance: float = 0.95


@dataclass(frozen=True)
class CapacityNeed:
    """What a number of registrations a day asks for.

    Parameters
    ----------
    beds_mean : float
        Beds in use on the mean day.
    beds_needed : int
        Fewest beds that suffice on `assurance` of days.
    occupancy : float
        Beds in use over beds that there are; above 1, patients wait.
    full_share : float
        Share of days on which more beds are asked for than there are.
    nurses_per_shift : int
    """

    beds_mean: float
    beds_needed: int
    occupancy: float
    full_share: float
    nurses_per_shift: int


def capacity_need(registrations_per_day: float, rule: CapacityRule) -> CapacityNeed:
    """Return what a rate of registrations asks for.

    Parameters
    ----------
    registrations_per_day : float
        Zero or more.
    rule : CapacityRule

    Raises
    ------
    InputError
        `invalid_capacity`: naming the figure and what is allowed.

    Notes
    -----
    Little's law (Little 1961): beds in use = admissions a day × stay in days. With Poisson arrivals and any
    distribution of stays, the number in use is Poisson with that mean (M/G/∞); the beds that suffice are its quantile.

    Examples
    --------
    >>> need = capacity_need(50, CapacityRule(beds=60, stay_days=4, admitted_share=0.2))
    >>> need.beds_mean, need.beds_needed, need.nurses_per_shift
    (40.0, 51, 2)
    """
    _check(registrations_per_day, rule)
    mean = registrations_per_day * rule.admitted_share * rule.stay_days
    return CapacityNeed(
        beds_mean=mean,
        beds_needed=_quantile(mean, rule.assurance),
        occupancy=mean / rule.beds,
        full_share=1 - _below_or_at(mean, rule.beds),
        nurses_per_shift=math.ceil(registrations_per_day / rule.shifts_per_day / rule.visits_per_nurse_shift - 1e-9),
    )


def poisson_interval(mean: float, share: float) -> tuple[int, int]:
    """Return the counts between which a Poisson variable lies with at least probability `share`.

    Parameters
    ----------
    mean : float
        Zero or more.
    share : float
        Between 0 and 1; each tail holds at most half of the rest.

    Examples
    --------
    >>> poisson_interval(0.8, 0.8), poisson_interval(20, 0.8)
    ((0, 2), (14, 26))
    """
    tail = (1 - share) / 2
    return _quantile(mean, tail), _quantile(mean, 1 - tail)


def _quantile(mean: float, share: float) -> int:
    """Return the smallest count that a Poisson variable stays at or below with probability `share`."""
    total = 0.0
    for count in _likely(mean):
        total += _probability(mean, count)
        if total >= share:
            return count
    return _likely(mean)[-1]


def _below_or_at(mean: float, count: int) -> float:
    likely = _likely(mean)
    if count >= likely[-1]:
        return 1.0
    return min(math.fsum(_probability(mean, value) for value in range(likely[0], count + 1)), 1.0)


def _likely(mean: float) -> range:
    """Return the counts outside of which less than 1e-20 of a Poisson variable lies (Chernoff's bound)."""
    spread = 12 * math.sqrt(mean)
    return range(max(0, math.floor(mean - spread)), math.ceil(mean + spread) + 50)


def _probability(mean: float, count: int) -> float:
    if mean == 0:
        return 1.0 if count == 0 else 0.0
    return math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))


def _check(rate: float, rule: CapacityRule) -> None:
    faults = [
        (not 0 <= rate <= 100_000, f"registrations_per_day is {rate}; 0 to 100,000 is allowed"),
        (not 1 <= rule.beds <= 100_000, f"beds is {rule.beds}; 1 to 100,000 is allowed"),
        (not 0 < rule.stay_days <= 365, f"stay_days is {rule.stay_days}; above 0, up to 365 is allowed"),
        (not 0 <= rule.admitted_share <= 1, f"admitted_share is {rule.admitted_share}; 0 to 1 is allowed"),
        (
            not 0 < rule.visits_per_nurse_shift < math.inf,
            f"visits_per_nurse_shift is {rule.visits_per_nurse_shift}; above 0 is allowed",
        ),
        (not 0 < rule.shifts_per_day < math.inf, f"shifts_per_day is {rule.shifts_per_day}; above 0 is allowed"),
        (not 0 < rule.assurance < 1, f"assurance is {rule.assurance}; between 0 and 1 is allowed"),
    ]
    for is_fault, words in faults:
        if is_fault:
            raise InputError(words, code="invalid_capacity")
