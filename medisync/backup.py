"""`medisync backup`, `medisync restore`: an encrypted copy of the whole installation, and bringing it back.

Belongs here: options, the passphrase's way in, progress bars. Does not belong here: what a backup is (`core.backup`).
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from core.backup import making, restoring
from core.backup.entries import Manifest
from core.backup.making import Told
from core.errors import InputError
from core.settings import Settings
from medisync.options import AsJson, Home, settings_of

_KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key-file", help="File whose first line is the passphrase; else MEDISYNC_BACKUP_PASSPHRASE, else asked."
    ),
]


def backup(
    place: Annotated[Path, typer.Argument(metavar="FILE", help="File to write, or a folder: named by the time then.")],
    key_file: _KeyFile = None,
    keep: Annotated[
        int | None, typer.Option(help="In a folder: how many backups stay (default: MEDISYNC_BACKUP_KEEP).")
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Write an encrypted backup while everything runs: databases, Parquet, models, Dagster's storage, keys."""
    settings = settings_of(home)
    passphrase = _passphrase(settings, key_file, twice=True)
    is_folder = place.is_dir()
    file = making.target(place)
    with _bars(making.sizes(settings)) as told:
        manifest = making.make(settings, file, passphrase=passphrase, told=told)
    restoring.check(file, passphrase=passphrase)
    removed = making.prune(place, keep if keep is not None else settings.backup_keep) if is_folder else []
    _report(file, manifest, as_json, removed=[path.name for path in removed])


def restore(
    place: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.", exists=True, dir_okay=False)],
    key_file: _KeyFile = None,
    home: Home = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Move what is in the home aside (nothing is removed).")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Only prove that the file is whole and opens.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring a backup back into a fresh home and prove that every table is the same."""
    settings = settings_of(home)
    passphrase = _passphrase(settings, key_file, twice=False)
    if check:
        _report(place, restoring.check(place, passphrase=passphrase), as_json)
        return
    restoring.require_room(settings, replace=replace)
    manifest = restoring.check(place, passphrase=passphrase)
    totals: dict[str, int] = {}
    for name, known in manifest.entries.items():
        part = "files" if name.startswith("file:") else name.partition(":")[2]
        totals[part] = totals.get(part, 0) + known["bytes"]
    with _bars(totals) as told:
        restoring.restore(settings, place, passphrase=passphrase, told=told, replace=replace)
    _report(settings.root, manifest, as_json)


def _passphrase(settings: Settings, key_file: Path | None, *, twice: bool) -> str:
    if key_file is not None:
        if not key_file.is_file():
            raise InputError(f"there is no key file {key_file}", code="no_key_file")
        return (key_file.read_text().splitlines() or [""])[0].strip()
    if settings.backup_passphrase is not None:
        return settings.backup_passphrase.get_secret_value()
    if not sys.stdin.isatty():
        raise InputError("no passphrase: name --key-file or set MEDISYNC_BACKUP_PASSPHRASE", code="no_passphrase")
    return typer.prompt("Passphrase of the backup", hide_input=True, confirmation_prompt=twice)


@contextmanager
def _bars(totals: dict[str, int]) -> Iterator[Told]:
    columns = (TextColumn("{task.description:<12}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        tasks = {name: progress.add_task(name, total=max(total, 1)) for name, total in totals.items()}

        def told(name: str, count: int) -> None:
            progress.advance(tasks[name], count)

        yield told
        for task in tasks.values():
            progress.update(task, completed=progress.tasks[task].total)


def _report(place: Path, manifest: Manifest, as_json: bool, removed: list[str] | None = None) -> None:
    tables = manifest.facts["tables"]
    report = {
        "place": str(place),
        "made_at": manifest.facts["made_at"],
        "version": manifest.facts["version"],
        "tables": sum(len(found) for found in tables.values()),
        "rows": sum(count for found in tables.values() for count, _ in found.values()),
        "files": sum(name.startswith("file:") for name in manifest.entries),
        "bytes": sum(entry["bytes"] for entry in manifest.entries.values()),
        "removed": removed or [],
    }
    if as_json:
        sys.stdout.write(json.dumps(report) + "\n")
        return
    Console().print(
        f"{place}: {report['tables']} tables with {report['rows']:,} rows, {report['files']:,} files, "
        f"as of {report['made_at']}" + (f"; removed {', '.join(report['removed'])}" if report["removed"] else ""),
        highlight=False,
    )
