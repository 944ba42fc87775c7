"""Asset checks, made by one factory: a suite of `expectations` run on the months of the run.

Belongs here: which suite guards which asset and what a failure does. Does not belong here: rules.
"""

import dagster as dg
import pandas as pd

from assets.partitions import months_of_run
from assets.storage import Warehouse
from expectations.decisions import WAIVED, Waivers


def suite_check(asset: str, suite: str, *, is_blocking: bool, description: str) -> dg.AssetChecksDefinition:
    """Return a check that runs `suite` on the months that the run materialized.

    It reads only those months from the warehouse, so that one new day costs one partition. A failed rule of severity
    critical fails the check as an error (and stops what is downstream when `is_blocking`); anything less is a warning.
    """

    @dg.asset_check(asset=asset, name=suite_check_name(suite), blocking=is_blocking, description=description)
    def check(context: dg.AssetCheckExecutionContext, warehouse: Warehouse) -> dg.AssetCheckResult:
        # Great Expectations takes seconds to import: only a run that checks pays for it.
        from expectations import validate_parts

        months = months_of_run(context.run.tags, warehouse.months(asset))
        frames = list(warehouse.read(asset, months).values())
        waivers = [waivers_of(frame) for frame in frames]
        reports = validate_parts(frames, suite, waivers=waivers) if frames else []
        failed = sorted({rule.rule for report in reports for rule in report.rules if not rule.success})
        passed = all(report.is_success for report in reports)
        return dg.AssetCheckResult(
            passed=passed,
            severity=dg.AssetCheckSeverity.ERROR if not passed else dg.AssetCheckSeverity.WARN,
            metadata={
                "months": len(months),
                "rows": sum(report.row_count for report in reports),
                "failed_rows": sum(report.failed_row_count for report in reports),
                "failed_rules": failed,
                "what_to_do": _ADVICE if failed else "nothing: every rule holds",
            },
        )

    return check


def waivers_of(frame: pd.DataFrame) -> Waivers:
    """Return the rules that rows of this frame may break by leave of a steward, from the file's footer."""
    return {content: frozenset(codes) for content, codes in frame.attrs.get(WAIVED, {}).items()}


_ADVICE = "open the validation report of these months, mend the source or its mapping, then run the months again"


def suite_check_name(suite: str) -> str:
    """Return the name of a suite's check in Dagster."""
    return f"{suite}_hold"


CHECKS = [
    suite_check(
        "raw_registrations",
        "raw_registrations",
        is_blocking=True,
        description="Structure: every column is there, every row has its hash and its source.",
    ),
    suite_check(
        "validated_registrations",
        "validated_registrations",
        is_blocking=True,
        description="Contents: ranges, vocabularies and the order of times hold for every row that went on.",
    ),
    suite_check(
        "features_risk",
        "features_risk",
        is_blocking=True,
        description="Features: in range, finite, one row a registration, nothing from after the moment of prediction.",
    ),
]
