"""CSV in whatever dialect: records of a delimited text file, in chunks.

Belongs here: delimiter, header, fields per record. Does not belong here: bytes (`source_file`), lines (`lines`) and
the meaning of a column (`mapping`).
"""

import csv
import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import IO

import pandas as pd

from assets.intake.chunks import Broken, Chunk
from assets.intake.lines import read_lines
from assets.intake.source_file import SourceFile

ROWS_PER_CHUNK = 200_000
_DELIMITERS = (",", ";", "\t", "|")
#: The csv module stops at fields longer than this: a quotation mark that is never closed ends here, not in memory.
_LONGEST_FIELD = 128 * 1024


def read_csv(source: SourceFile, *, delimiter: str | None = None, encoding: str | None = None) -> Iterator[Chunk]:
    """Yield the records of a CSV file.

    Parameters
    ----------
    source : SourceFile
    delimiter, encoding : str, optional
        Left out: detected from the header and the first bytes.

    Yields
    ------
    Chunk
        All columns of the header, as text. A record with another number of fields, with bytes that are wrong in the
        encoding, or that repeats the header is broken. An empty line is no record.

    Raises
    ------
    InputError
        If the file as a whole cannot be trusted: no header, a column twice, NUL bytes, an endless line, a quotation
        mark that is never closed, gzip that is cut off; names file and line.
    """
    with source.open() as stream:
        reader = _reader(source, stream, delimiter=delimiter, encoding=encoding)
        yield from _records(source, reader)


def read_header(source: SourceFile) -> tuple[str, ...]:
    """Return the names of the columns; raises as `read_csv` does."""
    with source.open() as stream:
        return tuple(_header(source, _reader(source, stream, delimiter=None, encoding=None)))


def _reader(source: SourceFile, stream: IO[bytes], *, delimiter: str | None, encoding: str | None) -> "csv._reader":
    lines = read_lines(source, stream, encoding=encoding)
    first = next((line for line in lines if line.strip()), "")
    if not first.strip():
        raise source.fault(1, "the file holds only empty lines", code="empty_file")
    csv.field_size_limit(_LONGEST_FIELD)
    return csv.reader(_with(first, lines), delimiter=delimiter or detect_delimiter(first), strict=False)


def _with(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def detect_delimiter(header: str) -> str:
    """Return the delimiter that occurs most often outside quotation marks in the header; a comma when none does."""
    bare = "".join(header.split('"')[::2])
    counts = Counter({mark: bare.count(mark) for mark in _DELIMITERS})
    mark, count = counts.most_common(1)[0]
    return mark if count else ","


def _records(source: SourceFile, reader: "csv._reader") -> Iterator[Chunk]:
    header = _header(source, reader)
    rows: list[list[str]] = []
    records: list[str] = []
    broken: list[Broken] = []
    line = reader.line_num + 1
    try:
        for fields in reader:
            if fields:
                fault = _fault(fields, header)
                if fault is None:
                    rows.append(fields)
                    records.append(f"line {line}")
                else:
                    digest = hashlib.sha256("\x1f".join(fields).encode(errors="surrogatepass")).hexdigest()
                    broken.append(Broken(f"line {line}", fault, digest))
            line = reader.line_num + 1
            if len(rows) + len(broken) >= ROWS_PER_CHUNK:
                yield _chunk(header, rows, records, broken)
                rows, records, broken = [], [], []
    except csv.Error:
        # The module's own message may quote the field.
        raise source.fault(
            line, f"a field longer than {_LONGEST_FIELD:,} characters; a quotation mark may be missing", code="bad_csv"
        ) from None
    if rows or broken:
        yield _chunk(header, rows, records, broken)


def _header(source: SourceFile, reader: "csv._reader") -> list[str]:
    try:
        header = [name.strip() for name in next(reader)]
    except csv.Error:
        raise source.fault(1, "the header cannot be read as CSV", code="bad_header") from None
    twice = sorted(name for name, count in Counter(header).items() if count > 1)
    if twice:
        raise source.fault(
            1, f"the header names {twice[0]!r} twice; every column needs its own name", code="duplicated_header"
        )
    return header


def _fault(fields: list[str], header: list[str]) -> str | None:
    if len(fields) != len(header):
        return f"{len(fields)} fields where the header has {len(header)}"
    if fields == header:
        return "the header once more"
    if any(not field.isascii() and any("\udc80" <= mark <= "\udcff" for mark in field) for field in fields):
        return "bytes that are not UTF-8"
    return None


def _chunk(header: list[str], rows: list[list[str]], records: list[str], broken: list[Broken]) -> Chunk:
    columns = zip(*rows, strict=True) if rows else [()] * len(header)
    frame = pd.DataFrame(
        {name: pd.Series(list(column), dtype="str") for name, column in zip(header, columns, strict=True)}
    )
    return Chunk(frame, records, tuple(broken))
