"""Text out of bytes: which encoding, and lines of bounded length.

Belongs here: byte-order marks, detection, the guards against endless lines and NUL bytes. Does not belong here: fields
and records (see `csv_reader`, `hl7_reader`).
"""

import codecs
import io
from collections.abc import Iterator
from typing import IO

from assets.intake.source_file import SourceFile

#: No real record has a line this long; a two-gigabyte line must not become a two-gigabyte string.
LONGEST_LINE = 1024 * 1024
_BLOCK = 256 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def detect_encoding(sample: bytes) -> tuple[str, int]:
    """Return the encoding that the first bytes speak for, and the length of the byte-order mark.

    Notes
    -----
    A mark decides. Without one: NULs in every second byte mean UTF-16; else UTF-8 if the sample is valid UTF-8 (a
    character cut off at its end is none of its faults), else Windows-1252, what spreadsheets write.
    """
    for mark, encoding in _MARKS:
        if sample.startswith(mark):
            return encoding, len(mark)
    if len(sample) >= 4:
        odd, even = sample[1::2].count(0) / len(sample[1::2]), sample[::2].count(0) / len(sample[::2])
        if odd > 0.4 and even < 0.1:
            return "utf-16-le", 0
        if even > 0.4 and odd < 0.1:
            return "utf-16-be", 0
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return "cp1252", 0
    return "utf-8", 0


def read_lines(source: SourceFile, stream: IO[bytes], *, encoding: str | None = None) -> Iterator[str]:
    """Yield the lines of a text file, each with its end.

    Parameters
    ----------
    source : SourceFile
        Named in errors.
    stream : binary file
    encoding : str, optional
        Left out: detected.

    Yields
    ------
    str
        Bytes that are wrong in the encoding come as lone surrogates, so that only their record is lost.

    Raises
    ------
    InputError
        On a NUL byte or a line over `LONGEST_LINE` characters; names the line.
    """
    block = stream.read(_BLOCK)
    detected, mark = detect_encoding(block)
    errors = "surrogateescape" if (encoding or detected) in ("utf-8", "ascii") else "replace"
    decoder = codecs.getincrementaldecoder(encoding or detected)(errors)
    block = block[mark:] if encoding is None or encoding == detected else block
    number, rest = 1, ""
    while block:
        text = rest + decoder.decode(block)
        block = stream.read(_BLOCK)
        # newline="" splits at \n, \r and \r\n and keeps them, as the csv module wants it.
        lines = list(io.StringIO(text, newline=""))
        rest = lines.pop() if lines and block else ""
        for line in lines:
            _check(source, number, line)
            yield line
            number += 1
        if rest:
            _check(source, number, rest)
    if decoder.decode(b"", final=True):
        raise source.fault(number, "the file ends in the middle of a character", code="truncated_text")


def _check(source: SourceFile, number: int, line: str) -> None:
    if len(line) > LONGEST_LINE:
        raise source.fault(number, f"the line is longer than {LONGEST_LINE:,} characters", code="line_too_long")
    if "\0" in line:
        raise source.fault(
            number, "a NUL byte, which no text has; the file was damaged or is not text", code="nul_byte"
        )
