"""Which reader a path needs: the format found out, the mapping chosen, one source made of it.

Belongs here: detection of the format, and the choice of files in a folder. Does not belong here: reading records.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from assets.intake.chunks import Chunk
from assets.intake.csv_reader import read_csv
from assets.intake.mapping import Mapping, canonical_mapping, load_mapping
from assets.intake.parquet_reader import read_parquet
from assets.intake.source_file import SourceFile, open_source
from core.errors import InputError
from core.vocabulary import REGISTRATION_COLUMNS, REQUIRED_COLUMNS

FORMATS = ("auto", "csv", "parquet")


@dataclass
class SourceReader:
    """Everything an import needs to know of its source."""

    format: str
    folder: Path
    files: tuple[SourceFile, ...]
    mapping: Mapping
    read: Callable[[SourceFile], Iterator[Chunk]]

    @property
    def name(self) -> str:
        return self.files[0].name if len(self.files) == 1 else self.folder.name

    @property
    def sha256(self) -> str:
        """Hash of the file, or of the files' hashes in the order of their names."""
        if len(self.files) == 1:
            return self.files[0].sha256
        return hashlib.sha256("".join(file.sha256 for file in self.files).encode()).hexdigest()

    def chunks(self) -> Iterator[Chunk]:
        for file in self.files:
            yield from self.read(file)

    def ensure_unchanged(self) -> None:
        for file in self.files:
            file.ensure_unchanged()


def open_reader(path: Path, *, format: str, mapping: Path | None) -> SourceReader:
    """Find out how to read a path.

    Raises
    ------
    InputError
        If the format is unknown, the mapping is wrong, or columns are missing without one.
    """
    if format not in FORMATS:
        raise InputError(f"there is no format {format!r}; allowed are {', '.join(FORMATS)}", code="unknown_format")
    told = load_mapping(mapping) if mapping is not None else None
    if path.is_dir():
        if told is None or told.file is None:
            raise InputError(f"{path} is a folder; name a file, or a mapping with `file:`", code="is_a_folder")
        path = path / told.file
    source = open_source(path)
    chosen = format if format != "auto" else detect_format(source)
    if chosen == "parquet":
        return _tabular(source, "parquet", told, read_parquet)
    delimiter, encoding = (told.delimiter, told.encoding) if told else (None, None)
    return _tabular(source, "csv", told, lambda file: read_csv(file, delimiter=delimiter, encoding=encoding))


def detect_format(source: SourceFile) -> str:
    """Return the format that the first bytes speak for."""
    with source.path.open("rb") as file:
        head = file.read(4)
    return "parquet" if head == b"PAR1" else "csv"


def _tabular(
    source: SourceFile, format: str, mapping: Mapping | None, read: Callable[[SourceFile], Iterator[Chunk]]
) -> SourceReader:
    if mapping is None:
        first = next(read(source), None)
        columns = tuple(first.rows.columns) if first is not None else REGISTRATION_COLUMNS
        missing = [name for name in REQUIRED_COLUMNS if name not in columns]
        if missing:
            raise source.fault(
                1,
                f"the columns {', '.join(missing)} are missing; say with --mapping FILE.yaml where they come from "
                "(docs/mappings has examples)",
                code="columns_missing",
            )
        mapping = canonical_mapping(source.path.name[:64], columns)
    return SourceReader(format, source.path.parent, (source,), mapping, read)
