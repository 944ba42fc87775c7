"""What one machine holds: CPU seconds and peak memory of each step against the number of registrations.

Belongs here: the curve of `python -m bench.scale --rows 100000 1000000 10000000`, printed as the Markdown table of
docs/reference/capacity.md. Does not belong here: how fast one machine is beside another; how long a person waits.

Each step runs in a process of its own, which the kernel charges with its CPU time (children and threads included) and
its largest resident memory. Start and imports are part of both: about 1 s and 0.2 GB, with Great Expectations 8 s and
0.4 GB. Registrations come from the synthetic hospital over ten years. `validate` and `features` take twelve months at a
time. `import` is `medisync import --dry-run`: everything but the copy into the inbox and one row of the
database.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd

END = date(2026, 10, 31)
YEARS = 10
#: Registrations a patient over the period, about.
_VISITS = 0.5 * YEARS
SIZES = (100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)


def synth(folder: Path, rows: int) -> None:
    """Generate registrations and write the file."""
    from medisync.synth import write
    from ml.synthetic import generate_hospital

    write(generate_hospital(patients=round(rows / _VISITS), years=YEARS, seed=5, end=END), folder)


def land(folder: Path, rows: int) -> None:
    """Read, hash, compare and judge the file as an import does."""
    from assets.intake import import_file
    from core.settings import Settings

    report = import_file(folder / "registrations.parquet", settings=Settings(home=folder / "home"), dry_run=True)
    print(f"read {report.read}, accepted {report.accepted}", file=sys.stderr)


def validate(folder: Path, rows: int) -> None:
    """Part raw text into validated and quarantined rows, twelve months at a time, and write the months."""
    import pyarrow.parquet as pq

    from assets.storage import Warehouse, write_atomically
    from core.vocabulary import REGISTRATION_COLUMNS
    from expectations import content_hashes, parse_raw, part_months

    warehouse = Warehouse(base=str(folder))
    moments = pq.read_table(folder / "registrations.parquet", columns=["registered_at"]).to_pandas()["registered_at"]
    for months in dozens(sorted(moments.dt.strftime("%Y-%m").unique())):
        first, last = pd.Period(months[0]).start_time, pd.Period(months[-1]).end_time
        span = [("registered_at", ">=", first.tz_localize("UTC")), ("registered_at", "<=", last.tz_localize("UTC"))]
        frame = pd.read_parquet(folder / "registrations.parquet", filters=span)
        raw = frame[list(REGISTRATION_COLUMNS)].astype("str").astype(object).where(frame.notna())
        raw = raw.assign(source="bench", source_record=[str(row) for row in range(len(raw))],
                         loaded_at="2026-11-01T00:00:00Z", content_hash="").astype("str")  # fmt: skip
        raw = raw.assign(content_hash=content_hashes(raw, parse_raw(raw)[0]))
        by_month = {str(name): part.reset_index(drop=True) for name, part in raw.groupby(raw["registered_at"].str[:7])}
        for month, parted in part_months(by_month).items():
            write_atomically(parted.validated, warehouse.path("validated_registrations", month), run_id="bench000")


def features(folder: Path, rows: int) -> None:
    """Make the risk features and the weekly counts, twelve months at a time with the year before."""
    from assets.features import weekly_counts
    from assets.partitions import together
    from assets.storage import Warehouse, write_atomically
    from ml.features import build_risk_features

    warehouse = Warehouse(base=str(folder))
    there = warehouse.months("validated_registrations")
    for months in dozens(there):
        begin = str(pd.Period(months[0], freq="M") - 12)
        known = warehouse.read("validated_registrations", [name for name in there if begin <= name <= months[-1]])
        for month in months:
            year = str(pd.Period(month, freq="M") - 12)
            before = {name: part for name, part in known.items() if year <= name < month}
            part = known[month]
            made = build_risk_features(part, history=together(before) if before else part.iloc[:0])
            write_atomically(made, warehouse.path("features_risk", month), run_id="bench000")
            counts = weekly_counts(part)
            write_atomically(counts, warehouse.path("features_weekly_counts", month), run_id="bench000")


def analyses(folder: Path, rows: int) -> None:
    """The five analyses over the whole history, as the assets read it."""
    from assets.analytics import ANALYSES
    from assets.partitions import together
    from assets.storage import Warehouse

    frame = together(Warehouse(base=str(folder)).read("validated_registrations"))
    print(f"{len(frame)} rows", file=sys.stderr)
    for function, _ in ANALYSES.values():
        function(frame)


def forecast(folder: Path, rows: int) -> None:
    """Every condition's monthly forecast, from the weekly counts."""
    from assets.outlook import HORIZON_MONTHS
    from assets.series import complete_span, monthly_series
    from assets.storage import Warehouse
    from ml.forecasting.board import post

    warehouse = Warehouse(base=str(folder))
    moments = warehouse.read("validated_registrations", columns=["registered_at"])
    since, until = complete_span(moments, now=pd.Timestamp(END, tz="UTC").to_pydatetime())
    post(monthly_series(warehouse.read("features_weekly_counts"), since=since, until=until), horizon=HORIZON_MONTHS)


STEPS: dict[str, tuple[str, Callable[[Path, int], None]]] = {
    "synth": ("generate and write", synth),
    "import": ("import (read, hash, judge)", land),
    "validate": ("validate and part, a year at a time", validate),
    "features": ("features, a year at a time", features),
    "analyses": ("five analyses, whole history", analyses),
    "forecast": ("forecasts of all conditions", forecast),
}


def dozens(months: list[str]) -> list[list[str]]:
    """Return the months by the dozen, in order."""
    return [months[start : start + 12] for start in range(0, len(months), 12)]


def measured(step: str, folder: Path, rows: int) -> tuple[float, float] | None:
    """Run one step in a process of its own; return its CPU seconds and peak memory in GB, or None if it failed."""
    argv = [sys.executable, "-m", "bench.scale", "--step", step, "--folder", str(folder), "--rows", str(rows)]
    # Popen's own wait would take the child's account with it.
    process = subprocess.Popen(argv)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        return None
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 2**20


def main() -> int:
    """Measure every step at every size; exit 1 if one failed."""
    options = argparse.ArgumentParser(description="What one machine holds.")
    options.add_argument("--rows", type=int, nargs="+", default=list(SIZES[:3]), help="sizes of the hospital")
    options.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    options.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.step:
        STEPS[given.step][1](given.folder, given.rows[0])
        return 0
    is_whole = True
    print("| registrations | step | CPU s | µs a row | peak GB |\n|---|---|---|---|---|", flush=True)
    for rows in given.rows:
        with tempfile.TemporaryDirectory(prefix="medisync-scale-") as folder:
            for step, (label, _) in STEPS.items():
                spent = measured(step, Path(folder), rows)
                if spent is None:
                    print(f"| {rows:,} | {label} | failed | | |", flush=True)
                    is_whole = False
                    break
                print(
                    f"| {rows:,} | {label} | {spent[0]:.1f} | {spent[0] / rows * 1e6:.0f} | {spent[1]:.2f} |",
                    flush=True,
                )
    return 0 if is_whole else 1


if __name__ == "__main__":
    sys.exit(main())
