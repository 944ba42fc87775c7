"""`medisync surge`: weekly counts from a CSV file, a judgement of every week into another.

Belongs here: the file in, the file out, what is said on the way. Does not belong here: any arithmetic
(ml/surveillance).
"""

import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import orjson
import pandas as pd
import typer

from core.errors import InputError
from medisync.csv_table import read_text_table
from medisync.options import AsJson
from medisync.series_files import progress_of, say, write_table
from ml.surveillance import DEFAULT_ALPHA, DEFAULT_METHOD, detect
from ml.surveillance.checking import check_series
from ml.surveillance.detector import check_request
from ml.surveillance.timeline import Grain

#: Name of the period's column in the file -> what one row spans.
PERIOD_COLUMNS: dict[str, Grain] = {"week": "week", "date": "week", "month": "month"}
JUDGED_COLUMNS = ("expected", "upper", "p_exceed", "level", "alarm")


@dataclass(frozen=True)
class SeriesError:
    """Why a series could not be judged."""

    series_id: str
    code: str
    message: str


def surge(
    file: Annotated[Path, typer.Argument(help="CSV with series_id, week (or date, month) and count, in time order.")],
    out: Annotated[Path, typer.Option(help="CSV to write.")],
    alpha: Annotated[float, typer.Option(help="Share of quiet weeks that may raise an alarm; more finds more.")] = (
        DEFAULT_ALPHA
    ),
    method: Annotated[str, typer.Option(help="combined, farrington, ears_c1, ears_c2, ears_c3, nb_cusum, glr_nb.")] = (
        DEFAULT_METHOD
    ),
    as_json: AsJson = False,
) -> None:
    """Judge every week of FILE from earlier weeks only; broken series are named, the others still judged."""
    began = time.perf_counter()
    table = read_text_table(file)
    period = next((name for name in PERIOD_COLUMNS if name in table.columns), None)
    absent = [name for name in ("series_id", "count") if name not in table.columns]
    if period is None or absent:
        raise InputError(
            f"{file} has columns {', '.join(map(str, table.columns))}; "
            "series_id, week (or date, month) and count are needed",
            code="absent_columns",
        )
    if table.empty:
        raise InputError(f"{file} has no rows; at least 2 per series are needed", code="empty_table")
    judged, errors = judge_table(table, period=period, alpha=alpha, method=method)
    columns = ["series_id", period, "count", *JUDGED_COLUMNS]
    write_table(judged[columns], out, float_format="%.7g")
    summary = summary_of(judged, errors, alpha=alpha, method=method)
    summary |= {"out": str(out), "seconds": round(time.perf_counter() - began, 3)}
    _say(errors, summary)
    if as_json:
        sys.stdout.write(orjson.dumps(summary).decode() + "\n")
    if errors and judged.empty:
        raise typer.Exit(1)


def judge_table(
    table: pd.DataFrame, *, period: str, alpha: float, method: str
) -> tuple[pd.DataFrame, list[SeriesError]]:
    """Judge each series by itself; return the judged rows in the table's order, and what was wrong with the rest."""
    grain = PERIOD_COLUMNS[period]
    check_request(table.rename(columns={period: "week"}), alpha=alpha, method=method)
    parts: list[pd.DataFrame] = []
    errors: list[SeriesError] = []
    groups = table.groupby("series_id", sort=False).indices
    tell = progress_of(len(groups))
    for done, (series, rows) in enumerate(groups.items(), start=1):
        part = table.iloc[rows]
        try:
            values = check_series(part[period].tolist(), part["count"].tolist(), grain=grain)
            frame = part[["series_id"]].assign(week=part[period], count=values)
            result = detect(frame, alpha=alpha, method=method, grain=grain)
            parts.append(result.assign(count=part["count"]).rename(columns={"week": period}))
        except InputError as error:
            errors.append(SeriesError(str(series), error.code, error.message))
        tell(done)
    if not parts:
        return pd.DataFrame(columns=["series_id", period, "count", *JUDGED_COLUMNS, "basis"]), errors
    return pd.concat(parts).sort_index(), errors


def summary_of(judged: pd.DataFrame, errors: list[SeriesError], *, alpha: float, method: str) -> dict[str, Any]:
    """What --json prints: counts, levels, which method or fallback judged, errors."""
    number = int(judged["series_id"].nunique())
    return {
        "series": number + len(errors),
        "judged": number,
        "failed": len(errors),
        "rows": len(judged),
        "alarms": int(judged["alarm"].sum()),
        "levels": dict(Counter(judged["level"])),
        "bases": dict(Counter(judged["basis"])),
        "alpha": alpha,
        "method": method,
        "errors": [asdict(error) for error in errors],
    }


def _say(errors: list[SeriesError], summary: dict[str, Any]) -> None:
    say("warning", [f"{error.series_id}: {error.message} [{error.code}]" for error in errors])
    told = f"{summary['judged']} of {summary['series']} series judged, {summary['alarms']} alarms"
    sys.stderr.write(f"{told}, in {summary['seconds']} s\n")
