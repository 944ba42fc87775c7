"""What each materialization looks like: rows, missing shares, and how far its columns are from a fixed reference.

Belongs here: profiles beside the warehouse, and what of them Dagster is told. Does not belong here: which columns are
watched (`assets.watched`), the arithmetic (`ml.shift`), checks (`assets.drift_checks`), drift of a model's predictions
in use (risk monitoring).

The reference of a monthly layer is its first twelve whole months with rows enough, that of any other table its first
run with rows enough. It is made once and kept, so that slow drift cannot creep into what it is measured by; to choose
another one, remove its file and materialize again. A shift lasts for as many months (or runs) in a row as the column
has moved. Profiles hold names of columns, counts and shares; labels stay in the reference, beside the rows.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final, Literal

import orjson
import pandas as pd
from upath import UPath

from assets.partitions import Months
from assets.storage import Warehouse, column_names, put_atomically, read
from assets.watched import WATCHED, Watch
from core import clock
from ml.shift import LASTING_MONTHS, compare, lasting, reference_of, weights_of
from ml.stability import LEAST_ROWS

REFERENCE_MONTHS: Final = 12
#: Runs that are remembered.
KEPT_RUNS: Final = 100
Profile = dict[str, Any]


class Profiles:
    """The profiles of one asset, kept as JSON beside the warehouse's Parquet.

    A profile is {row_count, stands_for (registrations), null_fractions, reference (first and last month, or the run;
    None: none yet), state ("judged", or why not), shifts (list of {column, psi, effect, has_moved, moved_in_a_row,
    is_drift})}.
    """

    def __init__(self, warehouse: Warehouse, asset: str) -> None:
        self._warehouse = warehouse
        self._asset = asset
        self._watch = WATCHED.get(asset, Watch())
        self._folder = warehouse.root / "_drift" / asset
        self._kept: dict[str, Profile | None] = {}

    def reference(self) -> dict[str, Any] | None:
        """Return the fixed reference, of a monthly layer made now if its months are there; None before that."""
        path = self._folder / "reference.json"
        if path.exists():
            return orjson.loads(path.read_bytes())
        this_month = clock.now().strftime("%Y-%m")
        chosen: Months = {}
        for month in self._warehouse.months(self._asset):
            if len(chosen) == REFERENCE_MONTHS or month >= this_month:
                break
            if self._is_small(month):
                continue
            rows = self._watch.rows(self._read(month))
            if self._weight(rows) >= LEAST_ROWS:
                chosen[month] = rows
        if len(chosen) < REFERENCE_MONTHS:
            return None
        return self._settled([min(chosen), max(chosen)], pd.concat(chosen.values(), ignore_index=True))

    def of_months(self, frames: Months) -> dict[str, Profile]:
        """Profile months that lie in the warehouse now, and keep their profiles."""
        # What was kept of these months is of an earlier state.
        self._kept |= dict.fromkeys(frames)
        known = self.reference() if self._watch.columns else None
        for month, frame in frames.items():
            self._keep(month, self._profile(frame, known))
        return {month: self.of_month(month) for month in sorted(frames)}

    def of_month(self, month: str) -> Profile:
        """Return the profile of a month of the warehouse as it was last made, or made now where none is kept."""
        profile = self._recall(month)
        if profile is None:
            profile = self._profile(self._read(month), self.reference())
            self._keep(month, profile)
        moved = [_moved(profile)]
        for earlier in reversed([name for name in self._warehouse.months(self._asset) if name < month]):
            if not any(moved[-1].values()):
                break
            moved.append(_moved(self._recall(earlier) or {"shifts": []}))
        return _counted(profile, lasting(moved[::-1]))

    def of_run(self, table: pd.DataFrame, *, run_id: str) -> Profile:
        """Profile a table that each run makes anew; a run that makes it twice counts once."""
        rows, known = self._watch.rows(table), self.reference()
        if known is None and self._watch.columns and self._weight(rows) >= LEAST_ROWS:
            known = self._settled([run_id], rows)
        profile = self._profile(table, known)
        path = self._folder / "runs.json"
        runs: list[dict[str, Any]] = orjson.loads(path.read_bytes()) if path.exists() else []
        runs = [run for run in runs if run["run_id"] != run_id][-KEPT_RUNS + 1 :]
        runs.append({"run_id": run_id, "moved": _moved(profile)})
        _write(path, runs)
        return _counted(profile, lasting([run["moved"] for run in runs]))

    def of_nothing(self) -> Profile:
        """Return the profile of a month of which there is no row."""
        return self._profile(pd.DataFrame(), None)

    def _profile(self, table: pd.DataFrame, known: Mapping[str, Any] | None) -> Profile:
        rows = self._watch.rows(table)
        shifts = compare(known["columns"], rows, weight=self._watch.weight) if known else ()
        missing = table.isna().mean().items() if len(table) else ()
        return {
            "row_count": len(table),
            "stands_for": round(self._weight(rows)),
            "null_fractions": {str(name): round(float(share), 4) for name, share in missing if share},
            "reference": known["made_of"] if known else None,
            "state": "judged" if shifts else f"not judged: {self._silence(rows, known)}",
            "shifts": [asdict(shift) for shift in shifts],
        }

    def _silence(self, rows: pd.DataFrame, known: Mapping[str, Any] | None) -> str:
        if not self._watch.columns:
            return "one row a run has no distribution"
        if self._weight(rows) < LEAST_ROWS:
            return f"it stands for fewer than {LEAST_ROWS} rows"
        return f"no reference yet, {REFERENCE_MONTHS} whole months make it" if known is None else "no watched column"

    def _is_small(self, month: str) -> bool:
        """Whether a month is known to have too few rows: a small hospital's past is not read again each night."""
        kept = self._recall(month)
        return kept is not None and kept["stands_for"] < LEAST_ROWS

    def _weight(self, rows: pd.DataFrame) -> float:
        return float(weights_of(rows, self._watch.weight).sum())

    def _settled(self, made_of: list[str], rows: pd.DataFrame) -> dict[str, Any]:
        columns = reference_of(rows, self._watch.columns, weight=self._watch.weight)
        made = {"made_of": made_of, "columns": columns}
        _write(self._folder / "reference.json", made)
        return made

    def _read(self, month: str) -> pd.DataFrame:
        """Return what is watched of a month; a column that the file does not have is left out."""
        path = self._warehouse.path(self._asset, month)
        there = column_names(path)
        return read(path, [name for name in self._watch.needed if name in there])

    def _keep(self, month: str, profile: Profile) -> None:
        self._kept[month] = profile
        _write(self._folder / f"{month}.json", profile)

    def _recall(self, month: str) -> Profile | None:
        if month not in self._kept:
            path = self._folder / f"{month}.json"
            self._kept[month] = orjson.loads(path.read_bytes()) if path.exists() else None
        return self._kept[month]


def told(profile: Profile, *, counted_in: Literal["months", "runs"]) -> dict[str, Any]:
    """Return a profile as the metadata of a materialization: counts, shares and names of columns only.

    Beside the columns one by one, the largest of each figure: Dagster draws numbers over time.
    """
    shifts = profile["shifts"]
    facts: dict[str, Any] = {
        "dagster/row_count": profile["row_count"],
        "null_fractions": profile["null_fractions"],
        "drift_state": profile["state"],
        "drift_reference": " to ".join(profile["reference"] or ["none yet"]),
        "drift": {
            shift["column"]: {name: shift[name] for name in ("psi", "effect", "moved_in_a_row", "is_drift")}
            for shift in shifts
        },
        "drift_counted_in": counted_in,
        "drifted_columns": sorted(shift["column"] for shift in shifts if shift["is_drift"]),
    }
    if shifts:
        facts["drift_psi_largest"] = max(shift["psi"] for shift in shifts)
        facts["drift_effect_largest"] = max(abs(shift["effect"]) for shift in shifts)
        facts["drift_moved_in_a_row"] = max(shift["moved_in_a_row"] for shift in shifts)
    return facts


def _counted(profile: Profile, runs: Mapping[str, int]) -> Profile:
    """Return a profile whose shifts say for how many months or runs in a row, up to it, the column has moved."""
    shifts = [
        {
            **shift,
            "psi": round(shift["psi"], 4),
            "effect": round(shift["effect"], 4),
            "moved_in_a_row": runs.get(shift["column"], 0),
            "is_drift": runs.get(shift["column"], 0) >= LASTING_MONTHS,
        }
        for shift in profile["shifts"]
    ]
    return {**profile, "shifts": shifts}


def _moved(profile: Mapping[str, Any]) -> dict[str, bool]:
    return {shift["column"]: bool(shift["has_moved"]) for shift in profile["shifts"]}


def _write(path: UPath, content: Any) -> None:
    put_atomically(path, orjson.dumps(content), run_id="profile")
