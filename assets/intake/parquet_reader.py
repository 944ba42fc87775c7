"""Parquet: typed columns become text again, because raw is text.

Belongs here: reading row groups and spelling values. Does not belong here: the meaning of a column (`mapping`).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assets.intake.chunks import Chunk
from assets.intake.source_file import SourceFile

ROWS_PER_CHUNK = 250_000


def column_names(source: SourceFile) -> tuple[str, ...]:
    """Return the names of the columns; raises as `read_parquet` does."""
    with _opened(source) as file:
        return tuple(file.schema_arrow.names)


def read_parquet(source: SourceFile) -> Iterator[Chunk]:
    """Yield the rows of a Parquet file as text, moments in ISO 8601.

    Raises
    ------
    InputError
        If the file is not Parquet, is cut off or damaged, or has a column twice; names the byte or row reached.
    """
    start = 1
    with _opened(source) as file:
        try:
            for batch in file.iter_batches(batch_size=ROWS_PER_CHUNK):
                frame = pd.DataFrame({name: _text(batch.column(name)) for name in batch.schema.names})
                yield Chunk(frame, [f"row {number}" for number in range(start, start + len(frame))])
                start += len(frame)
        except (pa.ArrowException, OSError):
            # Arrow's own message may quote a value.
            place = f"row {start} of {file.metadata.num_rows:,}"
            ails = "cannot be read from here on: the file is damaged, or a column holds neither texts nor numbers"
            raise source.fault(place, ails, code="bad_parquet") from None


@contextmanager
def _opened(source: SourceFile) -> Iterator[pq.ParquetFile]:
    size = source.state[1]
    try:
        file = pq.ParquetFile(source.path)
    except (pa.ArrowException, OSError):
        raise source.fault(
            f"byte {size:,}", "not a Parquet file, or cut off on the way: its end does not list its columns",
            code="bad_parquet",
        ) from None  # fmt: skip
    with file:
        names = file.schema_arrow.names
        twice = [place for place, name in enumerate(names) if name in names[:place]]
        if twice:
            raise source.fault(
                f"column {twice[0] + 1}", f"the column {names[twice[0]]!r} is there twice", code="duplicated_header"
            )
        yield file


def _text(column: pa.Array) -> pd.Series:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_timestamp(column.type):
        # Cast to UTC first: without a zone Arrow would spell the moment without its offset.
        column = column.cast(pa.timestamp(column.type.unit, "UTC"))
    return pd.Series(pd.array(pc.cast(column, pa.large_string()), dtype="str"))
