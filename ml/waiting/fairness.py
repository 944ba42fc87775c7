"""Whether groups of patients wait alike: waits against the median of their level, with intervals.

Belongs here: the arithmetic, in plain Python (a web worker computes it). Does not belong here: tables, who may see it.

Levels wait differently on purpose, and groups come with different levels. So each wait is divided by the median wait of
its level; a group whose median of that is 1 waits as its levels do. Those who left, were closed or still wait count as
"longer than seen" (Kaplan and Meier), for else a group that gives up more often would seem to wait less.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

#: Of the interval of a group's median. Some dozen groups are looked at, so 99 % and not 95 %.
Z: Final = 2.5758
#: Below this many a group says nothing.
MIN_GROUP: Final = 30


@dataclass(frozen=True)
class Wait:
    """One wait.

    Parameters
    ----------
    minutes : float
        Until the call, or as long as it is known to have lasted.
    is_observed : bool
        Whether it ended with the call.
    """

    acuity: int
    group: str
    minutes: float
    is_observed: bool


@dataclass(frozen=True)
class GroupGap:
    """How a group waits against the medians of its levels; 1 is alike. None where too little is known."""

    group: str
    count: int
    ratio: float | None
    low: float | None
    high: float | None

    @property
    def is_apart(self) -> bool:
        """Say whether the group waits longer or shorter than chance explains."""
        return self.low is not None and self.high is not None and not self.low <= 1 <= self.high


def median(waits: Sequence[tuple[float, bool]]) -> tuple[float | None, float | None, float | None]:
    """Return the median of (minutes, is_observed) by Kaplan and Meier, with the interval of Brookmeyer and Crowley.

    Examples
    --------
    >>> median([(10, True), (20, True), (30, True)])[0]
    20
    >>> median([(10, True), (20, False), (30, True), (40, True)])[0]
    30
    >>> median([(10, False), (20, False)])
    (None, None, None)
    """
    ordered = sorted(waits, key=lambda wait: (wait[0], not wait[1]))
    at_risk, survival, greenwood = len(ordered), 1.0, 0.0
    middle: float | None = None
    inside: list[float] = []
    for minutes, is_observed in ordered:
        if is_observed:
            survival *= 1 - 1 / at_risk
            greenwood += 1 / (at_risk * (at_risk - 1)) if at_risk > 1 else 0.0
            if middle is None and survival <= 0.5 + 1e-12:
                middle = minutes
            if abs(survival - 0.5) <= Z * survival * math.sqrt(greenwood):
                inside.append(minutes)
        at_risk -= 1
    if middle is None:
        return None, None, None
    return middle, min(inside, default=middle), max(inside, default=middle)


def group_gaps(waits: Iterable[Wait]) -> list[GroupGap]:
    """Return how each group waits against the medians of its levels, by name."""
    known = list(waits)
    of_level = {
        level: median([(wait.minutes, wait.is_observed) for wait in known if wait.acuity == level])[0]
        for level in {wait.acuity for wait in known}
    }
    scaled: dict[str, list[tuple[float, bool]]] = {}
    for wait in known:
        usual = of_level[wait.acuity]
        if usual:
            scaled.setdefault(wait.group, []).append((wait.minutes / usual, wait.is_observed))
    gaps = []
    for group in sorted(scaled):
        found = median(scaled[group]) if len(scaled[group]) >= MIN_GROUP else (None, None, None)
        gaps.append(GroupGap(group, len(scaled[group]), *found))
    return gaps
