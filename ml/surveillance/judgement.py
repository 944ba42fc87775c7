"""What a detector says of one series, and what the words low, moderate, high and critical mean.

Belongs here: the result of a method, levels and their thresholds. Does not belong here: any method.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.vocabulary import SurgeLevel

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: No alarm, yet p_exceed at most this multiple of alpha: worth a look (moderate).
WATCH_FACTOR: Final = 3.0
#: An alarm at most this part of alpha, with both excesses below, is critical.
CRITICAL_PART: Final = 0.1
CRITICAL_RATIO: Final = 2.0
CRITICAL_EXCESS: Final = 5.0


@dataclass(frozen=True)
class Judgement:
    """One row per period of a series; NaN, no alarm and basis "none" where nothing can be said.

    Attributes
    ----------
    expected : ndarray
        Cases foreseen from earlier periods.
    upper : ndarray
        A count above this raises an alarm in that period.
    p_exceed : ndarray
        Probability, without a surge, of evidence at least as strong as was seen; an alarm is p_exceed <= alpha.
    alarm : ndarray of bool
    basis : ndarray of str
        The method that judged: the one asked for, or its fallback by name.
    """

    expected: Floats
    upper: Floats
    p_exceed: Floats
    alarm: Flags
    basis: NDArray[np.str_]

    def or_else(self, fallback: "Judgement") -> "Judgement":
        """Fill the periods that this method could not judge from `fallback`."""
        judged = self.basis != "none"
        return Judgement(
            np.where(judged, self.expected, fallback.expected),
            np.where(judged, self.upper, fallback.upper),
            np.where(judged, self.p_exceed, fallback.p_exceed),
            np.where(judged, self.alarm, fallback.alarm),
            np.where(judged, self.basis, fallback.basis),
        )

    def from_index(self, since: int) -> "Judgement":
        """Blank the periods before index `since`."""
        size = self.p_exceed.size
        blank = np.full(size, np.nan)
        nothing = Judgement(blank, blank, blank, np.zeros(size, dtype=np.bool_), np.full(size, "none"))
        kept = np.where(np.arange(size) >= since, self.basis, "none")
        return Judgement(self.expected, self.upper, self.p_exceed, self.alarm, kept).or_else(nothing)


def judgement(*, expected: Floats, upper: Floats, p_exceed: Floats, alarm: Flags, name: str) -> Judgement:
    """Make a judgement whose basis is `name` wherever a probability is known, and "none" elsewhere."""
    known = ~np.isnan(p_exceed)
    blank = np.full(p_exceed.shape, np.nan)
    return Judgement(
        np.where(known, expected, blank),
        np.where(known, upper, blank),
        p_exceed,
        alarm & known,
        np.where(known, name, "none"),
    )


def levels(counts: Floats, judged: Judgement, *, alpha: float) -> NDArray[np.str_]:
    """Name the level of every period.

    Notes
    -----
    high: an alarm. critical: an alarm with p_exceed <= alpha / 10, at least twice the expected count and at least five
    cases above it, so that a rare illness does not turn critical by one case. moderate: no alarm, p_exceed <= 3 alpha
    and more cases than expected. low: the rest, and periods without a judgement.
    """
    excess = np.nan_to_num(counts - judged.expected, nan=0.0)
    p = np.nan_to_num(judged.p_exceed, nan=1.0)
    watch = (p <= WATCH_FACTOR * alpha) & (excess > 0)
    extreme = (p <= CRITICAL_PART * alpha) & (excess >= CRITICAL_EXCESS)
    extreme &= np.nan_to_num(counts) >= CRITICAL_RATIO * np.nan_to_num(judged.expected)
    return np.select(
        [judged.alarm & extreme, judged.alarm, watch],
        [SurgeLevel.CRITICAL.value, SurgeLevel.HIGH.value, SurgeLevel.MODERATE.value],
        default=SurgeLevel.LOW.value,
    )
