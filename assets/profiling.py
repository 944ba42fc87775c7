"""What each month of a layer looks like: rows, missing shares, and how far its columns are from a fixed reference.

Belongs here: profiles beside the warehouse, their metadata, their rows in the database, the drift checks. Does not
belong here: the arithmetic (`ml.shift`), drift of a model's predictions (risk monitoring).

The reference is the first twelve whole months with rows enough. It is made once and kept, so that slow drift cannot
creep into what it is measured by; to choose another one, remove its file and run the months again.
"""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import dagster as dg
import orjson
import pandas as pd
from sqlalchemy.dialects.postgresql import insert

from assets.database import Database
from assets.partitions import Months, months_of_run
from assets.storage import Warehouse
from core import clock
from core.db.tables import LayerProfile
from ml.features.columns import NUMERIC_FEATURES
from ml.shift import LASTING_MONTHS, LEAST_ROWS, compare, lasting, reference_of

REFERENCE_MONTHS = 12
_VITALS = ("systolic_bp", "diastolic_bp", "heart_rate", "respiratory_rate", "temperature_c", "spo2_pct")
#: Asset -> the columns that are watched. The wheel of hour and weekday moves by itself.
WATCHED: dict[str, tuple[str, ...]] = {
    "validated_registrations": (
        "age_years", "sex", "condition", "acuity", "comorbidity_count", *_VITALS, "outcome", "facility",
    ),
    "features_risk": tuple(name for name in NUMERIC_FEATURES if not name.endswith(("_sin", "_cos"))),
}  # fmt: skip


class Profiles:
    """The profiles of one asset, kept as JSON beside the warehouse's Parquet."""

    def __init__(self, warehouse: Warehouse, asset: str) -> None:
        self._warehouse = warehouse
        self._asset = asset
        self._folder = Path(warehouse.base, "_profiles", asset)

    def reference(self) -> dict[str, Any] | None:
        """Return the fixed reference, made now if the months for it are there; None before that."""
        path = self._folder / "reference.json"
        if path.exists():
            return orjson.loads(path.read_bytes())
        columns = list(WATCHED[self._asset])
        this_month = clock.now().strftime("%Y-%m")
        chosen: Months = {}
        for month in self._warehouse.months(self._asset):
            if len(chosen) == REFERENCE_MONTHS or month >= this_month:
                break
            frame = self._warehouse.read(self._asset, [month], columns)[month]
            if len(frame) >= LEAST_ROWS:
                chosen[month] = frame
        if len(chosen) < REFERENCE_MONTHS:
            return None
        made = {
            "months": [min(chosen), max(chosen)],
            "columns": reference_of(pd.concat(chosen.values(), ignore_index=True), columns),
        }
        _write(path, made)
        return made

    def profile(self, month: str) -> dict[str, Any]:
        """Return the profile of a month as it is in the warehouse, and keep it."""
        frame = self._warehouse.read(self._asset, [month], list(WATCHED[self._asset]))[month]
        known = self.reference()
        shifts = compare(known["columns"], frame) if known else ()
        made = {
            "row_count": len(frame),
            "null_fractions": {str(name): round(float(share), 4) for name, share in frame.isna().mean().items()}
            if len(frame)
            else {},
            "reference_months": known["months"] if known else None,
            "shifts": [asdict(shift) for shift in shifts],
        }
        _write(self._folder / f"{month}.json", made)
        return made

    def with_persistence(self, month: str, profile: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the shifts of a month, each with how many months in a row up to it the column has moved."""
        before = [name for name in self._warehouse.months(self._asset) if name < month][-(LASTING_MONTHS - 1) :]
        moved = [_moved(self._kept(name)) for name in before]
        runs = lasting([*moved, _moved(profile)])
        return [
            {
                **shift,
                "psi": round(shift["psi"], 4),
                "effect": round(shift["effect"], 4),
                "moved_months": runs.get(shift["column"], 0),
                "is_drift": runs.get(shift["column"], 0) >= LASTING_MONTHS,
            }
            for shift in profile["shifts"]
        ]

    def _kept(self, month: str) -> dict[str, Any]:
        path = self._folder / f"{month}.json"
        return orjson.loads(path.read_bytes()) if path.exists() else {"shifts": []}


def _moved(profile: Mapping[str, Any]) -> dict[str, bool]:
    return {shift["column"]: bool(shift["has_moved"]) for shift in profile["shifts"]}


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(orjson.dumps(content))
    temporary.replace(path)


def profiles_check(asset: str) -> dg.AssetChecksDefinition:
    """Return a check that profiles the months of the run and warns of columns that have drifted in the newest one."""

    @dg.asset_check(
        asset=asset,
        name=f"{asset}_distributions_hold",
        description=f"No watched column has moved from its reference for {LASTING_MONTHS} months in a row. Warns only.",
    )
    def check(context: dg.AssetCheckExecutionContext, warehouse: Warehouse, database: Database) -> dg.AssetCheckResult:
        months = months_of_run(context.run.tags, warehouse.months(asset))
        kept = Profiles(warehouse, asset)
        rows, newest = [], []
        for month in months:
            profile = kept.profile(month)
            newest = kept.with_persistence(month, profile) or newest
            rows.append(
                {
                    **profile,
                    "shifts": kept.with_persistence(month, profile),
                    "asset": asset,
                    "month": month,
                    "dagster_run_id": context.run.run_id,
                    "profiled_at": clock.now(),
                }
            )
        _keep(database, rows)
        drifted = sorted(shift["column"] for shift in newest if shift["is_drift"])
        return dg.AssetCheckResult(
            passed=not drifted,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={
                "months": len(months),
                "rows": sum(row["row_count"] for row in rows),
                "failed_rules": drifted,
                "drifted_columns": len(drifted),
                "psi": {shift["column"]: shift["psi"] for shift in newest},
                "effect": {shift["column"]: shift["effect"] for shift in newest},
                "reference": (rows[-1]["reference_months"] if rows else None) or "none yet: twelve months are needed",
            },
        )

    return check


def _keep(database: Database, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    names = ("row_count", "null_fractions", "reference_months", "shifts", "dagster_run_id", "profiled_at")
    with database.engine.begin() as connection:
        new = insert(LayerProfile).values(rows)
        connection.execute(
            new.on_conflict_do_update(
                index_elements=[LayerProfile.asset, LayerProfile.month],
                set_={name: new.excluded[name] for name in names},
            )
        )


PROFILE_CHECKS = [profiles_check(asset) for asset in WATCHED]
