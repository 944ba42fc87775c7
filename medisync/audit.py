"""`medisync audit …`: verify that nobody changed the audit.

Belongs here: the commands. Does not belong here: seals (`core.audit_seals`).
"""

import json
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from core import audit_seals, sealing, settings
from core.db.engine import sync_engine
from core.errors import IntegrityError
from medisync.options import AsJson

app = typer.Typer(help="The audit and its seals.", no_args_is_help=True, add_completion=False)


@app.callback()
def audit() -> None:
    """The audit: who did and saw what."""


@app.command()
def verify(
    anchor: Annotated[Path | None, typer.Option(help="Copy of the anchor file; the home's own when left out")] = None,
    as_json: AsJson = False,
) -> None:
    """Verify every seal and every event; exit 1 and name what is wrong if something is."""
    known = settings.load()
    public = sealing.public_key(known.secrets["audit_signing_key"])
    engine = sync_engine(known.database_dsn)
    started = time.perf_counter()
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            found = audit_seals.verify_all(connection, public=public, anchor_path=anchor or known.audit_anchor_file)
    finally:
        engine.dispose()
    rate = round(found.events / max(time.perf_counter() - started, 1e-9))
    if as_json:
        sys.stdout.write(
            json.dumps(
                {"events": found.events, "seals": found.seals, "waiting": found.waiting, "faults": found.faults,
                 "is_intact": not found.faults, "events_per_second": rate}
            )
            + "\n"
        )  # fmt: skip
    else:
        for fault in found.faults:
            sys.stdout.write(f"{fault}\n")
        sys.stdout.write(f"{found.events} events, {found.seals} seals, {found.waiting} waiting ({rate} events/s)\n")
    if found.faults:
        raise IntegrityError(f"the audit was tampered with: {len(found.faults)} findings", code="audit_broken")
