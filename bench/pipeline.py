"""The promises about the pipeline's cost, measured: `python -m bench.pipeline`.

Belongs here: a day's update against the length of the history, and validation of a million rows. Does not belong here:
the application's queries (tests/serving/test_plans.py) and Dagster's own start (seven seconds a run, whatever it does).

The update is measured from a month's raw rows on: parting, features and weekly counts, through the assets' own code and
the Parquet warehouse; reading a month from PostgreSQL is an index scan of that month.
"""

import logging
import tempfile
import time
from datetime import date
from pathlib import Path

import dagster as dg
import numpy as np
import pandas as pd

from assets.features import features_risk, features_weekly_counts
from assets.partitions import range_tags
from assets.storage import Warehouse, write_atomically
from assets.tables import ParquetIOManager
from bench.table import BenchRow, show
from core.vocabulary import RAW_COLUMNS, REGISTRATION_COLUMNS
from expectations import parse_raw, part_months, validate
from expectations.content import content_hashes
from ml.synthetic import generate_hospital

END = date(2026, 10, 31)
ROWS = 1_000_000
BAD_SHARE = 0.01


def rows() -> list[BenchRow]:
    """Measure everything; about two minutes of CPU."""
    return [*daily_update(), *million()]


def as_raw(registrations: pd.DataFrame) -> pd.DataFrame:
    """Return registrations as they are received: text, source and content hash."""
    raw = pd.DataFrame(
        {
            name: registrations[name].map(
                lambda value: value.isoformat() if hasattr(value, "isoformat") else str(value), na_action="ignore"
            )
            for name in REGISTRATION_COLUMNS
        }
    ).astype("str")
    raw["source"], raw["loaded_at"] = "bench", "2026-11-01T00:00:00Z"
    raw["source_record"] = np.arange(len(raw)).astype("str")
    raw["content_hash"] = ""
    raw = raw[list(RAW_COLUMNS)].astype("str")
    return raw.assign(content_hash=content_hashes(raw, parse_raw(raw)[0]))


def daily_update() -> list[BenchRow]:
    """One more day in the newest month, after one year of history and after ten."""
    history = generate_hospital(patients=20_000, years=10, seed=5, end=END).registrations
    parted = part_months(_by_month(as_raw(history)))
    months = {month: one.validated for month, one in parted.items()}
    newest = max(months)
    raw = as_raw(history[history["registered_at"].dt.strftime("%Y-%m") == newest])
    short = {month: frame for month, frame in months.items() if month > str(pd.Period(newest, freq="M") - 13)}
    _updated(short, raw, newest)  # imports and caches
    # In turn, the least of three each: what else runs on the machine only ever adds.
    pairs = [(_updated(short, raw, newest), _updated(months, raw, newest)) for _ in range(3)]
    one, ten = (min(pair[which][0] for pair in pairs) for which in (0, 1))
    touched, touched_ten = pairs[0][0][1], pairs[0][1][1]
    return [
        BenchRow("one more day: partitions that are written anew, each layer (10 years)", "1", max(touched_ten), ""),
        BenchRow("one more day: partitions that are written anew, each layer (1 year)", "1", max(touched), ""),
        BenchRow("one more day after 10 years (naive: after 1 year), CPU", "ratio about 1", ten, "s", one),
    ]


def _by_month(raw: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {str(month): rows.reset_index(drop=True) for month, rows in raw.groupby(raw["registered_at"].str[:7])}


def _updated(history: dict[str, pd.DataFrame], raw: pd.DataFrame, month: str) -> tuple[float, list[int]]:
    """Return the CPU seconds of an update, and how many months of each layer were written."""
    with tempfile.TemporaryDirectory() as folder, dg.DagsterInstance.ephemeral() as instance:
        warehouse = Warehouse(base=folder)
        for name, frame in history.items():
            for layer in ("validated_registrations", "features_risk", "features_weekly_counts"):
                write_atomically(frame, warehouse.path(layer, name), run_id="history0")
        before = {path: path.stat().st_mtime_ns for path in Path(folder).rglob("*.parquet")}
        begun = time.process_time()
        good = part_months({month: raw})[month].validated
        write_atomically(good, warehouse.path("validated_registrations", month), run_id="bench000")
        dg.materialize(
            [dg.AssetSpec("validated_registrations", partitions_def=features_risk.partitions_def), features_risk,
             features_weekly_counts],
            resources={"io_manager": ParquetIOManager(warehouse=warehouse)},
            tags=range_tags(month, month),
            instance=instance,
            selection=[features_risk, features_weekly_counts],
        )  # fmt: skip
        spent = time.process_time() - begun
        written = [path for path in Path(folder).rglob("*.parquet") if before.get(path) != path.stat().st_mtime_ns]
        return spent, [sum(path.parent.name == layer for path in written) for layer in {p.parent.name for p in written}]


def million() -> list[BenchRow]:
    """A million typed rows, one in a hundred bad, held against the rules of the contents."""
    some = as_raw(generate_hospital(patients=20_000, years=4, seed=5, end=END).registrations)
    raw = pd.concat([some] * (ROWS // len(some) + 1), ignore_index=True).iloc[:ROWS].copy()
    raw["registration_id"] = "R" + pd.Series(np.arange(ROWS)).astype("str")
    bad = np.random.default_rng(5).choice(ROWS, int(ROWS * BAD_SHARE), replace=False)
    raw.iloc[bad, raw.columns.get_loc("age_years")] = "222"
    begun = time.process_time()
    typed, _ = parse_raw(raw)
    parsed = time.process_time() - begun
    validate(typed.iloc[:100], "validated_registrations")  # Great Expectations' own import
    begun = time.process_time()
    report = validate(typed, "validated_registrations")
    spent = time.process_time() - begun
    found = sum(rule.failed_rows for rule in report.rules if rule.rule == "age_years_out_of_range")
    return [
        BenchRow("1 M rows, 1 % bad, all rules of the contents, CPU past the library's import", "< 5", spent, "s"),
        BenchRow("1 M rows from text to types, CPU", "", parsed, "s"),
        BenchRow("planted bad rows that were found", "1", found / len(bad), ""),
    ]


if __name__ == "__main__":
    logging.getLogger("dagster").setLevel(logging.ERROR)
    show(rows())
