"""Where the files of one delivery lie side by side: a folder, or a zip archive read where it is.

Belongs here: names of files, finding one by name, what makes an archive unfit. Does not belong here: unpacking and its
bounds (`source_file`), choosing among the files (`formats`).

A member is read as a stream and never written anywhere, so its name leads to no path; a name that tries to is refused.
"""

import zipfile
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from assets.intake.source_file import Packed, SourceFile, bomb, most_unpacked, open_source
from core.errors import InputError

_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
#: No delivery has more files; the list of an archive's members lies in memory.
MOST_MEMBERS = 50_000
_ENCRYPTED = 0x1
#: What Python unpacks no further than it is asked to; bzip2 and LZMA it unpacks as far as they go.
_BOUNDED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
#: Of the archives that could lie inside of one; an archive is opened once.
_PACKED_STARTS = (*_STARTS, b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf")


class Place(Protocol):
    """Files that lie side by side."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the files, in order."""
        ...

    def source(self, name: str) -> SourceFile:
        """Return the file of this name, ready to be read; raises InputError when it is not there."""
        ...


@dataclass(frozen=True)
class Folder:
    """A folder on disk."""

    path: Path

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(item.name for item in self.path.iterdir() if item.is_file()))

    def source(self, name: str) -> SourceFile:
        return open_source(self.path / name)


@dataclass(frozen=True)
class Archive:
    """A zip archive whose members are fit to be read; its file stays open as long as this lives."""

    file: SourceFile
    members: dict[str, zipfile.ZipInfo] = field(repr=False)
    unpacker: zipfile.ZipFile = field(repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self.members))

    def source(self, name: str) -> SourceFile:
        """Return a member by its name, or by the last part of it where only one member ends so.

        Raises
        ------
        InputError
            If there is none, or it is an archive itself.
        """
        fitting = [known for known in self.members if name in (known, known.rsplit("/", 1)[-1])]
        if len(fitting) != 1:
            found = "no" if not fitting else "more than one"
            raise InputError(f"{self.file.name} holds {found} file {name}; name one that it holds", code="no_such_file")
        info = self.members[fitting[0]]
        packed = Packed(info.filename, info.compress_size, partial(_opened, self.unpacker, info, self.file))
        source = replace(self.file, member=packed)
        head = source.head(6)
        if not head:
            raise source.fault(1, "the file is empty", code="empty_file")
        if head.startswith(_PACKED_STARTS):
            raise source.fault("byte 0", "an archive inside of an archive; unpack the outer one", code="nested_archive")
        if head.startswith(b"PAR1"):
            raise source.fault("byte 0", "Parquet is packed already; import it without the zip", code="zipped_parquet")
        return source


def is_archive(path: Path) -> bool:
    """Say whether a file begins as a zip archive does."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) in _STARTS


def open_archive(path: Path) -> Archive:
    """Read the list of an archive's members.

    Raises
    ------
    InputError
        If it is cut off or damaged, is an Office document, holds too many members or none, or a member is encrypted,
        packed in a way we cannot undo, or named like a path that leads elsewhere; or if the members together unpack to
        more than their size explains. Names the archive, the member and the byte where that begins.
    """
    file = open_source(path)
    try:
        unpacker = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise file.fault(
            f"byte {file.state[1]:,}", "no list of members at its end; the zip file was cut off or is damaged",
            code="damaged_zip",
        ) from None  # fmt: skip
    members = [info for info in unpacker.infolist() if not info.is_dir() and not _is_junk(info.filename)]
    if any(info.filename == "[Content_Types].xml" for info in members):
        raise file.fault("byte 0", "an Office document; save the sheet as CSV and import that", code="office_document")
    if not members:
        raise file.fault("byte 0", "the zip file holds no file", code="empty_file")
    if len(members) > MOST_MEMBERS:
        raise file.fault("byte 0", f"holds more than {MOST_MEMBERS:,} files", code="too_many_members")
    named: set[str] = set()
    for info in members:
        _ensure_fit(file, info)
        if info.filename in named:
            raise _fault(file, info, "is there twice; which one counts, nobody can say", code="member_twice")
        named.add(info.filename)
    limit = most_unpacked(file.state[1])
    if sum(info.file_size for info in members) > limit:
        largest = max(members, key=lambda info: info.file_size)
        raise _fault(file, largest, bomb(limit), code="zip_bomb")
    return Archive(file, {info.filename: info for info in members}, unpacker)


def _is_junk(name: str) -> bool:
    """Whether a system put it there beside what was packed."""
    return name.startswith("__MACOSX/") or name.rsplit("/", 1)[-1] in (".DS_Store", "Thumbs.db", "desktop.ini")


def _ensure_fit(file: SourceFile, info: zipfile.ZipInfo) -> None:
    parts = info.filename.replace("\\", "/").split("/")
    if not info.filename.isprintable() or "" in parts or ".." in parts or parts[0].endswith(":"):
        raise file.fault(
            f"byte {info.header_offset:,}", "a member is named like a path that leads elsewhere", code="unsafe_member"
        )
    if info.flag_bits & _ENCRYPTED:
        raise _fault(file, info, "is encrypted; unpack it with its password and import that", code="encrypted_zip")
    if info.compress_type not in _BOUNDED:
        raise _fault(file, info, "is packed in a way that is not read here; use deflate", code="unknown_packing")


def _fault(file: SourceFile, info: zipfile.ZipInfo, message: str, *, code: str) -> InputError:
    return file.fault(f"byte {info.header_offset:,} ({info.filename})", message, code=code)


def _opened(unpacker: zipfile.ZipFile, info: zipfile.ZipInfo, file: SourceFile) -> zipfile.ZipExtFile:
    try:
        return unpacker.open(info)  # type: ignore[return-value]
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError):
        raise _fault(file, info, "the zip file is damaged here", code="damaged_zip") from None
