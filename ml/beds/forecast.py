"""The beds that each of the next hours asks for: from patients to the distribution of the count.

Belongs here: what a web worker computes, in plain arithmetic. Does not belong here: fitting, reading who is there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from core.errors import InputError
from ml.beds.counting import Pmf, mean_of, mixed_poisson, poisson_binomial, quantile, summed
from ml.beds.model import HORIZON, HOURS, STEP_MINUTES, STEPS_AN_HOUR, BedsModel, Progress
from ml.beds.visits import Present

#: How busy the next hours are is judged by as many hours before.
LOOK_BACK: Final = timedelta(hours=HOURS)
#: The busyness of some hours never speaks for less, or more, than this.
_BUSYNESS: Final = (0.25, 4.0)


@dataclass(frozen=True)
class Coming:
    """What is known of those who will come.

    Parameters
    ----------
    recent_count : int
        Arrivals of the last eight hours.
    level : float
        By what the usual arrivals are to be multiplied: 1, or what a forecast says of this month.
    """

    recent_count: int
    level: float = 1.0

    def __post_init__(self) -> None:
        if self.recent_count < 0 or not 0 < self.level < 100:
            raise InputError(
                f"recent arrivals {self.recent_count}, level {self.level}; 0 or more, and above 0 up to 100 is allowed",
                code="invalid_arrivals",
            )


@dataclass(frozen=True)
class BedCount:
    """A number of beds: 16 (or 19) of 20 such numbers lie within the interval of 80 % (95 %).

    Parameters
    ----------
    point : int
        The median.
    mean, from_here, from_arrivals : float
        `mean` is the sum of what patients who are there ask for, and those who are yet to come.
    """

    point: int
    mean: float
    lo80: int
    hi80: int
    lo95: int
    hi95: int
    from_here: float
    from_arrivals: float


@dataclass(frozen=True)
class HourNeed:
    """One hour ahead: the beds that it asks for, and all that are asked for from now until its end."""

    starts_at: datetime
    ends_at: datetime
    in_hour: BedCount
    by_then: BedCount


@dataclass(frozen=True)
class BedForecast:
    """Eight hours, and the chance of 0, 1, 2, … beds in all of them."""

    hours: tuple[HourNeed, ...]
    total: Pmf


def forecast(
    model: BedsModel,
    present: Sequence[Present],
    coming: Coming,
    *,
    now: datetime,
    progress: Progress | None = None,
) -> BedForecast:
    """Return the beds that the next eight hours ask for.

    Parameters
    ----------
    present : sequence of Present
        Those who wait or are with staff at `now`.
    now : datetime
        UTC.
    progress : Progress, optional
        Of the same model, to keep between calls.

    Notes
    -----
    Those who are there: a sum of unlike coins. Those who come: Poisson with a mean that is known up to its spread, for
    thinning a Poisson count leaves one. Both are taken to be independent, as are patients among each other.
    """
    paths = progress or Progress(model)
    here = [paths.of_present(one, now) for one in present]
    factor, spread = busyness(model, coming, now=now)
    coming_by = _from_arrivals(model, paths, now)
    come = [factor * coming.level * value for value in coming_by]
    hours, total = [], (1.0,)
    for number in range(1, HOURS + 1):
        first, last = (number - 1) * STEPS_AN_HOUR, number * STEPS_AN_HOUR
        in_hour = _distribution([one[last] - one[first] for one in here], max(0.0, come[last] - come[first]), spread)
        by_then = _distribution([one[last] for one in here], come[last], spread)
        total = by_then[0]
        hours.append(
            HourNeed(
                now + timedelta(hours=number - 1), now + timedelta(hours=number), _count(*in_hour), _count(*by_then)
            )
        )
    return BedForecast(tuple(hours), total)


def busyness(model: BedsModel, coming: Coming, *, now: datetime) -> tuple[float, float]:
    """Return by what the next hours' arrivals are to be multiplied, given the last ones, and the spread that is left.

    Notes
    -----
    The best linear estimate (credibility; Bühlmann 1967): with spread v and covariance c of two neighbouring spans and
    a count n where m was expected, the factor is 1 + c / (v + 1/m) (n/m - 1) and its variance v - c² / (v + 1/m).
    """
    expected = coming.level * sum(
        model.arrivals_at(now - timedelta(minutes=STEP_MINUTES * (step + 0.5))) / STEPS_AN_HOUR
        for step in range(HORIZON)
    )
    if expected <= 0:
        return 1.0, model.spread
    weight = model.carry / (model.spread + 1 / expected)
    factor = min(max(1 + weight * (coming.recent_count / expected - 1), _BUSYNESS[0]), _BUSYNESS[1])
    return factor, max(0.0, model.spread - weight * model.carry) / factor**2


def _from_arrivals(model: BedsModel, paths: Progress, now: datetime) -> list[float]:
    """Return the mean number of beds that usual arrivals ask for within 0, 1, … HORIZON steps."""
    by = paths.of_arrivals()
    # Whoever comes in a step comes in its middle, on average.
    halves = [(by[step] + by[step + 1]) / 2 for step in range(HORIZON)]
    rates = [
        model.arrivals_at(now + timedelta(minutes=STEP_MINUTES * (step + 0.5))) / STEPS_AN_HOUR
        for step in range(HORIZON)
    ]
    return [sum(rates[step] * halves[until - step - 1] for step in range(until)) for until in range(HORIZON + 1)]


def _distribution(here: Sequence[float], come: float, spread: float) -> tuple[Pmf, float, float]:
    of_here = poisson_binomial(min(max(chance, 0.0), 1.0) for chance in here)
    return summed(of_here, mixed_poisson(come, spread)), mean_of(of_here), come


def _count(pmf: Pmf, here: float, come: float) -> BedCount:
    low80, high80, low95, high95 = (quantile(pmf, level) for level in (0.1, 0.9, 0.025, 0.975))
    return BedCount(quantile(pmf, 0.5), here + come, low80, high80, low95, high95, here, come)
