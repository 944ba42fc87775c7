"""The five analyses that the hospital reads, each computed by `ml` and published with its receipt.

Belongs here: the five analytics_* assets, made by one factory. Does not belong here: their arithmetic
(`ml.analytics`), how they are shown (`serving`, `dashboard`).
"""

from collections.abc import Callable

import dagster as dg
import pandas as pd

from assets import provenance
from assets.automation import WHEN_DATA_ARE_GOOD
from assets.partitions import Months, together
from assets.publishing import Publisher
from core import clock
from core.vocabulary import ANALYTICS_SECTIONS
from ml import analytics

OWNERS = ["team:analytics"]

#: section -> (the function of `ml.analytics` that keeps the requirement's name, what a person learns from it)
ANALYSES: dict[str, tuple[Callable[[pd.DataFrame], object], str]] = {
    "health_trends": (
        analytics.perform_patient_health_trends,
        "The five most frequent conditions of each week, how their ranks moved, and their season.",
    ),
    "demographics": (
        analytics.analyze_patient_demographics,
        "Who comes: age bands and sexes with Wilson intervals.",
    ),
    "associations": (
        analytics.analyze_illness_prediction_chi_square,
        "Which conditions go with age or sex: chi-square, Cramér's V with a bootstrap interval, Holm-adjusted.",
    ),
    "patient_volume": (
        analytics.predict_patient_volume,
        "How many patients to expect each month: forecast with intervals beside its measured error.",
    ),
    "illness_surge": (
        analytics.predict_illness_surge,
        "Which conditions run above what their past explains, with probability, expected and excess cases.",
    ),
}


def analytics_asset(section: str) -> dg.AssetsDefinition:
    """Return the asset that computes and publishes one section of `core.vocabulary.ANALYTICS_SECTIONS`."""
    function, description = ANALYSES[section]

    @dg.asset(
        name=f"analytics_{section}",
        group_name="analytics",
        owners=OWNERS,
        code_version="1",
        kinds={"pandas", "postgres"},
        description=description,
        automation_condition=WHEN_DATA_ARE_GOOD,
    )
    def analysis(
        context: dg.AssetExecutionContext, validated_registrations: Months, publisher: Publisher
    ) -> dg.MaterializeResult:
        rows = together(validated_registrations)
        if rows.empty:
            return dg.MaterializeResult(
                metadata={"rows": 0, "note": "no validated registrations yet: nothing published"}
            )
        as_of = rows["registered_at"].max().to_pydatetime()
        validations = publisher.validation_ids("validated_registrations", list(validated_registrations))
        origin = provenance.of_run(context, rows, validation_run_ids=validations, function=function.__qualname__)
        receipt = publisher.section(section, function(rows), as_of=as_of, provenance=origin)
        return dg.MaterializeResult(
            metadata={
                "rows": len(rows),
                "as_of": clock.iso(as_of),
                "receipt": receipt,
                "data_sha256": origin["data_sha256"],
            }
        )

    return analysis


ANALYTICS_ASSETS = [analytics_asset(section) for section in ANALYTICS_SECTIONS]
