"""`medisync risk evaluate`: how well the risk models do on any table.

Belongs here: arguments, the file and what the person sees. Does not belong here: typing columns, training, measuring
(`ml.risk`).
"""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import orjson
import pandas as pd
import typer

from core.errors import InputError
from medisync.csv_table import read_text_table
from ml.risk.crossval import TableReport, evaluate_table

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def risk() -> None:
    """Evaluate risk models on any table."""


@app.command()
def evaluate(
    file: Annotated[Path, typer.Argument(help="CSV with a header; comma, semicolon or tab.")],
    target: Annotated[str, typer.Option(help="Column that holds each row's class.")],
    group: Annotated[str | None, typer.Option(help="Column (a patient) whose rows never cross a fold.")] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="Column that must not be seen; may be given several times.")
    ] = None,
    merge: Annotated[
        str | None, typer.Option(help="Target values that form one class each, as in '1,2|3|4,5'.")
    ] = None,
    folds: Annotated[int, typer.Option(min=2, max=20, help="Folds of the cross-validation.")] = 5,
    bootstrap: Annotated[int, typer.Option(min=0, max=5000, help="Resamples for the intervals.")] = 500,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON instead of indented JSON.")] = False,
) -> None:
    """Train network, forest and ensemble on a table, cross-validated; print their figures as JSON."""
    table = read_table(file)
    _say(f"{len(table)} rows, {len(table.columns)} columns; training {folds} folds of network and forest …")
    report = evaluate_table(
        table,
        target=target,
        group=group,
        exclude=exclude or (),
        merge=[part.split(",") for part in merge.split("|")] if merge else (),
        folds=folds,
        n_bootstrap=bootstrap,
        tell=_say,
    )
    options = 0 if as_json else orjson.OPT_INDENT_2
    sys.stdout.write(orjson.dumps(as_document(report), option=options).decode() + "\n")


def read_table(file: Path) -> pd.DataFrame:
    """Read a CSV as text; raises InputError if it is no table or has no rows."""
    table = read_text_table(file)
    if table.empty:
        raise InputError(f"{file} has no rows below its header")
    return table


def as_document(report: TableReport) -> dict[str, Any]:
    """Return the report with each figure as a number, and the 95 % intervals beside them."""
    document = asdict(report)
    document["identical_rows"] = document.pop("n_identical")
    for name, figures in document["models"].items():
        flat: dict[str, Any] = {"n": figures["n"], "intervals": {}}
        for figure, found in figures.items():
            if figure not in ("n", "class_recall"):
                flat[figure] = found["value"]
                flat["intervals"][figure] = [found["low"], found["high"]]
        flat["class_recall"] = {text: found["value"] for text, found in figures["class_recall"].items()}
        document["models"][name] = flat
    return document


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
