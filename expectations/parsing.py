"""From raw text to types, row by row accounted for.

Belongs here: reading numbers, moments and words out of text, and saying which rows could not be read. Does not belong
here: judging a value that was read (`suites/`), and other date orders or units (a mapping of `assets.intake`).

Two defaults are set here, each because leaving it open would lose the visit: a missing `sex` is `unknown`, and a
missing `recorded_at` is `registered_at` (a registration is known when it is made).
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from core.errors import InputError
from core.vocabulary import (
    RAW_COLUMNS,
    VALIDATED_DTYPES,
    KahnCategory,
    Severity,
    Sex,
)
from expectations.rules import Rule
from expectations.suites.raw_registrations import UNREADABLE_MARK

NUMBER_COLUMNS = tuple(name for name, dtype in VALIDATED_DTYPES.items() if dtype == "float64")
INTEGER_COLUMNS = tuple(name for name, dtype in VALIDATED_DTYPES.items() if dtype == "Int64")
MOMENT_COLUMNS = tuple(name for name, dtype in VALIDATED_DTYPES.items() if dtype.startswith("datetime64"))

#: A full date, then perhaps a time: "2024" or "03/04/2024" is not a moment.
_ISO_PATTERN = r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.*)?"

_NUMBER_PATTERN = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$"


def _conformance(code: str, column: str, reason: str) -> Rule:
    return Rule(code, column, Severity.CRITICAL, KahnCategory.CONFORMANCE, reason)


#: The rules that are decided here, in the order of their columns.
PARSE_RULES: tuple[Rule, ...] = (
    _conformance(
        "record_unreadable", "source_record", "A record that could not be read counts nowhere until sent again."
    ),
    *(_conformance(f"{c}_not_a_number", c, "Text where a number belongs cannot be compared.") for c in NUMBER_COLUMNS),
    *(_conformance(f"{c}_not_an_integer", c, "Levels and counts are whole numbers.") for c in INTEGER_COLUMNS),
    *(
        _conformance(
            f"{c}_not_a_moment", c, "A time in another order of day and month puts the visit in another month."
        )
        for c in MOMENT_COLUMNS
    ),
)


def parse_raw(raw: pd.DataFrame) -> tuple[pd.DataFrame, dict[int, tuple[str, ...]]]:
    """Turn raw text into the types of a validated registration.

    Parameters
    ----------
    raw : pandas.DataFrame
        `RAW_COLUMNS`, all text; missing is empty or NA. Numbers with a decimal point; moments in ISO 8601 (a time
        without an offset is UTC, a date is its midnight).

    Returns
    -------
    typed : pandas.DataFrame
        As many rows, `VALIDATED_DTYPES`, a fresh RangeIndex. What could not be read is missing.
    failed : dict[int, tuple[str, ...]]
        Row position -> codes of `PARSE_RULES`.

    Raises
    ------
    InputError
        If a column is missing.
    """
    missing = [column for column in RAW_COLUMNS if column not in raw.columns]
    if missing:
        raise InputError(f"the raw frame lacks {', '.join(missing)}; it must have {', '.join(RAW_COLUMNS)}")
    columns: dict[str, pd.Series] = {}
    broken: list[tuple[str, np.ndarray]] = []
    for name in RAW_COLUMNS:
        text = present_text(raw[name])
        if name in NUMBER_COLUMNS or name in INTEGER_COLUMNS:
            columns[name], bad = _numbers(text, whole=name in INTEGER_COLUMNS)
            code = f"{name}_not_an_integer" if name in INTEGER_COLUMNS else f"{name}_not_a_number"
        elif name in MOMENT_COLUMNS:
            columns[name], bad = read_moments(text)
            code = f"{name}_not_a_moment"
        else:
            columns[name] = text
            continue
        broken.append((code, bad))
    typed = pd.DataFrame(columns)
    typed["sex"] = typed["sex"].str.lower().fillna(Sex.UNKNOWN.value)
    typed["outcome"] = typed["outcome"].str.lower()
    typed["condition_code"] = typed["condition_code"].str.upper()
    typed["recorded_at"] = typed["recorded_at"].where(_is_told(raw["recorded_at"]), typed["registered_at"])
    unreadable = typed["source_record"].str.startswith(UNREADABLE_MARK).fillna(False).to_numpy(dtype=bool)
    return typed, _codes([("record_unreadable", np.flatnonzero(unreadable)), *broken])


def present_text(column: pd.Series) -> pd.Series:
    """Return a text column, trimmed, with empty text as missing and a fresh index."""
    text = column.reset_index(drop=True).astype("str").str.strip()
    return text.where(text != "")


def _is_told(column: pd.Series) -> pd.Series:
    """Whether a raw cell holds anything: a moment that was told but not understood must not get a default."""
    return present_text(column).notna()


def _numbers(text: pd.Series, *, whole: bool) -> tuple[pd.Series, np.ndarray]:
    told = text.notna().to_numpy()
    numbers = _doubles(text)
    bad = told & ~np.isfinite(numbers)
    if whole:
        bad |= told & (numbers != np.floor(numbers))
    numbers[bad] = np.nan
    column = pd.Series(numbers)
    return (column.astype("Int64") if whole else column), np.flatnonzero(bad)


def _doubles(text: pd.Series) -> np.ndarray:
    """Cast all at once; where a single cell is no number, pick out those that look like one and cast these."""
    array = _arrow(text)
    try:
        cast = pc.cast(array, pa.float64())
    except pa.ArrowInvalid:
        shaped = pc.match_substring_regex(array, _NUMBER_PATTERN)
        cast = pc.cast(pc.if_else(shaped, array, pa.scalar(None, pa.large_string())), pa.float64())
    return np.array(cast.to_numpy(zero_copy_only=False), dtype="float64")


def read_moments(text: pd.Series) -> tuple[pd.Series, np.ndarray]:
    """Read ISO 8601 moments as UTC to the microsecond, and return them with the positions that are none.

    Parameters
    ----------
    text : pandas.Series
        Trimmed text, missing as NA.
    """
    try:
        # The strict and quick way: every cell a full moment with its offset.
        cast = pc.cast(_arrow(text), pa.timestamp("us", "UTC"))
        moments = pd.Series(pd.array(cast.to_numpy(zero_copy_only=False)).astype("datetime64[us]")).dt.tz_localize(
            "UTC"
        )
    except pa.ArrowInvalid:
        shaped = text.where(text.str.fullmatch(_ISO_PATTERN).fillna(False).astype(bool))
        moments = pd.to_datetime(shaped, format="ISO8601", utc=True, errors="coerce").astype("datetime64[us, UTC]")
    return moments, np.flatnonzero(text.notna() & moments.isna())


def _arrow(text: pd.Series) -> pa.Array:
    array = pa.array(text.array, type=pa.large_string())
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _codes(broken: Iterable[tuple[str, np.ndarray]]) -> dict[int, tuple[str, ...]]:
    codes: dict[int, tuple[str, ...]] = {}
    for code, positions in broken:
        for position in positions.tolist():
            # Of a record that was never read, its empty fields say nothing more.
            if codes.get(position) != ("record_unreadable",):
                codes[position] = (*codes.get(position, ()), code)
    return dict(sorted(codes.items()))
