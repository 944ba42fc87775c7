"""`medisync safe-harbor`: an extract for training without the eighteen identifiers of 45 CFR 164.514(b)(2).

Belongs here: arguments, progress, the audit's event and output. Does not belong here: the export
(`assets.safe_harbor`), what crosses (`ml.safe_harbor`).
"""

import asyncio
import getpass
import re
import sys
from importlib.metadata import version
from typing import Annotated

import asyncpg
import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app_api.envelope.audit import Entry, append
from core import settings as configuration
from core.db.engine import async_engine
from core.errors import UnavailableError
from core.settings import Settings


def safe_harbor(
    place: Annotated[
        str, typer.Argument(metavar="FOLDER", help="A new folder, or a URL that fsspec reaches (s3://bucket/extract).")
    ],
    year: Annotated[
        list[int] | None, typer.Option(help="Only registrations of this year; may be given again. All when left out.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write registrations with risk features for training, built to the method of 45 CFR 164.514(b)(2)."""
    known = configuration.load()
    # Said before the long work: without its event in the audit nothing is handed out.
    asyncio.run(_ask_for_audit(known))
    # The assets take seconds to import: a wrong argument is said at once.
    from upath import UPath

    from assets.safe_harbor import SafeHarborReport, export_safe_harbor, months_by_year
    from orchestration.resources import build_resources

    warehouse = build_resources(known)["warehouse"]
    years = sorted(set(year or ()))
    screen = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        months = sum(len(found) for found in months_by_year(warehouse, years).values())
        task = bar.add_task("months, read twice", total=2 * months)
        report: SafeHarborReport = export_safe_harbor(
            warehouse,
            UPath(place),
            version=version("medisync"),
            years=years,
            told=lambda: bar.advance(task),
            before_publishing=lambda made: asyncio.run(_audit(known, made.extract_id, made.rows)),
        )
    for number, count in report.months_by_year.items():
        screen.print(
            f"{number}: only {count} months have rows. Whoever knows since when this hospital reports learns more "
            "than the year from them; --year chooses others.",
            highlight=False,
        )
    if as_json:
        told = {"place": place, **report.manifest, "months_of_short_years": report.months_by_year}
        sys.stdout.write(orjson.dumps(told, option=orjson.OPT_NON_STR_KEYS).decode() + "\n")
        return
    _show(place, report.manifest)


def _show(place: str, made: dict) -> None:
    table = Table("column", "kept", "missing", "blanked", "in the top class", title=place)
    for one in made["columns"]:
        table.add_row(one["name"], *(f"{one[count]:,}" for count in ("kept", "missing", "blanked", "topped")))
    screen = Console()
    screen.print(table)
    left_out = ", ".join(f"{count:,} {reason.replace('_', ' ')}" for reason, count in made["left_out_rows"].items())
    screen.print(
        f"{made['rows']:,} rows of {made['first_year']} to {made['last_year']}; left out: {left_out}", highlight=False
    )
    screen.print(made["statement"], highlight=False)


async def _ask_for_audit(settings: Settings) -> None:
    engine = async_engine(settings.async_database_dsn, pool_size=1)
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1 FROM audit_event LIMIT 1"))
    except (OSError, SQLAlchemyError, TimeoutError, asyncpg.PostgresError):
        raise UnavailableError(
            "the database is not reachable, and an extract is written into its audit; start it with `medisync up`",
            code="audit_away",
        ) from None
    finally:
        await engine.dispose()


async def _audit(settings: Settings, extract_id: str, rows: int) -> None:
    """Put into the audit that an extract was made: which, how many rows, by which account of the machine."""
    account = re.sub(r"[^A-Za-z0-9_.:-]", "_", getpass.getuser())[:48]
    engine = async_engine(settings.async_database_dsn, pool_size=1)
    try:
        async with engine.begin() as connection:
            await append(
                connection,
                Entry(
                    actor_id=None,
                    actor_role="machine",
                    action="extract.safe_harbor",
                    object_kind="extract",
                    object_ids=(extract_id, f"rows:{rows}", f"account:{account}"),
                    relation="any",
                ),
            )
    finally:
        await engine.dispose()
