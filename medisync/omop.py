"""`medisync omop`: the validated registrations as OMOP Common Data Model 5.4.

Belongs here: arguments and output. Does not belong here: the export (`assets.omop`).
"""

import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from core import clock, settings
from medisync.options import AsJson


class Visits(StrEnum):
    """What kind of visit a registration is."""

    EMERGENCY = "emergency"
    OUTPATIENT = "outpatient"


def omop(
    folder: Annotated[Path, typer.Argument(help="A new folder: one CSV file a table, and load.sql for psql.")],
    vocabulary: Annotated[
        Path | None, typer.Option(help="Athena's folder (CONCEPT.csv, …): conditions get standard concepts.")
    ] = None,
    visits: Annotated[Visits, typer.Option(help="What kind of visit a registration is.")] = Visits.EMERGENCY,
    holder: Annotated[str, typer.Option(help="Whose data they are (cdm_holder).")] = "unnamed hospital",
    as_json: AsJson = False,
) -> None:
    """Write persons, visits and conditions for OHDSI's tools; patients by pseudonym, no names."""
    # The assets take seconds to import: a wrong argument is said at once.
    from assets.omop import export_omop
    from orchestration.resources import build_resources

    report = export_omop(
        build_resources(settings.load())["warehouse"],
        folder,
        made_on=clock.today(),
        holder=holder,
        vocabulary=vocabulary,
        setting=visits.value,
    )
    if as_json:
        sys.stdout.write(orjson.dumps(asdict(report)).decode() + "\n")
        return
    table = Table("table", "rows", title=str(folder))
    for name, count in report.rows.items():
        table.add_row(name, f"{count:,}")
    screen = Console()
    screen.print(table)
    screen.print(
        f"{report.mapped_conditions:,} conditions have a standard concept (vocabulary {report.vocabulary_version}); "
        f"left out for want of an age: {report.left_out_persons:,} persons, {report.left_out_visits:,} visits",
        highlight=False,
    )
