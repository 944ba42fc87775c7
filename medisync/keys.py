"""`medisync keys …`: the keys of sealed rows.

Belongs here: the command. Does not belong here: rotation itself (`core.key_store`).
"""

import json
import sys
import time

import typer

from core import key_store, settings
from core.db.engine import sync_engine
from core.errors import IntegrityError
from medisync.options import AsJson

app = typer.Typer(help="Keys of sealed rows.", no_args_is_help=True, add_completion=False)


@app.callback()
def keys() -> None:
    """Keys that names, notes and documents are sealed under."""


@app.command()
def rotate(as_json: AsJson = False) -> None:
    """Make a new key and re-seal every row under it, while everything runs."""
    known = settings.load()
    engine = sync_engine(known.database_dsn)
    started = time.perf_counter()
    try:
        rows = key_store.rotate(engine, known.secrets["phi_master_key"], _tell_table)
        with engine.connect() as connection:
            left = key_store.left_behind(connection)
    finally:
        engine.dispose()
    if left:
        raise IntegrityError(f"{left} rows are still sealed under an old key; run this again", code="rows_left")
    rate = round(rows / max(time.perf_counter() - started, 1e-9))
    if as_json:
        sys.stdout.write(json.dumps({"rows": rows, "left": left, "rows_per_second": rate}) + "\n")
    else:
        sys.stdout.write(f"{rows} rows sealed under a new key ({rate} rows/s), none left under an old one\n")


def _tell_table(table: str, rows: int) -> None:
    sys.stderr.write(f"{table}: {rows} rows\n")
