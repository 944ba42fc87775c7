"""The version in use, looked at again each night.

Belongs here: model_risk_monitoring. Does not belong here: the arithmetic (`ml.risk.monitoring`), any promotion: what
this suggests, a person reads.
"""

from dataclasses import asdict, replace

import dagster as dg
import pandas as pd

from assets.model_resources import ReleaseShelf
from assets.partitions import Months, together
from assets.publishing import as_json
from assets.registrations import Pseudonyms
from core import clock
from ml.features.columns import LABEL_COLUMN
from ml.risk.monitoring import WEEKS, look
from ml.risk.shadow import shadow_run

_NOTHING = "no version is in use yet"


@dg.asset(
    group_name="monitoring",
    owners=["team:ml-engineers"],
    code_version="2",
    kinds={"onnx", "postgres", "parquet"},
    description="Drift, live skill as outcomes land, and the newest waiting version in the shadow; never promotes.",
)
def model_risk_monitoring(
    context: dg.AssetExecutionContext, features_risk: Months, shelf: ReleaseShelf, pseudonyms: Pseudonyms
) -> dg.MaterializeResult[pd.DataFrame]:
    release = shelf.in_use()
    bundle = shelf.bundle(release.version) if release is not None else None
    rows = together(features_risk)
    if release is None or bundle is None or not release.reference or rows.empty:
        return dg.MaterializeResult(value=pd.DataFrame(), metadata={"state": _NOTHING})
    served = shelf.predictions(release.version)
    keys = pseudonyms.of(rows["registration_id"])
    served[LABEL_COLUMN] = served["registration_key"].map(
        pd.Series(rows[LABEL_COLUMN].to_numpy(), index=keys.to_numpy()).groupby(level=0).last()
    )
    report = look(
        bundle,
        release.reference,
        rows,
        served,
        trained_until=pd.Timestamp(release.origin["last_registered_at"]),
        now=pd.Timestamp(clock.now()),
        held_out_auroc=float(release.metrics["auroc"]),
    )
    waiting = shelf.challenger(release.version)
    if waiting is not None:
        number, challenger, origin = waiting
        unseen_since = max(pd.Timestamp(one["last_registered_at"]) for one in (release.origin, origin))
        recent = rows[rows["registered_at"] > pd.Timestamp(clock.now()) - pd.Timedelta(weeks=WEEKS)]
        shadow = shadow_run(bundle, challenger, recent, version=number, unseen_since=unseen_since)
        report = replace(report, shadow=shadow)
    shelf.monitored(
        release.version,
        as_json(report),
        suggests_retrain=bool(report.suggestions),
        run_id=context.run.run_id,
    )
    shifts = [{"week": week.starts, **asdict(shift)} for week in report.weeks for shift in week.shifts]
    return dg.MaterializeResult(
        value=pd.DataFrame(shifts),
        metadata={
            "version": release.version,
            "suggestions": list(report.suggestions),
            "lasting": list(report.lasting),
            "outcomes_since_training": report.population.n_outcomes,
            "served_with_outcome": report.served.n_outcomes,
            "challenger": report.shadow.version if report.shadow else "none waits",
        },
    )
