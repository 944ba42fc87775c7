"""`medisync forecast`: series from a CSV file, forecasts into another.

Belongs here: the file in, the file out, what is said on the way. Does not belong here: any arithmetic (ml/forecasting).
"""

import sys
import time
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import orjson
import pandas as pd
import typer

from medisync.csv_table import read_text_table
from medisync.options import AsJson
from medisync.series_files import progress_of, say, write_table
from ml.forecasting.grains import with_months
from ml.forecasting.many import forecast_many
from ml.forecasting.panel import SeriesError, read_panel
from ml.forecasting.results import Forecast

COLUMNS = ("series_id", "step", "period", "mean", "lo80", "hi80", "lo95", "hi95", "model")


def forecast(
    file: Annotated[Path, typer.Argument(help="CSV with series_id, month (or week, date) and count.")],
    horizon: Annotated[int, typer.Option(help="Periods ahead.")],
    out: Annotated[Path, typer.Option(help="CSV to write.")],
    freq: Annotated[str | None, typer.Option(help="M, W or D; by default what the period column's name says.")] = None,
    model: Annotated[str, typer.Option(help="auto, structural, sarima, ets, theta, dot, auto_arima, …")] = "auto",
    processes: Annotated[int, typer.Option(help="Processes for slow models.")] = 2,
    reconcile: Annotated[
        bool, typer.Option(help="Days and weeks are adjusted to agree with the months of the same history.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Forecast every series of FILE; broken ones are named, the others still get their forecast."""
    began = time.perf_counter()
    table = read_text_table(file)
    panel = read_panel(table.mask(table == ""), freq=freq)
    forecasts, failed = forecast_many(
        panel.series, horizon=horizon, model=model, processes=processes, progress=progress_of(len(panel.series))
    )
    alone: dict[str, str] = {}
    if reconcile and panel.freq != "M":
        forecasts, alone = with_months(panel.series, forecasts)
    forecasts = tuple(
        replace(one, notes=(*one.notes, panel.notes[one.series_id])) if one.series_id in panel.notes else one
        for one in forecasts
    )
    errors = (*panel.errors, *failed)
    write_table(rows_of(forecasts), out)
    summary = summary_of(forecasts, errors, freq=panel.freq, horizon=horizon)
    if panel.freq != "M":
        summary["reconciled"] = len(forecasts) - len(alone) if reconcile else 0
        summary["not_reconciled"] = [{"series_id": name, "reason": reason} for name, reason in alone.items()]
    summary |= {"out": str(out), "seconds": round(time.perf_counter() - began, 3)}
    _say(forecasts, errors, summary)
    if as_json:
        sys.stdout.write(orjson.dumps(summary, option=orjson.OPT_SERIALIZE_NUMPY).decode() + "\n")
    if errors and not forecasts:
        raise typer.Exit(1)


def rows_of(forecasts: tuple[Forecast, ...]) -> pd.DataFrame:
    """One row per series and step, in the contract's columns."""
    rows = [
        (one.series_id, step.step, step.period, step.mean, step.lo80, step.hi80, step.lo95, step.hi95, one.model)
        for one in forecasts
        for step in one.steps
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def summary_of(
    forecasts: tuple[Forecast, ...], errors: tuple[SeriesError, ...], *, freq: str, horizon: int
) -> dict[str, Any]:
    """What --json prints: counts, models, refusals, notes, errors, the record of each series and of all."""
    records = [one.record for one in forecasts if one.record is not None]
    naive = sum(record.naive_mae for record in records)
    return {
        "series": len(forecasts) + len(errors),
        "forecast": len(forecasts),
        "failed": len(errors),
        "freq": freq,
        "horizon": horizon,
        "models": dict(Counter(one.model for one in forecasts)),
        "record": {
            "series": len(records),
            "skill": 1.0 - sum(record.mae for record in records) / naive if naive > 0 else None,
            "coverage80": sum(record.coverage80 for record in records) / len(records) if records else None,
            "coverage95": sum(record.coverage95 for record in records) / len(records) if records else None,
        },
        "records": [{"series_id": one.series_id, **asdict(one.record)} for one in forecasts if one.record is not None],
        "refused": [{"series_id": one.series_id, "reason": one.refused} for one in forecasts if one.refused],
        "notes": [{"series_id": one.series_id, "notes": list(one.notes)} for one in forecasts if one.notes],
        "errors": [asdict(error) for error in errors],
    }


def _say(forecasts: tuple[Forecast, ...], errors: tuple[SeriesError, ...], summary: dict[str, Any]) -> None:
    """Warnings and the closing line, on standard error."""
    lines = [f"{error.series_id}: {error.message} [{error.code}]" for error in errors]
    lines += [f"{one.series_id}: {one.refused}; {one.model} is served" for one in forecasts if one.refused]
    say("warning", lines)
    say("note", [f"{one.series_id}: {'; '.join(one.notes)}" for one in forecasts if one.notes])
    record = summary["record"]
    if record["coverage80"] is not None:
        held = f"80 % intervals held {record['coverage80']:.1%}, 95 % intervals {record['coverage95']:.1%}"
        sys.stderr.write(f"on earlier periods of these series {held}\n")
    sys.stderr.write(f"{summary['forecast']} of {summary['series']} series forecast in {summary['seconds']} s\n")
