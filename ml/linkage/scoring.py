"""The match score of two entries: a sum of weights, a probability, a word.

Belongs here: the arithmetic of Fellegi and Sunter (1969, J. Am. Stat. Assoc. 64:1183-1210). Does not belong here: how
fields are compared (`compare`), where u comes from (`weights`).

For each field and level of agreement m is its probability among entries of one person, u among entries of two people;
the field adds log2(m / u) bits. To the sum comes the prior: log2 of the odds that an entry and one other of the
hospital are one person. Fields are taken as independent, which families break: twins share name, birth date and
phone. Hence the guard of `match_score`: what differs where one person's entries hardly ever do is never called a
match, whatever the sum is.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ml.linkage.compare import Person, agreement


class MatchState(StrEnum):
    """The words of record linkage for a pair."""

    MATCH = "match"
    POSSIBLE = "possible_match"
    NONE = "no_match"


#: From this probability on a pair is one person, and from that one on somebody has to look.
MATCH_FROM: Final = 0.99
POSSIBLE_FROM: Final = 0.10
#: Share of new entries that are of somebody known: the prior of one candidate is this over the hospital's size.
KNOWN_SHARE: Final = 0.05
#: A hospital that has just begun is not taken as one where everybody is everybody.
LEAST_SIZE: Final = 1000
#: Weights are told to a hundredth of a bit.
_DIGITS: Final = 2

Levels = Mapping[str, Mapping[str, float]]
#: Probability of each level among two entries of one person. A judgement: error rates of names and dates in
#: registration are of the order of a few in a hundred, phones change; `bench.linkage` says what follows.
M: Final[Levels] = MappingProxyType(
    {
        "family_name": {"exact": 0.88, "near": 0.06, "sounds_alike": 0.01, "swapped": 0.01, "differs": 0.04},
        "given_name": {"exact": 0.87, "near": 0.08, "sounds_alike": 0.01, "swapped": 0.01, "differs": 0.03},
        "birth_date": {
            "exact": 0.92, "day_month_swapped": 0.02, "one_digit": 0.04, "same_year": 0.01, "differs": 0.01,
        },
        "sex": {"exact": 0.99, "differs": 0.01},
        "phone": {"exact": 0.70, "one_digit": 0.04, "differs": 0.26},
        "email": {"exact": 0.75, "differs": 0.25},
        "identifier": {"exact": 0.60, "one_digit": 0.05, "differs": 0.35},
    }
)  # fmt: skip
#: Probability of each level among entries of two people, before the hospital's own entries were counted: the order of
#: magnitude that published name tables and a uniform birth date over seventy years give.
U: Final[Levels] = MappingProxyType(
    {
        "family_name": {"exact": 1e-3, "near": 2e-3, "sounds_alike": 1e-3, "swapped": 1e-5, "differs": 0.99599},
        "given_name": {"exact": 8e-3, "near": 1e-2, "sounds_alike": 4e-3, "swapped": 1e-5, "differs": 0.97799},
        "birth_date": {
            "exact": 4e-5, "day_month_swapped": 2e-5, "one_digit": 8e-4, "same_year": 1.4e-2, "differs": 0.98514,
        },
        "sex": {"exact": 0.5, "differs": 0.5},
        "phone": {"exact": 1e-4, "one_digit": 1e-6, "differs": 0.999899},
        "email": {"exact": 1e-5, "differs": 0.99999},
        "identifier": {"exact": 1e-6, "one_digit": 1e-5, "differs": 0.999989},
    }
)  # fmt: skip
#: Where two entries of one person hardly ever differ, and members of a family do.
_GUARDED: Final = (("given_name", "differs"), ("sex", "differs"), ("identifier", "differs"))


@dataclass(frozen=True)
class LinkageWeights:
    """u of each field and level, and how many entries the hospital has."""

    u: Levels
    size: int

    def bits(self, field: str, level: str) -> float:
        """Return log2(m / u) of a level."""
        return math.log2(M[field][level] / self.u[field][level])

    @property
    def prior_bits(self) -> float:
        """log2 of the prior odds that an entry and one other are the same person."""
        prior = KNOWN_SHARE / max(self.size, LEAST_SIZE)
        return math.log2(prior / (1.0 - prior))


DEFAULT_WEIGHTS: Final = LinkageWeights(U, LEAST_SIZE)


@dataclass(frozen=True)
class Contribution:
    """What one field adds: its level of agreement, and bits (negative: against)."""

    field: str
    level: str
    bits: float


@dataclass(frozen=True)
class MatchScore:
    """How probable it is that two entries are one person, and why.

    Parameters
    ----------
    bits : float
        Sum of the contributions, without the prior.
    probability : float
        Posterior, 0 to 1.
    contributions : tuple of Contribution
        One for each field that both have; the strongest first.
    """

    bits: float
    probability: float
    state: MatchState
    contributions: tuple[Contribution, ...]


def match_score(one: Person, other: Person, weights: LinkageWeights = DEFAULT_WEIGHTS) -> MatchScore:
    """Compare two entries.

    Examples
    --------
    >>> ann = {"family_name": "Canarywood", "given_name": "Ann", "birth_date": "1980-05-04", "sex": "female"}
    >>> match_score(ann, ann | {"birth_date": "1980-04-05"}).state
    <MatchState.MATCH: 'match'>
    >>> match_score(ann, ann | {"given_name": "Beth"}).state
    <MatchState.POSSIBLE: 'possible_match'>
    >>> match_score(ann, ann | {"birth_date": "1953-11-30"}).state
    <MatchState.NONE: 'no_match'>
    """
    levels = agreement(one, other)
    parts = [Contribution(name, level, round(weights.bits(name, level), _DIGITS)) for name, level in levels.items()]
    bits = round(sum(part.bits for part in parts), _DIGITS)
    probability = 1.0 / (1.0 + 2.0 ** -(bits + weights.prior_bits))
    state = MatchState.NONE
    if probability >= POSSIBLE_FROM:
        is_guarded = any(levels.get(name) == level for name, level in _GUARDED)
        state = MatchState.MATCH if probability >= MATCH_FROM and not is_guarded else MatchState.POSSIBLE
    return MatchScore(bits, probability, state, tuple(sorted(parts, key=lambda part: -abs(part.bits))))
