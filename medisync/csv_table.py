"""A CSV of somebody else's as text: the one reader of `forecast`, `surge` and `risk evaluate`.

Belongs here: separators, encodings, packed files, and what makes a file no table. Does not belong here: which columns
are needed (the commands), files of registrations (`assets.intake`, which count every row).
"""

import bz2
import csv
import gzip
import io
import lzma
import zipfile
from collections import Counter
from pathlib import Path

import pandas as pd

from core.errors import InputError

SEPARATORS = ",;\t|"
_UNPACKED_BY = {".gz": gzip.decompress, ".bz2": bz2.decompress, ".xz": lzma.decompress}


def read_text_table(file: Path) -> pd.DataFrame:
    """Read a table as text, an empty cell as ""; the separator is the likeliest of the header line.

    UTF-8, UTF-16 with its mark, else Windows-1252; packed as gz, bz2, xz or a zip of one file.

    Raises
    ------
    InputError
        `no_such_file`, `not_a_table`, `duplicated_header`.
    """
    text = _text_of(file, _unpacked(file))
    header = text.partition("\n")[0].rstrip("\r")
    separator = max(SEPARATORS, key=header.count)
    names = Counter(name.strip() for name in next(csv.reader([header], delimiter=separator), []))
    twice = next((name for name, number in names.items() if number > 1), None)
    if twice is not None:
        raise InputError(
            f"{file}: the header names {twice!r} twice; every column needs its own name", code="duplicated_header"
        )
    try:
        table = pd.read_csv(io.StringIO(text), sep=separator, dtype="str", keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(f"{file} is not a CSV table: {str(error).strip()}", code="not_a_table") from error
    if not isinstance(table.index, pd.RangeIndex):  # pandas takes a first field too many for a name of the row
        raise InputError(f"{file} is not a CSV table: its rows have more fields than its header", code="not_a_table")
    return table.rename(columns=lambda name: str(name).strip()).fillna("")


def _unpacked(file: Path) -> bytes:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(
            f"{file} cannot be read: {error.strerror}; a CSV file is needed", code="no_such_file"
        ) from error
    try:
        if file.suffix == ".zip":
            with zipfile.ZipFile(io.BytesIO(content)) as packed:
                names = [one.filename for one in packed.infolist() if not one.is_dir()]
                if len(names) != 1:
                    raise InputError(f"{file} holds {len(names)} files; a zip of one is read", code="not_a_table")
                return packed.read(names[0])
        unpack = _UNPACKED_BY.get(file.suffix)
        return unpack(content) if unpack else content
    except (zipfile.BadZipFile, lzma.LZMAError, EOFError, OSError) as error:
        raise InputError(f"{file} cannot be unpacked: {error}", code="not_a_table") from error


def _text_of(file: Path, content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = content.decode("utf-16", errors="replace")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        raise InputError(
            f"{file} is not a CSV table: it holds a NUL byte, which no text has; CSV in UTF-8 is read",
            code="not_a_table",
        )
    return text
