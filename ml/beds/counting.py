"""Distributions of a count: unlike coins, a Poisson count with an uncertain mean, and their sum.

Belongs here: probabilities as plain tuples (a web worker computes them). Does not belong here: what is counted.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Final

from core.errors import InputError

Pmf = tuple[float, ...]
#: A tail below this is cut off.
TAIL: Final = 1e-10
#: Below this the mean counts as certain: the negative binomial is then a Poisson to the last digit that matters.
_CERTAIN: Final = 1e-9


def poisson_binomial(chances: Iterable[float]) -> Pmf:
    """Return the distribution of how many of some unlike coins show heads.

    Parameters
    ----------
    chances : iterable of float
        Between 0 and 1; one each.

    Raises
    ------
    InputError
        `invalid_chance`: naming the value.

    Notes
    -----
    Exact: one coin after the other is added (Poisson 1837; Hong 2013 compares ways of computing it).

    Examples
    --------
    >>> poisson_binomial([0.5, 0.5])
    (0.25, 0.5, 0.25)
    """
    found = [1.0]
    for chance in chances:
        if not 0 <= chance <= 1:
            raise InputError(f"chance is {chance}; 0 to 1 is allowed", code="invalid_chance")
        grown = [*(value * (1 - chance) for value in found), 0.0]
        for place, value in enumerate(found):
            grown[place + 1] += value * chance
        found = grown
    return tuple(found)


def mixed_poisson(mean: float, spread: float) -> Pmf:
    """Return the distribution of a Poisson count whose mean is known only up to a spread.

    Parameters
    ----------
    mean : float
        Zero or more.
    spread : float
        Squared coefficient of variation of the mean, zero or more: 0 is a Poisson count.

    Raises
    ------
    InputError
        `invalid_mean`: naming the value.

    Notes
    -----
    A gamma mean makes it negative binomial with variance mean + spread × mean² (Greenwood and Yule 1920).

    Examples
    --------
    >>> [round(value, 4) for value in mixed_poisson(1.0, 0.0)[:3]]
    [0.3679, 0.3679, 0.1839]
    """
    if not (math.isfinite(mean) and math.isfinite(spread) and mean >= 0 and spread >= 0):
        raise InputError(f"mean is {mean}, spread is {spread}; 0 or more is allowed", code="invalid_mean")
    if mean < TAIL:
        return (1.0,)
    found: list[float] = []
    total, count = 0.0, 0
    while total < 1 - TAIL and (count <= mean or found[-1] > TAIL):
        found.append(_probability(count, mean, spread))
        total += found[-1]
        count += 1
    return tuple(found)


def _probability(count: int, mean: float, spread: float) -> float:
    if spread < _CERTAIN:
        return math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))
    shape = 1 / spread
    share = mean / (mean + shape)
    ways = math.lgamma(count + shape) - math.lgamma(shape) - math.lgamma(count + 1)
    return math.exp(ways + count * math.log(share) + shape * math.log1p(-share))


def summed(left: Sequence[float], right: Sequence[float]) -> Pmf:
    """Return the distribution of the sum of two independent counts.

    Examples
    --------
    >>> summed((0.5, 0.5), (0.5, 0.5))
    (0.25, 0.5, 0.25)
    """
    found = [0.0] * (len(left) + len(right) - 1)
    for place, value in enumerate(left):
        for other, weight in enumerate(right):
            found[place + other] += value * weight
    return tuple(found)


def quantile(pmf: Sequence[float], level: float) -> int:
    """Return the smallest count that is not exceeded with at least probability `level`.

    Examples
    --------
    >>> [quantile((0.25, 0.5, 0.25), level) for level in (0.1, 0.5, 0.9)]
    [0, 1, 2]
    """
    total = 0.0
    for count, value in enumerate(pmf):
        total += value
        if total >= level - 1e-12:
            return count
    return len(pmf) - 1


def mean_of(pmf: Sequence[float]) -> float:
    """Return the mean of a distribution.

    Examples
    --------
    >>> mean_of((0.25, 0.5, 0.25))
    1.0
    """
    return math.fsum(count * value for count, value in enumerate(pmf))
