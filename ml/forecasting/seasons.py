"""Calendars of series: which frequency a series has and how long its season is.

Belongs here: frequency, season length, and the checks that an index is a complete calendar. Does not belong here:
reading files (ml/forecasting/panel.py) or models.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.errors import InputError
from ml.forecasting.results import Vector


@dataclass(frozen=True)
class Grain:
    """A frequency and what follows from it.

    Parameters
    ----------
    freq : str
        "M", "W" or "D".
    season : int
        Periods in one season: 12 months, 52 weeks, 7 days.
    noun : str
        For sentences.
    """

    freq: str
    season: int
    noun: str


GRAINS = {"M": Grain("M", 12, "months"), "W": Grain("W", 52, "weeks"), "D": Grain("D", 7, "days")}


def grain_of(index: pd.Index) -> Grain:
    """Tell the grain of a period index.

    Raises
    ------
    InputError
        When the index is no PeriodIndex of months, weeks or days.
    """
    code = index.freqstr[0] if isinstance(index, pd.PeriodIndex) and index.freqstr else type(index).__name__
    if code not in GRAINS:
        raise InputError(f"index is {code}; allowed is a PeriodIndex of M, W or D", code="unknown_frequency")
    return GRAINS[code]


def counts_of(counts: pd.Series) -> Vector:
    """Check a series and give its counts as float64.

    Raises
    ------
    InputError
        Codes `too_short`, `gap`, `unsorted`, `duplicate_period`, `not_a_number`, `negative_count`: a forecast of a
        broken calendar would be a forecast of something else.
    """
    grain = grain_of(counts.index)
    index = pd.PeriodIndex(counts.index)
    if len(counts) < 3:
        raise InputError(f"{len(counts)} {grain.noun} of history; at least 3 are needed", code="too_short")
    steps = np.diff(index.asi8)
    if (steps == 0).any():
        raise InputError(
            f"period {index[int(np.argmax(steps == 0))]} is there twice; once is allowed", code="duplicate_period"
        )
    if (steps < 0).any():
        raise InputError("periods are not in time order", code="unsorted")
    if (steps > 1).any():
        raise InputError(f"a gap after {index[int(np.argmax(steps > 1))]}; every period needs a count", code="gap")
    values = pd.to_numeric(counts, errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
    if not np.isfinite(values).all():
        raise InputError(f"no number at {index[int(np.argmin(np.isfinite(values)))]}", code="not_a_number")
    if (values < 0).any():
        raise InputError(f"count {values.min():g} is below zero; 0 and more is allowed", code="negative_count")
    return values
