"""`medisync contract`: what sources promised to deliver, and how a file differs from it.

Belongs here: arguments and output. Does not belong here: contracts (`assets.intake.contracts`).
"""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from assets.intake import contracts
from assets.intake.application import ensure_reachable
from assets.intake.formats import open_reader
from core import settings
from core.db.engine import sync_engine
from core.db.tables import SourceContract
from core.errors import InputError, NotFoundError, UnavailableError
from medisync.options import AsJson

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Show what sources promised, and how a file differs."
)


@app.command()
def show(
    source: Annotated[str | None, typer.Argument(help="One source; all of them when left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the contract that each source keeps to now."""
    engine = sync_engine(settings.load().database_dsn)
    ensure_reachable(engine)
    with engine.connect() as connection:
        names = connection.execute(select(SourceContract.source).distinct().order_by(SourceContract.source)).scalars()
        told = {name: contracts.newest_contract(connection, name) for name in names if source in (None, name)}
    engine.dispose()
    if source is not None and source not in told:
        raise NotFoundError(f"no contract of a source {source!r}; `medisync contract show` lists them all")
    found = {name: one for name, one in told.items() if one is not None}
    if as_json:
        shown = {name: {"version": one.version, "columns": contracts.columns_told(one)} for name, one in found.items()}
        sys.stdout.write(orjson.dumps({"contracts": shown}).decode() + "\n")
        return
    for name, one in found.items():
        table = Table("column", "type", "unit", "words", title=f"{name} {one.version}")
        for column in one.columns:
            table.add_row(column.name, column.type, column.unit or "", ", ".join(column.values or ()))
        Console().print(table)


@app.command("diff")
def compare(
    path: Annotated[Path, typer.Argument(help="A CSV or Parquet file.")],
    mapping: Annotated[Path | None, typer.Option(help="The mapping that it would be imported with.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say how a file differs from what its source delivered before; exit 1 when an import would be refused."""
    reader = open_reader(path, format="auto", mapping=mapping)
    if reader.format not in ("csv", "parquet"):
        raise InputError(f"{reader.format} is held to its standard, not to a contract", code="no_contract")
    delivery = contracts.delivery_of(reader.mapping)
    for chunk in reader.chunks(None):
        delivery.add(chunk.rows)
    name = contracts.contract_name(reader.mapping.source)
    engine = sync_engine(settings.load().database_dsn)
    try:
        with engine.connect() as connection:
            old = contracts.newest_contract(connection, name)
    except OperationalError:
        raise UnavailableError("the database is not reachable; start it with `medisync up`") from None
    finally:
        engine.dispose()
    verdict = contracts.compare(old, delivery.promise(name, "1.0"))
    told = {
        "source": name,
        "known": old.version if old else None,
        "would_be": verdict.contract.version,
        "changes": [asdict(change) for change in verdict.changes],
    }
    if as_json:
        sys.stdout.write(orjson.dumps(told).decode() + "\n")
    else:
        screen = Console()
        screen.print(f"{name}: {told['known'] or 'no contract yet'} -> {told['would_be']}", highlight=False)
        for change in verdict.changes:
            screen.print(f"{'breaks ' if change.is_breaking else 'adds   '} {change.detail}", highlight=False)
    if verdict.breaking:
        raise typer.Exit(1)
