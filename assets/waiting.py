"""The waiting-time model: fitted on the queues' own history, judged on held-out days, published with its receipt.

Belongs here: one asset. Does not belong here: its arithmetic (`ml.waiting`), how it is served (`app_api.queue.waits`).
"""

from collections.abc import Sequence
from dataclasses import asdict

import dagster as dg
import numpy as np
import pandas as pd
from sqlalchemy import insert, select

from assets.database import Database
from core import clock, ids
from core.db.tables import Queue, QueueEntry, Receipt, WaitingModel
from core.errors import InputError
from ml.waiting.evaluation import evaluate
from ml.waiting.fit import fit
from ml.waiting.history import Moment, Visit, moments

#: Older visits are those of another hospital: staff, rooms and habits change.
NEWEST_VISITS = 20_000
_SEEN = (QueueEntry.acuity, QueueEntry.state, QueueEntry.arrived_at, QueueEntry.called_at, QueueEntry.ended_at)
_ENDS = {"completed": "called", "in_service": "called", "called": "called", "left": "left", "closed": "closed"}


def moments_of_queues(database: Database) -> list[Moment]:
    """Replay every queue's history; each by its own strategy."""
    found: list[Moment] = []
    now = clock.now()
    with database.engine.connect() as connection:
        for queue in connection.execute(select(Queue.queue_id, Queue.strategy)).all():
            query = (
                select(*_SEEN)
                .where(QueueEntry.queue_id == queue.queue_id)
                .order_by(QueueEntry.entry_seq.desc())
                .limit(NEWEST_VISITS)
            )
            visits = []
            for row in connection.execute(query):
                end = _ENDS.get(row.state, "open")
                until = row.called_at if end == "called" else row.ended_at
                is_known = until is not None and until >= row.arrived_at
                visits.append(
                    Visit(
                        row.arrived_at,
                        row.acuity,
                        until if is_known else now,
                        end if is_known else "open",
                        row.ended_at,
                    )
                )
            found += moments(visits, rng=np.random.default_rng(20261124), strategy=queue.strategy)
    return sorted(found, key=lambda moment: moment.asked_at)


def table_of(asked: Sequence[Moment]) -> pd.DataFrame:
    """Return the moments of asking as a table: what was known, and the remaining wait."""
    rows = [
        {
            "asked_at": moment.asked_at,
            "remaining_minutes": moment.remaining_minutes,
            "is_observed": moment.is_observed,
            **asdict(moment.state),
        }
        for moment in asked
    ]
    return pd.DataFrame(rows)


@dg.asset(
    group_name="operations",
    owners=["team:operations"],
    code_version="2",
    kinds={"scipy", "postgres", "parquet"},
    automation_condition=dg.AutomationCondition.on_cron("0 4 * * *"),
    description="How long patients still wait (p50 to p90), from the queues' history; published only if it beats both "
    "usual averages on held-out days and at most one in ten waited past p90.",
)
def operations_waiting(context: dg.AssetExecutionContext, database: Database) -> dg.MaterializeResult[pd.DataFrame]:
    asked = moments_of_queues(database)
    table = table_of(asked)
    try:
        judged, model = evaluate(asked), fit(asked)
    except InputError as error:
        return dg.MaterializeResult(
            value=table, metadata={"moments": len(asked), "published": False, "reason": error.code}
        )
    errors = {
        "pinball_model": judged.model.pinball,
        "pinball_last_10": judged.last_k.pinball,
        "pinball_rolling_mean": judged.rolling_mean.pinball,
        "past_p90": judged.model.past_90,
    }
    if judged.is_better:
        receipt_id, now = ids.new_id("rcp"), clock.now()
        origin = {
            "asset": "operations_waiting",
            "dagster_run_id": context.run.run_id,
            "row_count": len(asked),
            "first_registered_at": clock.iso(asked[0].asked_at),
            "last_registered_at": clock.iso(asked[-1].asked_at),
            "held_out": errors,
        }
        with database.engine.begin() as connection:
            connection.execute(
                insert(Receipt).values(receipt_id=receipt_id, kind="analytics", provenance=origin, created_at=now)
            )
            payload = {"model": model.as_dict(), "held_out": errors}
            connection.execute(insert(WaitingModel).values(receipt_id=receipt_id, payload=payload, published_at=now))
    return dg.MaterializeResult(value=table, metadata={"moments": len(asked), "published": judged.is_better, **errors})
