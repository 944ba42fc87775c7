"""Which reader a path needs: the format found out, the mapping chosen, one source made of it.

Belongs here: detection of the format, and the choice of files in a folder. Does not belong here: reading records.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from assets.intake.archive import Folder, Place, is_archive, open_archive
from assets.intake.chunks import Chunk
from assets.intake.csv_reader import read_csv, read_header
from assets.intake.earlier import Earlier
from assets.intake.mapping import Mapping, canonical_mapping, load_mapping
from assets.intake.parquet_reader import column_names, read_parquet
from assets.intake.source_file import SourceFile
from core.errors import InputError
from core.vocabulary import REGISTRATION_COLUMNS, REQUIRED_COLUMNS

FORMATS = ("auto", "csv", "parquet", "fhir", "hl7v2")
#: Formats whose records name their own fields, by the suffixes of their files; only they come as folders of files.
_MESSAGE_SUFFIXES = {"fhir": (".json", ".ndjson", ".json.gz", ".ndjson.gz"), "hl7v2": (".hl7", ".adt", ".hl7.gz")}
_HL7_STARTS = (b"MSH|", b"FHS|", b"BHS|", b"\x0bMSH|")


@dataclass(frozen=True)
class SourceReader:
    """Everything an import needs to know of its source; `chunks` reads it from the start.

    Attributes
    ----------
    place : Place
        Where the files lie, and those that a mapping looks values up in.
    chunks : callable
        Takes what looks up earlier versions of visits, for messages that tell only what has changed.
    """

    format: str
    name: str
    place: Place
    files: tuple[SourceFile, ...]
    mapping: Mapping
    chunks: Callable[[Earlier | None], Iterator[Chunk]]

    @property
    def sha256(self) -> str:
        """Hash of the file, or of the files' hashes in the order of their names."""
        if len(self.files) == 1:
            return self.files[0].sha256
        return hashlib.sha256("".join(file.sha256 for file in self.files).encode()).hexdigest()

    def ensure_unchanged(self, reached: str | None = None) -> None:
        """Refuse the import if any of the files was written to meanwhile; of a single one, say what was read last."""
        for file in self.files:
            file.ensure_unchanged(reached if len(self.files) == 1 else None)


def open_reader(path: Path, *, format: str, mapping: Path | None) -> SourceReader:
    """Find out how to read a path.

    Raises
    ------
    InputError
        If the format is unknown, the mapping is wrong, columns are missing without one, or an archive is unfit.
    """
    if format not in FORMATS:
        raise InputError(f"there is no format {format!r}; allowed are {', '.join(FORMATS)}", code="unknown_format")
    told = load_mapping(mapping) if mapping is not None else None
    place = Folder(path) if path.is_dir() else open_archive(path) if is_archive(path) else Folder(path.parent)
    if path.is_dir() or is_archive(path):
        name = (told.file if told else None) or (place.names[0] if len(place.names) == 1 else None)
        if name is None:
            return _several(path, place, format, told)
    else:
        name = path.name
    source = place.source(name)
    chosen = format if format != "auto" else detect_format(source)
    if chosen in _MESSAGE_SUFFIXES:
        return _messages(source.name, place, (source,), chosen, told)
    if chosen == "parquet":
        return _tabular(source, place, chosen, told, column_names, lambda _: read_parquet(source))
    delimiter, encoding = (told.delimiter, told.encoding) if told else (None, None)
    return _tabular(
        source, place, chosen, told, read_header, lambda _: read_csv(source, delimiter=delimiter, encoding=encoding)
    )


def detect_format(source: SourceFile) -> str:
    """Return the format that the first bytes speak for."""
    head = source.head(4096)
    if head.startswith(b"PAR1"):
        return "parquet"
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(_HL7_STARTS):
        return "hl7v2"
    return "fhir" if head.startswith(b"{") else "csv"


def _several(path: Path, place: Place, format: str, told: Mapping | None) -> SourceReader:
    """Return the reader of all messages that lie at a place."""
    for kind, suffixes in _MESSAGE_SUFFIXES.items():
        fitting = [name for name in place.names if name.lower().endswith(suffixes)]
        if fitting and format in ("auto", kind):
            return _messages(path.name, place, tuple(place.source(name) for name in fitting), kind, told)
    raise InputError(
        f"{path} holds {len(place.names)} files, none of them FHIR (.json, .ndjson) or HL7 (.hl7); name one file, or "
        "one by `file:` in a mapping",
        code="is_a_folder",
    )


def _messages(
    name: str, place: Place, files: tuple[SourceFile, ...], format: str, told: Mapping | None
) -> SourceReader:
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
    own_name = files[0].own_name if len(files) == 1 else name
    mapping = canonical_mapping(source_name(own_name), REGISTRATION_COLUMNS)
    return SourceReader(format, name, place, files, mapping, chunks)


def source_name(file_name: str) -> str:
    """Return a file's name as the name of a source: letters, digits and a few marks, at most 64."""
    kept = "".join(mark if mark.isalnum() or mark in "_ .-" else "_" for mark in file_name)
    return kept[:64] or "file"


def _tabular(
    source: SourceFile,
    place: Place,
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
        mapping = canonical_mapping(source_name(source.own_name), columns)
    return SourceReader(format, source.name, place, (source,), mapping, chunks)
