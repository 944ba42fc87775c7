"""`medisync models …`: gate verdicts, promotion and return, for whoever holds the machine.

Belongs here: the commands. Does not belong here: the rules of a move (`serving.risk.promotion`), judging a version.
"""

import asyncio
import getpass
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.envelope import append
from app_api.envelope.audit import Entry
from core import clock
from core import settings as configuration
from core.db.engine import async_engine
from core.errors import InputError
from core.settings import Settings
from core.vocabulary import RISK_MODEL_NAME
from medisync.options import AsJson
from ml.card import DRAFTS
from serving.risk import card, card_repository, promotion, repository
from serving.risk.card import standing
from serving.risk.registry import AliasClient

app = typer.Typer(
    help="List, promote and roll back models, sign their cards.", no_args_is_help=True, add_completion=False
)

_T = TypeVar("_T")
_SHORTEST_REASON = 8
_Reason = Annotated[str, typer.Option("--reason", help="Why; kept with the move.")]


@app.callback()
def models() -> None:
    """Versions of the risk model."""


@app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """Show every released version with its verdict; the champion is marked."""
    settings = configuration.load()

    async def look(connection: AsyncConnection, alias: AliasClient) -> list[dict[str, Any]]:
        champion = await alias.champion()
        rows = await repository.releases(connection, before=None, limit=1000)
        signed = await card_repository.newest_statements(connection)
        standings = {row.version: standing(row, signed) for row in rows}
        return [
            {
                "version": row.version,
                "is_champion": row.version == champion,
                "verdict": standings[row.version].verdict,
                "reasons": list(standings[row.version].reasons),
                "metrics": row.metrics,
                "released_at": clock.iso(row.released_at),
            }
            for row in rows
        ]

    items = _with_registry(settings, look)
    if as_json:
        sys.stdout.write(json.dumps({"items": items}) + "\n")
        return
    table = Table("version", "verdict", "accuracy", "ECE", "recall of high", "released", "")
    for item in items:
        figures = [f"{item['metrics'].get(name, float('nan')):.3f}" for name in ("accuracy", "ece", "recall_high")]
        mark = "champion" if item["is_champion"] else ""
        table.add_row(str(item["version"]), item["verdict"], *figures, item["released_at"][:16], mark)
    Console().print(table)


@app.command()
def promote(version: Annotated[int, typer.Argument(min=1)], reason: _Reason, as_json: AsJson = False) -> None:
    """Make a version champion, if the gate allows it."""
    checked = _checked(reason)

    settings = configuration.load()

    async def move(connection: AsyncConnection, alias: AliasClient) -> dict[str, Any]:
        wish = {"version": version, "actor": _operator(), "reason": checked}
        if settings.needs_four_eyes:
            await _audit(connection, "model.move", "model_version", version, reason_code="asked_for")
            return {"request": await promotion.ask(connection, alias, **wish)}
        await _audit(connection, "model.move", "model_version", version, reason_code="promote")
        return {"champion": version, "previous": await promotion.promote(connection, alias, **wish)}

    _tell(_with_registry(settings, move), as_json)


@app.command()
def rollback(reason: _Reason, as_json: AsJson = False) -> None:
    """Return to the champion before this one."""
    checked = _checked(reason)

    async def move(connection: AsyncConnection, alias: AliasClient) -> dict[str, Any]:
        now, left = await promotion.roll_back(connection, alias, actor=_operator(), reason=checked)
        await _audit(connection, "model.move", "model_version", now, left, reason_code="rollback")
        return {"champion": now, "previous": left}

    _tell(_with_registry(configuration.load(), move), as_json)


@app.command()
def sign(
    owner: Annotated[str, typer.Option("--owner", help="Who answers for the statements.")],
    file: Annotated[Path, typer.Argument(help="JSON: attribute -> text.", exists=True, dir_okay=False)],
    as_json: AsJson = False,
) -> None:
    """Sign what people state on the model card; it holds for every version until another text is signed."""
    try:
        texts = json.loads(file.read_text())
    except ValueError as error:
        raise InputError(f"{file} is no JSON: {error}", code="not_json") from error
    if not isinstance(texts, dict) or not all(isinstance(text, str) and text.strip() for text in texts.values()):
        raise InputError(f"{file} must hold one JSON object of attribute -> text that is not empty", code="not_texts")

    async def work(connection: AsyncConnection, _: AliasClient) -> list[str]:
        changed = await card.sign(connection, texts, owner=owner, signed_by=_operator())
        await _audit(connection, "model.state", "model_card", RISK_MODEL_NAME, fields=changed)
        return changed

    changed = _with_registry(configuration.load(), work)
    if as_json:
        sys.stdout.write(json.dumps({"changed": changed}) + "\n")
    else:
        sys.stdout.write(f"{len(changed)} statements signed by {owner}: {', '.join(changed) or 'none was new'}\n")


def sign_demo(settings: Settings) -> None:
    """Sign the drafts for the demo hospital, which has no clinical safety lead of its own; once."""

    async def work(connection: AsyncConnection, _: AliasClient) -> None:
        if not await card_repository.newest_statements(connection):
            changed = await card.sign(connection, DRAFTS, owner="Clinical safety lead (demo)", signed_by="medisync up")
            await _audit(connection, "model.state", "model_card", RISK_MODEL_NAME, fields=changed)

    _with_registry(settings, work)


def bootstrap(settings: Settings, console: Console) -> None:
    """Make the first version champion that passed the gate; from then on only people move it."""

    async def move(connection: AsyncConnection, alias: AliasClient) -> int | None:
        version = await promotion.bootstrap(connection, alias, actor="medisync up")
        if version is not None:
            await _audit(connection, "model.move", "model_version", version, reason_code="bootstrap")
        return version

    version = _with_registry(settings, move)
    if version is not None:
        console.print(f"Model: version {version} passed the gate and is the first champion")


def _with_registry(settings: Settings, work: Callable[[AsyncConnection, AliasClient], Awaitable[_T]]) -> _T:
    async def inside() -> _T:
        engine = async_engine(settings.async_database_dsn, pool_size=1)
        try:
            async with engine.begin() as connection:
                return await work(connection, AliasClient(settings))
        finally:
            await engine.dispose()

    return asyncio.run(inside())


async def _audit(
    connection: AsyncConnection,
    action: str,
    kind: str,
    *ids: object,
    reason_code: str | None = None,
    fields: Sequence[str] = (),
) -> None:
    """Put what was done at the machine into the audit, in the same transaction."""
    entry = Entry(
        actor_id=None,
        actor_role="machine",
        action=action,
        object_kind=kind,
        object_ids=tuple(map(str, ids)),
        reason_code=reason_code,
        fields=fields,
    )
    await append(connection, entry)


def _checked(reason: str) -> str:
    if len(reason.strip()) < _SHORTEST_REASON:
        raise InputError(f"a reason needs at least {_SHORTEST_REASON} characters", code="reason_too_short")
    return reason.strip()


def _operator() -> str:
    return f"{getpass.getuser()} at the command line"


def _tell(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(answer) + "\n")
    elif "request" in answer:
        sys.stdout.write(f"request {answer['request']} waits for an administrator to confirm it\n")
    else:
        sys.stdout.write(f"version {answer['champion']} is the champion; before: {answer['previous'] or 'none'}\n")
