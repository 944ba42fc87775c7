"""Which reader a path needs: the format found out, the mapping chosen, one source made of it.

Belongs here: detection of the format, and the choice of files in a folder. Does not belong here: reading records.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from assets.intake.chunks import Chunk
from assets.intake.csv_reader import read_csv, read_header
from assets.intake.earlier import Earlier
from assets.intake.mapping import Mapping, canonical_mapping, load_mapping
from assets.intake.parquet_reader import column_names, read_parquet
from assets.intake.source_file import SourceFile, open_source
from core.errors import InputError
from core.vocabulary import REGISTRATION_COLUMNS, REQUIRED_COLUMNS

FORMATS = ("auto", "csv", "parquet", "fhir", "hl7v2")
#: Formats whose records name their own fields, by the suffixes of their files; only they come as folders of files.
_MESSAGE_SUFFIXES = {"fhir": (".json", ".ndjson", ".json.gz", ".ndjson.gz"), "hl7v2": (".hl7", ".adt", ".hl7.gz")}
_HL7_STARTS = (b"MSH|", b"FHS|", b"BHS|", b"\x0bMSH|")


@dataclass(frozen=True)
class SourceReader:
    """Everything an import needs to know of its source; `chunks` reads it from the start."""

    format: str
    folder: Path
    files: tuple[SourceFile, ...]
    mapping: Mapping
    #: Takes what looks up earlier versions of visits, for messages that tell only what has changed.
    chunks: Callable[[Earlier | None], Iterator[Chunk]]

    @property
    def name(self) -> str:
        return self.files[0].name if len(self.files) == 1 else self.folder.name

    @property
    def sha256(self) -> str:
        """Hash of the file, or of the files' hashes in the order of their names."""
        if len(self.files) == 1:
            return self.files[0].sha256
        return hashlib.sha256("".join(file.sha256 for file in self.files).encode()).hexdigest()

    def ensure_unchanged(self) -> None:
        """Refuse the import if any of the files was written to meanwhile."""
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
    if path.is_dir() and not (told and told.file):
        return _folder(path, format, told)
    source = open_source(path / told.file if path.is_dir() and told and told.file else path)
    chosen = format if format != "auto" else detect_format(source)
    if chosen in _MESSAGE_SUFFIXES:
        return _messages(source.path.parent, (source,), chosen, told)
    if chosen == "parquet":
        return _tabular(source, chosen, told, column_names, lambda _: read_parquet(source))
    delimiter, encoding = (told.delimiter, told.encoding) if told else (None, None)
    return _tabular(
        source, chosen, told, read_header, lambda _: read_csv(source, delimiter=delimiter, encoding=encoding)
    )


def detect_format(source: SourceFile) -> str:
    """Return the format that the first bytes speak for."""
    with source.path.open("rb") as file:
        if file.read(4) == b"PAR1":
            return "parquet"
    with source.open() as stream:
        head = stream.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(_HL7_STARTS):
        return "hl7v2"
    return "fhir" if head.startswith(b"{") else "csv"


def _folder(path: Path, format: str, told: Mapping | None) -> SourceReader:
    names = sorted(item.name for item in path.iterdir() if item.is_file())
    for kind, suffixes in _MESSAGE_SUFFIXES.items():
        fitting = [name for name in names if name.lower().endswith(suffixes)]
        if fitting and format in ("auto", kind):
            return _messages(path, tuple(open_source(path / name) for name in fitting), kind, told)
    raise InputError(
        f"the folder {path} holds no FHIR (.json, .ndjson) or HL7 (.hl7) files; name a file, or a mapping with `file:`",
        code="is_a_folder",
    )


def _messages(folder: Path, files: tuple[SourceFile, ...], format: str, told: Mapping | None) -> SourceReader:
    if told is not None:
        raise InputError(f"{format} names its own fields; --mapping is for CSV and Parquet", code="wrong_mapping")
    # Here and not at the top: the models of FHIR and HL7 take a second to import, and CSV needs neither.
    chunks: Callable[[Earlier | None], Iterator[Chunk]]
    if format == "fhir":
        from assets.intake.fhir_reader import read_fhir

        chunks = lambda _: read_fhir(files)  # noqa: E731
    else:
        from assets.intake.hl7_reader import read_hl7

        chunks = lambda earlier: read_hl7(files, earlier=earlier)  # noqa: E731
    name = files[0].name if len(files) == 1 else folder.name
    mapping = canonical_mapping(source_name(name), REGISTRATION_COLUMNS)
    return SourceReader(format, folder, files, mapping, chunks)


def source_name(file_name: str) -> str:
    """Return a file's name as the name of a source: letters, digits and a few marks, at most 64."""
    kept = "".join(mark if mark.isalnum() or mark in "_ .-" else "_" for mark in file_name)
    return kept[:64] or "file"


def _tabular(
    source: SourceFile,
    format: str,
    mapping: Mapping | None,
    names: Callable[[SourceFile], tuple[str, ...]],
    chunks: Callable[[Earlier | None], Iterator[Chunk]],
) -> SourceReader:
    if mapping is None:
        columns = names(source)
        missing = [name for name in REQUIRED_COLUMNS if name not in columns]
        if missing:
            raise source.fault(
                1,
                f"the columns {', '.join(missing)} are missing; say with --mapping FILE.yaml where they come from "
                "(docs/mappings has examples)",
                code="columns_missing",
            )
        mapping = canonical_mapping(source_name(source.name), columns)
    return SourceReader(format, source.path.parent, (source,), mapping, chunks)
