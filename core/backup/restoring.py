"""Bringing a backup back: checked to its last byte first, then put in place, then compared table by table.

Belongs here: the order and the refusals. Does not belong here: making one (`core.backup.making`).

Nothing of an installation that is there already is ever removed: with `replace` it is moved aside.
"""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from core import clock
from core.backup import databases, entries
from core.backup.entries import DATABASE, FILE, Entry, Manifest
from core.backup.making import LEFT_OUT, Told, counted
from core.backup.sealed_stream import SealedReader
from core.embedded import home as homes
from core.embedded import postgres, postgres_files, service
from core.errors import ConflictError, IntegrityError
from core.settings import Settings


def check(place: Path, *, passphrase: str) -> Manifest:
    """Read a backup to its end and return its manifest; nothing is written.

    Raises
    ------
    IntegrityError
        If it was changed or cut off, or the passphrase is another.
    """
    with place.open("rb") as file:
        return entries.check(SealedReader(file, passphrase))


def require_room(settings: Settings, *, replace: bool) -> None:
    """Refuse a home that is in use, or that holds something unless it is to be replaced.

    Raises
    ------
    ConflictError
        With what to do.
    """
    root = settings.root
    if not root.exists():
        return
    room = homes.room_of(settings)
    if homes.launcher(settings) is not None or any(room.run_dir.glob("*.json")):
        raise ConflictError(
            f"MediSync runs from {root}; stop it with `medisync down` before a restore", code="already_running"
        )
    if not replace and any(root.iterdir()):
        raise ConflictError(
            f"{root} is not empty; name a fresh home with --home, or say --replace to move this one aside",
            code="not_empty",
        )


def restore(settings: Settings, place: Path, *, passphrase: str, told: Told, replace: bool = False) -> Manifest:
    """Put a backup into this (fresh) home and its databases, and prove that every table is the same.

    Parameters
    ----------
    settings : Settings
        Of the home to fill. An embedded PostgreSQL is started for it and stopped again.
    place : Path
    passphrase : str
    told : callable
        Hears of the progress.
    replace : bool
        Move an installation that is there aside instead of refusing.

    Raises
    ------
    IntegrityError
        If the file is not whole and unchanged (nothing was touched then), or a table came out otherwise.
    ConflictError
        If the home or a database is not empty.
    """
    manifest = check(place, passphrase=passphrase)
    require_room(settings, replace=replace)
    if settings.root.exists() and any(settings.root.iterdir()):
        move_aside(settings)
    settings.root.mkdir(parents=True, exist_ok=True)
    with place.open("rb") as file:
        _files(settings, SealedReader(file, passphrase), told)
    homes.make_home(settings)
    server = postgres.service(settings)
    room = homes.room_of(settings)
    service.start(server, room)
    try:
        known = databases.dsns(settings)
        for dsn in known.values():
            databases.require_empty(dsn)
        databases.ensure_roles(known["medisync"], manifest.facts["roles"])
        with place.open("rb") as file:
            for entry, chunks in entries.read(SealedReader(file, passphrase)):
                if entry.kind == DATABASE:
                    databases.restore(known[entry.name], counted(chunks, entry.name, told))
                else:
                    _drain(chunks)
        for name, dsn in known.items():
            _compare(name, manifest.facts["tables"][name], databases.digests_now(dsn))
    finally:
        service.stop(server, room)
    return manifest


def move_aside(settings: Settings) -> Path:
    """Rename the home, and its cluster where that lies elsewhere; return the new place."""
    stamp = f"{clock.now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
    cluster = postgres_files.locate(settings.root).data_dir
    aside = settings.root.with_name(f"{settings.root.name}.before-restore-{stamp}")
    if settings.root not in cluster.parents and cluster.exists():
        cluster.rename(cluster.with_name(f"{cluster.name}.before-restore-{stamp}"))
    settings.root.rename(aside)
    return aside


def _files(settings: Settings, stream: SealedReader, told: Told) -> None:
    for entry, chunks in entries.read(stream):
        if entry.kind != FILE:
            _drain(chunks)
            continue
        path = settings.root / _safe(entry)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = path.with_name(f"{path.name}.restoring")
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            for chunk in counted(chunks, "files", told):
                file.write(chunk)
        temporary.chmod(entry.mode & 0o700)
        temporary.replace(path)


def _safe(entry: Entry) -> PurePosixPath:
    path = PurePosixPath(entry.name)
    if path.is_absolute() or not path.parts or ".." in path.parts or path.parts[0] in LEFT_OUT:
        raise IntegrityError(f"the backup holds a file in a place that is not allowed: {entry.name!r}", code="bad_name")
    return path


def _compare(name: str, wanted: databases.Digests, found: databases.Digests) -> None:
    odd = sorted(table for table in wanted.keys() | found.keys() if wanted.get(table) != found.get(table))
    if odd:
        raise IntegrityError(
            f"{len(odd)} tables of {name} differ from the backup after the restore, first {odd[0]}: "
            f"{wanted.get(odd[0])} then, {found.get(odd[0])} now",
            code="restore_differs",
        )


def _drain(chunks: Iterator[bytes]) -> None:
    for _ in chunks:
        pass
