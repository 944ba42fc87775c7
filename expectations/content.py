"""The content hash: the same facts have the same hash, however they were written.

Belongs here: SHA-256 over the facts of a registration. Does not belong here: hashes of files, and signatures.

Hashed are the typed facts, not their spelling: `37`, `37.0` and ` 37 ` are one temperature, `2024-01-02` and
`2024-01-02T00:00:00Z` one moment. What cannot be read is hashed as its text. Provenance is left out, so that the same
visit from two files is found out.
"""

import hashlib
import itertools

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from core.vocabulary import REGISTRATION_COLUMNS
from expectations.parsing import INTEGER_COLUMNS, MOMENT_COLUMNS, NUMBER_COLUMNS, present_text

_SEPARATOR = "\x1f"


def content_hashes(raw: pd.DataFrame, typed: pd.DataFrame) -> pd.Series:
    """Return the hash of every row.

    Parameters
    ----------
    raw : pandas.DataFrame
        Text as received, at least `REGISTRATION_COLUMNS`.
    typed : pandas.DataFrame
        The same rows from `parse_raw`.

    Returns
    -------
    pandas.Series
        64 hexadecimal digits each, a fresh RangeIndex.

    Notes
    -----
    SHA-256 of the columns in their order, each ended by the unit separator, as `core.ids.content_hash` has it; numbers
    as shortest decimals, moments as microseconds since 1970.
    """
    parts = [_spelling(name, raw[name], typed[name]) for name in REGISTRATION_COLUMNS]
    joined = pc.binary_join_element_wise(
        *parts, pa.scalar("", pa.large_string()), pa.scalar(_SEPARATOR, pa.large_string())
    )
    return pd.Series(_digests(joined), dtype="str")


def _digests(texts: pa.Array) -> list[str]:
    """Hash each text straight out of Arrow's buffer: a million rows without a million Python strings."""
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, dtype="int64")[texts.offset : texts.offset + len(texts) + 1].tolist()
    view = memoryview(data) if data is not None else memoryview(b"")
    return [hashlib.sha256(view[start:end]).hexdigest() for start, end in itertools.pairwise(ends)]


def _spelling(name: str, raw: pd.Series, typed: pd.Series) -> pa.Array:
    if name in MOMENT_COLUMNS:
        missing = typed.isna().to_numpy()
        micros = typed.dt.tz_convert(None).to_numpy().astype("datetime64[us]").astype("int64")
        spelled = pc.cast(pa.array(micros, mask=missing), pa.large_string())
    elif name in NUMBER_COLUMNS or name in INTEGER_COLUMNS:
        numbers = typed.to_numpy(dtype="float64", na_value=np.nan)
        spelled = pc.cast(pa.array(numbers, mask=np.isnan(numbers)), pa.large_string())
    else:
        spelled = _text(typed)
    if spelled.null_count:
        spelled = pc.fill_null(pc.coalesce(spelled, _text(present_text(raw))), "")
    return spelled


def _text(column: pd.Series) -> pa.Array:
    array = pa.array(column.array, type=pa.large_string())
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
