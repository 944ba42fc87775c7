"""The beds of the next hours: fitted on the queues' own history, judged on held-out days, published or refused.

Belongs here: one asset. Does not belong here: its arithmetic (`ml.beds`), how it is served (`app_api.demand`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import dagster as dg
import pandas as pd
from sqlalchemy import Connection, insert, select

from assets.database import Database
from core import clock, ids
from core.db.tables import BedModel, ForecastActual, QueueEntry, Receipt
from core.errors import InputError
from core.vocabulary import UNKNOWN_BAND
from ml.beds.evaluation import Evaluation, evaluate
from ml.beds.fit import fit
from ml.beds.model import BedsModel
from ml.beds.visits import BANDS, CLOSED, LEFT, Person, Visit

#: Older visits are those of another hospital: staff, rooms and habits change.
NEWEST_VISITS = 20_000
#: So many complete months are what a month's forecast is held against.
MONTHS = 2
_SEEN = (
    QueueEntry.acuity, QueueEntry.age_band, QueueEntry.news2_score, QueueEntry.state, QueueEntry.arrived_at,
    QueueEntry.called_at, QueueEntry.ended_at, QueueEntry.disposition,
)  # fmt: skip
_ENDS = {"left": LEFT, "closed": CLOSED}


def visits_of_queues(connection: Connection) -> list[Visit]:
    """Return the newest stays in all queues, without whose they are."""
    rows = connection.execute(select(*_SEEN).order_by(QueueEntry.entry_seq.desc()).limit(NEWEST_VISITS))
    return [
        Visit(
            Person(row.acuity, row.age_band if row.age_band in BANDS else UNKNOWN_BAND, row.news2_score),
            row.arrived_at,
            row.called_at,
            row.ended_at,
            row.disposition or _ENDS.get(row.state),
        )
        for row in rows
    ]


def registrations_per_week(connection: Connection, *, now: datetime) -> float | None:
    """Return the mean weekly registrations of the last complete months that the ledger knows; None without any."""
    query = (
        select(ForecastActual.month, ForecastActual.count)
        .where(ForecastActual.series_id == "all", ForecastActual.month < now.strftime("%Y-%m"))
        .order_by(ForecastActual.actual_id)
    )
    counts = {row.month: row.count for row in connection.execute(query)}
    newest = sorted(counts)[-MONTHS:]
    if not newest or pd.Period(newest[-1], freq="M") + MONTHS < pd.Period(now.strftime("%Y-%m"), freq="M"):
        return None
    days = sum(pd.Period(month, freq="M").days_in_month for month in newest)
    return sum(counts[month] for month in newest) / (days / 7)


def table_of(visits: Sequence[Visit]) -> pd.DataFrame:
    """Return the visits as a table."""
    rows = [
        {
            "arrived_at": visit.arrived_at,
            "acuity": visit.person.acuity,
            "age_band": visit.person.age_band,
            "news2_score": visit.person.news2_score,
            "stay_minutes": None
            if visit.ended_at is None
            else (visit.ended_at - visit.arrived_at).total_seconds() / 60,
            "end": visit.end,
        }
        for visit in visits
    ]
    columns = ["arrived_at", "acuity", "age_band", "news2_score", "stay_minutes", "end"]
    return pd.DataFrame(rows, columns=columns).astype({"news2_score": "float64", "stay_minutes": "float64"})


@dg.asset(
    group_name="operations",
    owners=["team:operations"],
    code_version="1",
    kinds={"numpy", "postgres", "parquet"},
    deps=["forecast_ledger"],
    automation_condition=dg.AutomationCondition.on_cron("0 4 * * *").ignore(
        dg.AssetSelection.assets("forecast_ledger")
    ),
    description="Beds of the next eight hours from the patients who are there; served only if it beats the mean of the "
    "hour of the week and a share of occupancy on held-out days, and its 80 % interval held at least 75 %.",
)
def operations_beds(context: dg.AssetExecutionContext, database: Database) -> dg.MaterializeResult[pd.DataFrame]:
    now = clock.now()
    with database.engine.connect() as connection:
        visits, per_week = visits_of_queues(connection), registrations_per_week(connection, now=now)
    judged, model, refused = judged_model(visits, per_week, now=now)
    held_out = None if judged is None else judged.as_dict()
    receipt_id = ids.new_id("rcp")
    origin = {
        "asset": "operations_beds",
        "dagster_run_id": context.run.run_id,
        "row_count": len(visits),
        "first_registered_at": clock.iso(min(one.arrived_at for one in visits)) if visits else None,
        "last_registered_at": clock.iso(max(one.arrived_at for one in visits)) if visits else None,
        "held_out": held_out,
        "refused": refused,
    }
    payload = {"model": None if model is None else model.as_dict(), "held_out": held_out, "refused": refused}
    with database.engine.begin() as connection:
        connection.execute(
            insert(Receipt).values(receipt_id=receipt_id, kind="analytics", provenance=origin, created_at=now)
        )
        connection.execute(insert(BedModel).values(receipt_id=receipt_id, payload=payload, published_at=now))
    said: dict[str, Any] = {"visits": len(visits), "published": model is not None, **(held_out or {})}
    return dg.MaterializeResult(value=table_of(visits), metadata=said | ({"reason": refused} if refused else {}))


def judged_model(
    visits: Sequence[Visit], per_week: float | None, *, now: datetime
) -> tuple[Evaluation | None, BedsModel | None, str | None]:
    """Return the judgement, the model that may be served, and the code of the reason why none may."""
    try:
        judged = evaluate(visits, until=now)
        if not judged.is_better:
            return judged, None, "not_better"
        return judged, fit(visits, until=now, registrations_per_week=per_week), None
    except InputError as error:
        return None, None, error.code
