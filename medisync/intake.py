"""`medisync import`: registrations from a file into the inbox.

Belongs here: arguments, progress on standard error, the object on standard output. Does not belong here: reading and
landing (`assets.intake`).
"""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from assets.intake import ImportReport
from assets.intake import import_file as import_registrations
from core import settings
from medisync.options import AsJson


def import_file(
    path: Annotated[Path, typer.Argument(help="A file, or a folder or zip of bundles, messages or mapped CSV files.")],
    format: Annotated[str, typer.Option(help="auto, csv, parquet, fhir or hl7v2.")] = "auto",
    mapping: Annotated[Path | None, typer.Option(help="YAML that says where our columns come from.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count everything, write nothing.")] = False,
    as_json: AsJson = False,
    accept_contract: Annotated[
        str | None, typer.Option(help="Why a change that breaks the source's contract is right.")
    ] = None,
    outcomes: Annotated[
        Path | None, typer.Option(help="Write a FHIR OperationOutcome for each parked record, one a line.")
    ] = None,
) -> None:
    """Import registrations from a file; every record is accepted, quarantined with its reasons, or a duplicate."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed:,}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(f"reading {path.name}", total=None)
        report = import_registrations(
            path,
            settings=settings.load(),
            format=format,
            mapping=mapping,
            dry_run=dry_run,
            progress=lambda read: bar.update(task, completed=read),
            accept_contract=accept_contract,
            outcomes=outcomes,
        )
    if not report.is_compared:
        console.print(
            "The database was not reachable: the comparison with the application's registrations and with the "
            "source's contract was skipped. Rows counted as accepted here may turn out to be duplicates.",
            highlight=False,
        )
    if as_json:
        told = asdict(report)
        del told["is_compared"]
        sys.stdout.write(orjson.dumps(told).decode() + "\n")
    else:
        screen = Console()
        screen.print(f"{path.name}: nothing was written (dry run)" if dry_run else path.name, highlight=False)
        screen.print(_table(report))


def _table(report: ImportReport) -> Table:
    table = Table()
    table.add_column("records")
    table.add_column("count", justify="right")
    for label in ("read", "accepted", "quarantined", "duplicates"):
        table.add_row(label, f"{getattr(report, label):,}")
    if report.reasons:
        table.add_section()
        for code, count in sorted(report.reasons.items(), key=lambda item: -item[1]):
            table.add_row(code, f"{count:,}")
    return table
