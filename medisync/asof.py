"""`medisync asof`: the training matrix as it was known at a past moment, with its hash.

Belongs here: arguments and output. Does not belong here: making the matrix (`assets.as_of`).
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console

from core import clock, settings
from core.errors import InputError
from medisync.options import AsJson


def asof(
    moment: Annotated[str, typer.Argument(help="A date (its first moment) or a moment, UTC: 2026-03-01T12:00:00Z.")],
    out: Annotated[Path | None, typer.Option(help="Write the matrix as Parquet (pseudonyms, no names).")] = None,
    as_json: AsJson = False,
) -> None:
    """Make the training matrix as of a past moment; the same moment gives the same hash after any correction."""
    as_of = parse_moment(moment, now=clock.now())
    # The assets take seconds to import: a wrong moment is said at once.
    from assets.as_of import training_matrix
    from orchestration.resources import build_resources

    resources = build_resources(settings.load())
    matrix = training_matrix(resources["sources"], as_of=as_of, pseudonyms=resources["pseudonyms"].replace)
    if out is not None:
        matrix.rows.to_parquet(out, index=False)
    report = {
        "as_of": clock.iso(as_of),
        "rows": len(matrix.rows),
        "sha256": matrix.sha256,
        "first_month": matrix.first_month,
        "last_month": matrix.last_month,
    }
    if as_json:
        sys.stdout.write(orjson.dumps(report).decode() + "\n")
    else:
        Console().print("\n".join(f"{name:12} {value}" for name, value in report.items()), highlight=False)


def parse_moment(text: str, *, now: datetime) -> datetime:
    """Read a date or a moment as UTC.

    Raises
    ------
    InputError
        If it is none, or lies in the future.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"{text!r} is no moment; write 2026-03-01 or 2026-03-01T12:00:00Z", code="bad_moment"
        ) from None
    moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    if moment > now:
        raise InputError(f"{text!r} lies in the future: what will be known then nobody can say", code="future_moment")
    return moment
