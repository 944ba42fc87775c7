"""From arrays of codes and seconds to the columns of a validated frame, without a Python object per row.

Belongs here: identifiers, texts, times and nullable whole numbers as pandas columns. Does not belong here: drawing.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

_TEXT = pa.large_string()


def identifiers(prefix: str, numbers: NDArray[np.int64], width: int) -> pd.Series:
    """Return `prefix` and each number, zero-padded to `width` digits: R000000001."""
    digits = pa.array(numbers + 10**width).cast(_TEXT)
    return pd.Series(digits, dtype="str").str.slice_replace(0, 1, prefix)


def texts(codes: NDArray[Any], words: Sequence[str], *, empty: NDArray[np.bool_] | None = None) -> pd.Series:
    """Return the word of each code; nothing where `empty`."""
    dictionary = pa.array([str(word) for word in words], _TEXT)
    words_of_rows = pa.DictionaryArray.from_arrays(pa.array(codes, mask=empty), dictionary).cast(_TEXT)
    return pd.Series(words_of_rows, dtype="str")


def times(first_day: date, second: NDArray[np.int64], *, empty: NDArray[np.bool_] | None = None) -> pd.Series:
    """Return the moments `second` seconds after the start of `first_day` as UTC; NaT where `empty`."""
    at = (np.datetime64(first_day, "s") + second.astype("timedelta64[s]")).astype("datetime64[us]")
    if empty is not None:
        at[empty] = np.datetime64("NaT")
    return pd.Series(pd.DatetimeIndex(at)).dt.tz_localize("UTC")


def whole_numbers(values: NDArray[np.float64]) -> pd.Series:
    """Return whole numbers with missing ones as Int64, missing where `values` is NaN."""
    absent = np.isnan(values)
    return pd.Series(pd.arrays.IntegerArray(np.where(absent, 0, values).astype(np.int64), absent))
