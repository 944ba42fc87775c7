"""The file as it lies on disk: opened, unpacked, bounded, and held to be the same at the end as at the start.

Belongs here: gzip, limits against bombs, the file's hash, the notice that it changed. Does not belong here: text and
records (see the readers).
"""

import gzip
import hashlib
import zlib
from collections.abc import Iterator
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
class SourceFile:
    """One file under import.

    Attributes
    ----------
    path : Path
    sha256 : str
        Of the bytes on disk.
    state : tuple[int, int, int]
        Inode, size, modification time in nanoseconds when the hash was taken.
    """

    path: Path
    sha256: str
    state: tuple[int, int, int]

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def is_gzip(self) -> bool:
        with self.path.open("rb") as file:
            return file.read(2) == b"\x1f\x8b"

    def fault(self, line: int | None, message: str, *, code: str) -> InputError:
        """Return the error that names this file, the line when there is one, and what is wrong."""
        where = self.name if line is None else f"{self.name}, line {line}"
        return InputError(f"{where}: {message}; nothing was imported", code=code)

    def ensure_unchanged(self) -> None:
        """Refuse a file that was written to while it was read.

        Raises
        ------
        InputError
        """
        try:
            now = _state(self.path)
        except FileNotFoundError:
            now = (0, 0, 0)
        if now != self.state:
            raise self.fault(
                None,
                "the file changed while it was read; wait until it is complete and import it again",
                code="file_changed",
            )

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Open the bytes, unpacked when they are gzip, under a watch against bombs."""
        with self.path.open("rb") as file:
            if self.is_gzip:
                with gzip.GzipFile(fileobj=file) as unpacked:
                    yield _Bounded(unpacked, self)  # type: ignore[misc]
            else:
                yield file


class _Bounded:
    """A gzip stream that counts what it unpacks and turns the ways in which gzip breaks into our error."""

    def __init__(self, stream: gzip.GzipFile, source: SourceFile) -> None:
        self._stream = stream
        self._source = source
        self._limit = max(BOMB_FLOOR, BOMB_RATIO * source.state[1])
        self._unpacked = 0
        self._lines = 0

    def read(self, size: int = -1) -> bytes:
        if size is None or size < 0:
            size = self._limit - self._unpacked + 1
        try:
            block = self._stream.read(size)
        except EOFError:
            raise self._source.fault(
                self._lines + 1, "the gzip file ends in the middle; it was cut off on the way", code="truncated_gzip"
            ) from None
        except (gzip.BadGzipFile, zlib.error):
            raise self._source.fault(self._lines + 1, "the gzip file is damaged", code="damaged_gzip") from None
        self._unpacked += len(block)
        self._lines += block.count(b"\n")
        if self._unpacked > self._limit:
            raise self._source.fault(
                self._lines + 1,
                f"unpacks to more than {self._limit // _MEBI} MiB, over {BOMB_RATIO} times its size; "
                "if it is genuine, unpack it yourself and import that",
                code="zip_bomb",
            )
        return block


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
