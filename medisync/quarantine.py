"""`medisync quarantine`: list, fix, waive and replay parked rows from the command line.

Belongs here: arguments and output. Does not belong here: the rules of deciding (`app_api.stewardship`). The list shows
where rows are and which rules they broke, never a value: a terminal has no role.
"""

import asyncio
import getpass
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, Any, TypeVar

import orjson
import typer
from pydantic import BaseModel, ValidationError
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.stewardship import service
from app_api.stewardship.schemas import Fix, ReplayView, ReplayWish, Waiver
from app_api.stewardship.service import Who
from core import clock, settings
from core.db.engine import async_engine
from core.errors import InputError, UnavailableError
from medisync.options import AsJson
from serving.validation import repository as lists

app = typer.Typer(add_completion=False, no_args_is_help=True, help="List, fix, waive and replay parked rows.")
Row = Annotated[str, typer.Argument(help="The row's id (content hash), as the list shows it.")]
Reason = Annotated[str, typer.Option(help="Why; at least five characters, name no patient.")]
_LOOK_EVERY_S = 2.0
Model = TypeVar("Model", bound=BaseModel)
Answer = TypeVar("Answer")


@app.command("list")
def list_rows(
    status: Annotated[str, typer.Option(help="open, fixed or waived.")] = "open",
    month: Annotated[str | None, typer.Option(help="YYYY-MM.")] = None,
    as_json: AsJson = False,
) -> None:
    """List parked rows: where they are and which rules they broke."""
    if status not in ("open", "fixed", "waived"):
        raise InputError(f"there is no status {status!r}; allowed are open, fixed, waived", code="bad_status")
    rows = _do(lambda c: lists.parked(c, status=status, month=month, reason=None, after=None, limit=1000))
    items = [
        {"id": row.content_hash, "month": row.month, "source": row.source, "record": row.source_record,
         "reasons": row.reasons, "status": row.status}
        for row in rows
    ]  # fmt: skip
    if as_json:
        sys.stdout.write(orjson.dumps({"rows": items}).decode() + "\n")
        return
    table = Table("id", "month", "source", "record", "broken rules")
    for item in items:
        table.add_row(item["id"], item["month"], item["source"], item["record"], ", ".join(item["reasons"]))
    Console().print(table)


@app.command()
def fix(
    row: Row,
    reason: Reason,
    set_field: Annotated[
        list[str], typer.Option("--set", help="FIELD=VALUE, several times; without a value it is emptied.")
    ],
    as_json: AsJson = False,
) -> None:
    """Enter a corrected version of a parked row; the row as received stays as it is."""
    changes: dict[str, str | None] = {}
    for text in set_field:
        name, mark, value = text.partition("=")
        if not mark:
            raise InputError("write --set FIELD=VALUE", code="bad_change")
        changes[name.strip()] = value or None
    wish = _checked(Fix, changes=changes, reason=reason)
    _tell(_do(lambda c: service.fix(c, row, wish, who=_operator())), as_json=as_json)


@app.command()
def waive(
    row: Row,
    reason: Reason,
    rule: Annotated[list[str] | None, typer.Option(help="A rule to waive; all critical ones when left out.")] = None,
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="Ends after so many days.")] = None,
    as_json: AsJson = False,
) -> None:
    """Let a parked row break rules."""
    ends = None if days is None else clock.iso(clock.now() + timedelta(days=days))
    wish = _checked(Waiver, rules=rule or None, reason=reason, expires_at=ends)
    _tell(_do(lambda c: service.waive(c, row, wish, who=_operator())), as_json=as_json)


@app.command()
def replay(
    month: Annotated[list[str] | None, typer.Argument(help="Months (YYYY-MM); those that wait when left out.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Return when the months are made.")] = False,
    as_json: AsJson = False,
) -> None:
    """Have months made again, and see where their rows went before and after."""
    wish = _checked(ReplayWish, months=month or None)
    first = _first_month()
    view: ReplayView = _do(lambda c: service.ask_replay(c, wish.months, who=_operator(), first_month=first))
    while wait and view.state in ("waiting", "running"):
        time.sleep(_LOOK_EVERY_S)
        view = _do(lambda c, replay_id=view.replay_id: service.replay(c, replay_id, first_month=first))
    _tell(view, as_json=as_json)
    outside = [one.month for one in view.months if one.is_outside]
    if outside:
        raise InputError(
            f"{', '.join(outside)}: the pipeline makes the months from {view.first_month} to {view.last_month} and no "
            "others; set MEDISYNC_HISTORY_START to an earlier month to take them in",
            code="month_outside",
        )


def _first_month() -> str:
    return settings.load().history_start


def _operator() -> Who:
    return Who(None, f"{getpass.getuser()} (command line)")


def _checked(shape: type[Model], **values: Any) -> Model:
    try:
        return shape.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{place}: {first['msg']}", code="bad_argument") from None


def _do(act: Callable[[AsyncConnection], Awaitable[Answer]]) -> Answer:
    """Run one act in a transaction of its own."""

    async def run() -> Answer:
        engine = async_engine(settings.load().async_database_dsn)
        try:
            async with engine.begin() as connection:
                return await act(connection)
        finally:
            await engine.dispose()

    try:
        return asyncio.run(run())
    except (OperationalError, OSError) as error:
        raise UnavailableError(
            f"the database is not reachable ({type(error).__name__}); start it with `medisync up`",
            code="database_unreachable",
        ) from None
    except SQLAlchemyError as error:
        # The message would quote the statement's values.
        raise UnavailableError(f"the database refused ({type(error).__name__})", code="database_refused") from None


def _tell(answer: BaseModel, *, as_json: bool) -> None:
    told = answer.model_dump(mode="json")
    if as_json:
        sys.stdout.write(orjson.dumps(told).decode() + "\n")
    else:
        Console().print_json(data=told)
