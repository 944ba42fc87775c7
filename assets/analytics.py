"""The five analyses that the hospital reads, each computed by `ml` and published with its receipt.

Belongs here: the five analytics_* assets, made by one factory. Does not belong here: their arithmetic
(`ml.analytics`), how they are shown (`serving`, `dashboard`).
"""

from collections.abc import Callable
from typing import Any

import dagster as dg
import pandas as pd

from assets import provenance
from assets.automation import WHEN_DATA_ARE_GOOD
from assets.partitions import Months, together
from assets.publishing import Publisher, as_json
from core import clock
from core.vocabulary import ANALYTICS_SECTIONS
from ml import analytics
from ml.analysis_tables import flat_rows
from ml.completeness import complete_until

OWNERS = ["team:analytics"]

#: section -> (the function of `ml.analytics` that keeps the requirement's name, what a person learns from it)
ANALYSES: dict[str, tuple[Callable[..., object], str]] = {
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

#: These count whole weeks and months only.
IN_TIME = frozenset({"health_trends", "patient_volume", "illness_surge"})


def analytics_asset(section: str) -> dg.AssetsDefinition:
    """Return the asset that computes and publishes one section of `core.vocabulary.ANALYTICS_SECTIONS`."""

    @dg.asset(**_facts(section))
    def analysis(
        context: dg.AssetExecutionContext, validated_registrations: Months, publisher: Publisher
    ) -> dg.MaterializeResult[pd.DataFrame]:
        return publish(context, section, validated_registrations, publisher)

    return analysis


def surge_asset() -> dg.AssetsDefinition:
    """Return the asset of the surge analysis, which also reads how late registrations become known."""

    @dg.asset(**_facts("illness_surge"))
    def analysis(
        context: dg.AssetExecutionContext,
        validated_registrations: Months,
        features_report_delays: Months,
        publisher: Publisher,
    ) -> dg.MaterializeResult[pd.DataFrame]:
        delays = together(features_report_delays)
        return publish(context, "illness_surge", validated_registrations, publisher, delays=delays)

    return analysis


def _facts(section: str) -> dict[str, Any]:
    return {
        "name": f"analytics_{section}",
        "group_name": "analytics",
        "owners": OWNERS,
        "code_version": {"illness_surge": "4", "patient_volume": "3", "health_trends": "3"}.get(section, "2"),
        "kinds": {"pandas", "postgres"},
        "description": ANALYSES[section][1],
        "automation_condition": WHEN_DATA_ARE_GOOD,
    }


def publish(
    context: dg.AssetExecutionContext, section: str, months: Months, publisher: Publisher, **options: Any
) -> dg.MaterializeResult[pd.DataFrame]:
    """Run a section's function on all rows and publish what it says with its receipt."""
    function = ANALYSES[section][0]
    rows = together(months)
    if rows.empty:
        note = "no validated registrations yet: nothing published"
        return dg.MaterializeResult(value=pd.DataFrame(), metadata={"registrations": 0, "note": note})
    as_of = rows["registered_at"].max().to_pydatetime()
    if section in IN_TIME:
        options["as_of"] = complete_until(as_of, now=clock.now())
    validations = publisher.validation_ids("validated_registrations", list(months))
    origin = provenance.of_run(context, rows, validation_run_ids=validations, function=function.__qualname__)
    result = as_json(function(rows, **options))
    receipt = publisher.section(section, result, as_of=as_of, provenance=origin)
    return dg.MaterializeResult(
        value=pd.DataFrame(flat_rows(section, result)),
        metadata={
            "registrations": len(rows),
            "as_of": clock.iso(as_of),
            **publisher.shown(receipt),
            "data_sha256": origin["data_sha256"],
        },
    )


ANALYTICS_ASSETS = [
    surge_asset() if section == "illness_surge" else analytics_asset(section) for section in ANALYTICS_SECTIONS
]
