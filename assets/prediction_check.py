"""A new version's answers, held against the suite `predictions` before the gate looks at it.

Belongs here: asking the version and the check. Does not belong here: the rules (`expectations.suites.predictions`), the
gate's figures (`assets.risk`).
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import pandas as pd

from assets.checks import suite_check_name
from assets.model_resources import ReleaseSigner
from assets.storage import Warehouse, read
from core import clock
from ml.features import CLINICAL_INPUTS
from ml.release import Scorer, unpack
from ml.release.answer_frame import frame_of

ASKED = 500


def newest_visits(warehouse: Warehouse, count: int) -> pd.DataFrame:
    """Return the newest validated registrations, at most so many."""
    months = warehouse.months("validated_registrations")
    found: list[pd.DataFrame] = []
    for month in reversed(months):
        found.insert(0, warehouse.read("validated_registrations", [month])[month])
        if sum(map(len, found)) >= count:
            break
    return pd.concat(found, ignore_index=True).tail(count) if found else pd.DataFrame()


def questions_of(rows: pd.DataFrame) -> list[Mapping[str, Any]]:
    """Return what the version is asked for each visit: its inputs, unknown ones as None."""
    known = rows.reindex(columns=list(CLINICAL_INPUTS)).astype(object)
    known["registered_at"] = [clock.iso(moment.to_pydatetime()) for moment in rows["registered_at"]]
    return known.where(known.notna(), None).to_dict("records")


@dg.asset_check(
    asset="model_risk_ensemble",
    name=suite_check_name("predictions"),
    blocking=True,
    description="Answers of the new version to the newest visits: known levels, scores and probabilities that add up.",
)
def predictions_hold(
    context: dg.AssetCheckExecutionContext, warehouse: Warehouse, signer: ReleaseSigner
) -> dg.AssetCheckResult:
    # Great Expectations takes seconds to import: only a run that checks pays for it.
    from expectations import validate

    payload = bytes(read(warehouse.path("model_risk_ensemble")).iloc[0]["payload"])
    scorer = Scorer(unpack(payload, signature=signer.sign(payload), public=signer.public))
    rows = newest_visits(warehouse, ASKED)
    answers = scorer.assess_many(questions_of(rows)) if len(rows) else []
    report = validate(frame_of(answers, list(rows.get("registration_id", []))), "predictions")
    failed = sorted({rule.rule for rule in report.rules if not rule.success})
    return dg.AssetCheckResult(
        passed=report.is_success,
        severity=dg.AssetCheckSeverity.WARN if report.is_success else dg.AssetCheckSeverity.ERROR,
        metadata={
            "asked": len(answers),
            "abstained": sum(answer.abstained for answer in answers),
            "failed_rows": report.failed_row_count,
            "failed_rules": failed,
        },
    )
