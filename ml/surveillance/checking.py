"""Whether a series as it came can be judged, and the named error when it cannot.

Belongs here: checks of the text of one series (counts, order, duplicates, gaps, length). Does not belong here: reading
files, judging.
"""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import InputError
from ml.surveillance.timeline import Grain, read_timeline

#: What a missing report looks like in a file: judged nowhere, and never taken for zero.
MISSING: Final = frozenset({"", "na", "n/a", "nan", "null", "none"})

_COUNT = re.compile(r"^\+?\d+(?:\.0*)?$")


def check_series(periods: Sequence[str], counts: Sequence[str], *, grain: Grain = "week") -> NDArray[np.float64]:
    """Return the counts of one series as numbers, NaN for a missing report.

    Parameters
    ----------
    periods, counts : sequence of str
        As in the file, in its order.

    Raises
    ------
    InputError
        With code `bad_count`, `negative_count`, `bad_period`, `one_row`, `no_counts`, `duplicate_period`, `unsorted` or
        `gap`.
    """
    values = np.array([_count(text, row) for row, text in enumerate(counts, start=1)], dtype=np.float64)
    try:
        positions = read_timeline(periods, grain=grain).positions
    except InputError as error:
        raise InputError(error.message, code="bad_period") from error
    if positions.size < 2:
        raise InputError(f"{positions.size} row is no series; at least 2 are needed", code="one_row")
    if np.isnan(values).all():
        raise InputError(f"none of {values.size} rows has a count; there is nothing to judge", code="no_counts")
    steps = np.diff(positions)
    unique, number = np.unique(positions, return_counts=True)
    if unique.size < positions.size:
        first, second, *_ = (periods[int(row)] for row in np.flatnonzero(positions == unique[number > 1][0]))
        if first != second:
            raise InputError(
                f"{first} and {second} are of one {grain}; one row for each {grain} is allowed", code="duplicate_period"
            )
        twice = first
        raise InputError(f"period {twice} stands more than once; one row for each is allowed", code="duplicate_period")
    if np.any(steps < 0):
        late = periods[int(np.flatnonzero(steps < 0)[0]) + 1]
        raise InputError(f"period {late} stands after a later one; rows go in time order", code="unsorted")
    absent = int((steps - 1).sum())
    if absent:
        before = periods[int(np.flatnonzero(steps > 1)[0])]
        raise InputError(
            f"{absent} periods have no row, the first after {before}; "
            "a row with an empty count says that no report came",
            code="gap",
        )
    return values


def _count(text: str, row: int) -> float:
    word = text.strip()
    if word.lower() in MISSING:
        return float("nan")
    if _COUNT.match(word):
        return float(word)
    number = pd.to_numeric(word, errors="coerce")
    if pd.isna(number) or not np.isfinite(number):
        raise InputError(f"count {word[:20]!r} in row {row} of the series is not a number", code="bad_count")
    if number < 0:
        raise InputError(f"count {word[:20]} in row {row} of the series is negative", code="negative_count")
    raise InputError(f"count {word[:20]} in row {row} of the series is not a whole number of cases", code="bad_count")
