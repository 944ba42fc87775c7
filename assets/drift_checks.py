"""Whether the distributions of the layers hold: a warning for stewards, and a row for the API, month by month.

Belongs here: the check of each layer in `LAYERS`. Does not belong here: making profiles (`assets.profiling`; the IO
manager does it with every materialization).
"""

from typing import Any, Final

import dagster as dg
from sqlalchemy.dialects.postgresql import insert

from assets.database import Database
from assets.partitions import months_of_run
from assets.profiling import Profile, Profiles
from assets.storage import Warehouse
from core import clock
from core.db.tables import LayerProfile
from ml.shift import LASTING_MONTHS

#: What people look at month by month; the other assets' drift stands in their materializations.
LAYERS: Final = ("validated_registrations", "features_risk")


def profiles_check(asset: str) -> dg.AssetChecksDefinition:
    """Return a check that tells the profiles of the run's months and warns of columns drifted in the newest one."""

    @dg.asset_check(
        asset=asset,
        name=f"{asset}_distributions_hold",
        description=f"No watched column has moved from its reference for {LASTING_MONTHS} months in a row. Warns only.",
    )
    def check(context: dg.AssetCheckExecutionContext, warehouse: Warehouse, database: Database) -> dg.AssetCheckResult:
        kept = Profiles(warehouse, asset)
        made = {month: kept.of_month(month) for month in months_of_run(context.run.tags, warehouse.months(asset))}
        _keep(database, [_row(asset, month, profile, context.run.run_id) for month, profile in made.items()])
        newest = next((profile["shifts"] for profile in reversed(made.values()) if profile["shifts"]), [])
        references = [profile["reference"] for profile in made.values()]
        drifted = sorted(shift["column"] for shift in newest if shift["is_drift"])
        return dg.AssetCheckResult(
            passed=not drifted,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={
                "months": len(made),
                "rows": sum(profile["row_count"] for profile in made.values()),
                "failed_rules": drifted,
                "drifted_columns": len(drifted),
                "psi": {shift["column"]: shift["psi"] for shift in newest},
                "effect": {shift["column"]: shift["effect"] for shift in newest},
                "reference": (references[-1] if references else None) or "none yet: twelve months are needed",
            },
        )

    return check


def _row(asset: str, month: str, profile: Profile, run_id: str) -> dict[str, Any]:
    shifts = [
        {**{name: value for name, value in shift.items() if name != "moved_in_a_row"},
         "moved_months": shift["moved_in_a_row"]}
        for shift in profile["shifts"]
    ]  # fmt: skip
    return {
        "asset": asset,
        "month": month,
        "row_count": profile["row_count"],
        "null_fractions": profile["null_fractions"],
        "reference_months": profile["reference"],
        "shifts": shifts,
        "dagster_run_id": run_id,
        "profiled_at": clock.now(),
    }


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


PROFILE_CHECKS = [profiles_check(asset) for asset in LAYERS]
