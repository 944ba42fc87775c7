"""The contents of a backup: named entries one after the other, and a manifest at the end.

Belongs here: framing and the manifest. Does not belong here: the cipher (`core.backup.sealed_stream`), and where
entries come from or go to.

An entry's size need not be known beforehand, so that a database streams from `pg_dump` into the cipher and no byte of
it ever lies on the disk in clear.
"""

import hashlib
import json
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from core.backup.sealed_stream import SealedReader, SealedWriter
from core.errors import IntegrityError

_LENGTH = struct.Struct(">I")
_LONGEST_HEAD = 65_536
_LONGEST_FRAME = 64 * 1024 * 1024
DATABASE, FILE, _MANIFEST = "database", "file", "manifest"


@dataclass(frozen=True)
class Entry:
    """One thing in a backup: a database's dump or a file below the home."""

    kind: str
    name: str
    mode: int = 0o600


@dataclass
class Manifest:
    """What a backup says of itself: entries with size and SHA-256, and facts about the installation."""

    facts: dict[str, Any]
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)


class EntryWriter:
    """Writes entries and, at the end, the manifest."""

    def __init__(self, stream: SealedWriter) -> None:
        self._stream = stream
        self._entries: dict[str, dict[str, Any]] = {}

    def add(self, entry: Entry, chunks: Iterable[bytes]) -> None:
        """Write one entry as its bytes come."""
        digest, size = hashlib.sha256(), 0
        self._head(entry)
        for chunk in chunks:
            for start in range(0, len(chunk), _LONGEST_FRAME):
                part = chunk[start : start + _LONGEST_FRAME]
                self._stream.write(_LENGTH.pack(len(part)) + part)
                digest.update(part)
                size += len(part)
        self._stream.write(_LENGTH.pack(0))
        self._entries[f"{entry.kind}:{entry.name}"] = {"bytes": size, "sha256": digest.hexdigest()}

    def finish(self, facts: dict[str, Any]) -> Manifest:
        """Write the manifest and close the stream."""
        manifest = Manifest(facts, self._entries)
        content = json.dumps({"facts": manifest.facts, "entries": manifest.entries}).encode()
        self._head(Entry(_MANIFEST, _MANIFEST))
        self._stream.write(_LENGTH.pack(len(content)) + content + _LENGTH.pack(0))
        self._stream.close()
        return manifest

    def _head(self, entry: Entry) -> None:
        head = json.dumps({"kind": entry.kind, "name": entry.name, "mode": entry.mode}).encode()
        self._stream.write(_LENGTH.pack(len(head)) + head)


def read(stream: SealedReader) -> Iterator[tuple[Entry, Iterator[bytes]]]:
    """Yield each entry with its bytes, which must be read before the next entry is asked for."""
    while head := stream.read(_LENGTH.size):
        known = json.loads(_exactly(stream, _bounded(head, _LONGEST_HEAD)))
        yield Entry(known["kind"], known["name"], known["mode"]), _frames(stream)


def check(stream: SealedReader) -> Manifest:
    """Read a backup to its end and return its manifest; nothing is written anywhere.

    Raises
    ------
    IntegrityError
        If any byte is not what was written, or the manifest does not fit the entries.
    """
    seen: dict[str, dict[str, Any]] = {}
    manifest: Manifest | None = None
    for entry, frames in read(stream):
        digest, size, content = hashlib.sha256(), 0, bytearray()
        for part in frames:
            digest.update(part)
            size += len(part)
            if entry.kind == _MANIFEST:
                content += part
        if entry.kind == _MANIFEST:
            known = json.loads(bytes(content))
            manifest = Manifest(known["facts"], known["entries"])
        else:
            seen[f"{entry.kind}:{entry.name}"] = {"bytes": size, "sha256": digest.hexdigest()}
    if manifest is None:
        raise IntegrityError("the backup has no manifest", code="backup_broken")
    if seen != manifest.entries:
        odd = sorted(
            name for name in seen.keys() | manifest.entries.keys() if seen.get(name) != manifest.entries.get(name)
        )
        raise IntegrityError(f"the manifest does not fit the entry {odd[0]}", code="backup_broken")
    return manifest


def _frames(stream: SealedReader) -> Iterator[bytes]:
    while length := _bounded(_exactly(stream, _LENGTH.size), _LONGEST_FRAME):
        yield _exactly(stream, length)


def _bounded(packed: bytes, limit: int) -> int:
    length = _LENGTH.unpack(packed)[0] if len(packed) == _LENGTH.size else limit + 1
    if length > limit:
        raise IntegrityError("the backup's framing is broken", code="backup_broken")
    return length


def _exactly(stream: SealedReader, count: int) -> bytes:
    data = stream.read(count)
    if len(data) != count:
        raise IntegrityError("the backup ends in the middle of an entry", code="backup_broken")
    return data
