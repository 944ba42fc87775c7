"""The file as it lies on disk: opened, unpacked, bounded, and held to be the same at the end as at the start.

Belongs here: gzip, limits against bombs, the file's hash, the notice that it changed. Does not belong here: which
members an archive has (`archive`), text and records (see the readers).
"""

import gzip
import hashlib
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from core.errors import InputError

_MEBI = 1024 * 1024

#: Unpacked bytes up to which nobody asks; past it, a ratio above `BOMB_RATIO` is a bomb (text packs 5 to 50 times).
BOMB_FLOOR = 64 * _MEBI
BOMB_RATIO = 200


@dataclass(frozen=True)
class Packed:
    """A member of an archive: its name there, its packed bytes, and how to open it unpacked."""

    name: str
    size: int
    open: Callable[[], IO[bytes]]


@dataclass(frozen=True)
class SourceFile:
    """One file under import.

    Attributes
    ----------
    path : Path
        On disk; of a member, that of its archive.
    sha256 : str
        Of the bytes on disk.
    state : tuple[int, int, int]
        Inode, size, modification time in nanoseconds when the hash was taken.
    member : Packed or None
        Which part of the archive at `path` it is; None of a file of its own.
    """

    path: Path
    sha256: str
    state: tuple[int, int, int]
    member: Packed | None = None

    @property
    def name(self) -> str:
        return self.path.name if self.member is None else f"{self.path.name}/{self.member.name}"

    @property
    def own_name(self) -> str:
        """The last part of its name, without the archive around it."""
        return self.name.rsplit("/", 1)[-1]

    def fault(self, where: int | str, message: str, *, code: str) -> InputError:
        """Return the error that names this file, the line (or in words another place in it), and what is wrong."""
        place = f"line {where}" if isinstance(where, int) else where
        return InputError(f"{self.name}, {place}: {message}; nothing was imported", code=code)

    def ensure_unchanged(self, reached: str | None = None) -> None:
        """Refuse a file that was written to while it was read.

        Parameters
        ----------
        reached : str, optional
            The last record that was read ("line 17"); left out, the error names the last byte.

        Raises
        ------
        InputError
        """
        size = self.state[1]
        try:
            now = _state(self.path)
        except FileNotFoundError:
            now = None
        if now != self.state:
            told = "gone now" if now is None else f"{now[1]:,} now"
            raise self.fault(
                reached or f"byte {size:,}",
                f"the file changed while it was read ({size:,} bytes when the import began, {told}); "
                "wait until it is complete and import it again",
                code="file_changed",
            )

    def head(self, size: int) -> bytes:
        """Return the first bytes, unpacked."""
        with self.open() as stream:
            return stream.read(size)

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Open the bytes, unpacked when they are packed, under a watch against bombs."""
        if self.member is not None:
            with self.member.open() as unpacked:
                yield _Bounded(unpacked, self, kind="zip", packed=self.member.size)  # type: ignore[misc]
            return
        with self.path.open("rb") as file:
            is_gzip = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            if is_gzip:
                with gzip.GzipFile(fileobj=file) as unpacked:
                    yield _Bounded(unpacked, self, kind="gzip", packed=self.state[1])  # type: ignore[misc]
            else:
                yield file


def most_unpacked(packed: int) -> int:
    """Return the bytes that so many packed bytes may become before they count as a bomb."""
    return max(BOMB_FLOOR, BOMB_RATIO * packed)


class _Bounded:
    """A stream that counts what it unpacks and turns the ways in which gzip and zip break into our error."""

    def __init__(self, stream: IO[bytes], source: SourceFile, *, kind: str, packed: int) -> None:
        self._stream = stream
        self._source = source
        self._kind = kind
        self._limit = most_unpacked(packed)
        self._unpacked = 0
        self._lines = 0

    def read(self, size: int = -1) -> bytes:
        if size is None or size < 0:
            size = self._limit - self._unpacked + 1
        try:
            block = self._stream.read(size)
        except EOFError:
            raise self._fault("ends in the middle; it was cut off on the way", f"truncated_{self._kind}") from None
        except (gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, OSError):
            raise self._fault("is damaged", f"damaged_{self._kind}") from None
        self._unpacked += len(block)
        self._lines += block.count(b"\n")
        if self._unpacked > self._limit:
            raise self._source.fault(self._lines + 1, bomb(self._limit), code="zip_bomb")
        return block

    def _fault(self, ails: str, code: str) -> InputError:
        return self._source.fault(self._lines + 1, f"the {self._kind} file {ails}", code=code)


def bomb(limit: int) -> str:
    """Say what is wrong with something that unpacks to more than `limit` bytes."""
    return (
        f"unpacks to more than {limit // _MEBI} MiB, over {BOMB_RATIO} times its size; "
        "if it is genuine, unpack it yourself and import that"
    )


def open_source(path: Path) -> SourceFile:
    """Take the hash and the state of a file.

    Raises
    ------
    InputError
        If there is no such file, it cannot be read, or it holds nothing.
    """
    if not path.is_file():
        raise InputError(f"there is no file {path}; name a file to import", code="no_such_file")
    state = _state(path)
    if state[1] == 0:
        raise InputError(f"{path.name}, line 1: the file is empty; nothing was imported", code="empty_file")
    try:
        with path.open("rb") as file:
            return SourceFile(path, hashlib.file_digest(file, "sha256").hexdigest(), state)
    except PermissionError:
        raise InputError(f"{path} may not be read; check its permissions", code="unreadable_file") from None


def _state(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns
