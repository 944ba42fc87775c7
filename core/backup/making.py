"""Making a backup: every database in one snapshot each, then every file of the home, into one sealed file.

Belongs here: what goes in and in which order. Does not belong here: reading it back (`core.backup.restoring`).

Databases come first: a file is always written before the row that names it, so that whatever a dump names is there.
"""

import os
import re
import stat
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from core import clock
from core.backup import databases
from core.backup.entries import DATABASE, FILE, Entry, EntryWriter, Manifest
from core.backup.sealed_stream import SealedWriter
from core.errors import ConflictError, InputError
from core.settings import Settings

#: Left out: processes' marks and logs, servers' own files (the dumps hold the data; Valkey is never the only copy).
LEFT_OUT = ("run", "logs", "postgres", "postgres.new", "valkey", "nginx")
_READ_BYTES = 1024 * 1024
SUFFIX = ".medisync"
_OURS = re.compile(r"medisync-\d{8}T\d{6}Z" + re.escape(SUFFIX) + r"\Z")

#: Called with (what: a database's name or `files`, bytes done since the last call).
Told = Callable[[str, int], None]


def target(place: Path) -> Path:
    """Return the file to write: `place`, or in a folder a name made of the time.

    Raises
    ------
    ConflictError
        If the file is there already.
    InputError
        If its folder is not.
    """
    if place.is_dir():
        place = place / f"medisync-{clock.now():%Y%m%dT%H%M%SZ}{SUFFIX}"
    if place.exists():
        raise ConflictError(f"{place} exists; a backup never overwrites another", code="exists")
    if not place.parent.is_dir():
        raise InputError(f"the folder {place.parent} does not exist", code="no_folder")
    return place


def sizes(settings: Settings) -> dict[str, int]:
    """Return the bytes of each part, for a progress bar."""
    parts = {name: databases.size(dsn) for name, dsn in databases.dsns(settings).items()}
    return {**parts, "files": sum(path.stat().st_size for path in _files(settings.root))}


def make(settings: Settings, place: Path, *, passphrase: str, told: Told) -> Manifest:
    """Write a backup of this installation to `place`; it appears there only when it is whole.

    Parameters
    ----------
    settings : Settings
    place : Path
        A file that does not exist.
    passphrase : str
        Opens it again; at least 16 characters.
    told : callable
        Hears of the progress.
    """
    partial = place.with_name(f"{place.name}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            writer = EntryWriter(SealedWriter(file, passphrase))
            facts = _databases(settings, writer, told)
            for path in _files(settings.root):
                _file(writer, settings.root, path, told)
            manifest = writer.finish(facts)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    partial.replace(place)
    return manifest


def prune(folder: Path, keep: int) -> list[Path]:
    """Remove all but the newest `keep` backups that carry our names in a folder; return those removed.

    Raises
    ------
    InputError
        If `keep` is below 1: the last backup is never removed.
    """
    if keep < 1:
        raise InputError(f"{keep} backups to keep; at least 1", code="bad_keep")
    found = sorted(path for path in folder.iterdir() if _OURS.match(path.name))
    old = found[:-keep]
    for path in old:
        path.unlink()
    return old


def _databases(settings: Settings, writer: EntryWriter, told: Told) -> dict[str, Any]:
    tables: dict[str, databases.Digests] = {}
    known = databases.dsns(settings)
    for name, dsn in known.items():
        with databases.snapshot(dsn) as (identifier, connection):
            writer.add(Entry(DATABASE, name), counted(databases.dump(dsn, identifier), name, told))
            tables[name] = databases.digests(connection)
    return {
        "made_at": clock.iso(clock.now()),
        "version": version("medisync"),
        "tables": tables,
        "roles": databases.roles(known["medisync"]),
    }


def _file(writer: EntryWriter, root: Path, path: Path, told: Told) -> None:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return  # renamed or renewed since it was listed
    with file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        chunks = iter(lambda: file.read(_READ_BYTES), b"")
        writer.add(Entry(FILE, path.relative_to(root).as_posix(), mode), counted(chunks, "files", told))


def _files(root: Path) -> Iterator[Path]:
    for folder, names, files in os.walk(root):
        here = Path(folder)
        if here == root:
            names[:] = [name for name in names if name not in LEFT_OUT]
        names.sort()
        for name in sorted(files):
            path = here / name
            if not name.endswith((".tmp", ".lock", ".partial", SUFFIX)) and path.is_file() and not path.is_symlink():
                yield path


def counted(chunks: Iterator[bytes], name: str, told: Told) -> Iterator[bytes]:
    """Yield the chunks as they are, and say of each how long it is."""
    for chunk in chunks:
        told(name, len(chunk))
        yield chunk
