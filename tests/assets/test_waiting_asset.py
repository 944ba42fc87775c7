"""The waiting-time model as an asset: from the demo's queue history to a served interval with its receipt."""

import dagster as dg
import pytest
from sqlalchemy import select, text

from assets.database import Database
from assets.waiting import operations_waiting
from core.db.tables import Receipt, WaitingModel
from medisync.demo_operations import seed_operations
from ml.waiting.estimate import QueueState, WaitModel

pytestmark = pytest.mark.usefixtures("afternoon")


def materialize(pg_engine):
    dsn = pg_engine.url.render_as_string(hide_password=False)
    return dg.materialize([operations_waiting], resources={"database": Database(dsn=dsn)})


def facts(result) -> dict:
    [event] = result.get_asset_materialization_events()
    return {name: value.value for name, value in event.materialization.metadata.items()}


def test_the_demo_queue_gives_a_model_that_beats_both_averages_and_is_published(pg_engine):
    assert seed_operations(pg_engine, seed=20261124) > 3000
    said = facts(materialize(pg_engine))
    assert said["published"] is True
    assert said["pinball_model"] < min(said["pinball_last_10"], said["pinball_rolling_mean"])
    assert said["past_p90"] <= 0.10
    with pg_engine.connect() as connection:
        stored = connection.execute(select(WaitingModel.payload, WaitingModel.receipt_id)).one()
        receipt = connection.execute(
            select(Receipt.provenance).where(Receipt.receipt_id == stored.receipt_id)
        ).scalar_one()
    assert receipt["asset"] == "operations_waiting"
    low, high = WaitModel.of_dict(stored.payload["model"]).interval(
        QueueState(3, 4, 6, 5, 6, 24, 40.0, 30.0, 0.0, 11.0)
    )
    assert 0 < low < high


def test_a_hospital_without_history_publishes_nothing_and_says_why(pg_engine):
    said = facts(materialize(pg_engine))
    assert (said["published"], said["reason"]) == (False, "too_few_waits")


def test_seeding_twice_changes_nothing_and_nobody_stands_in_line_twice(pg_engine):
    seed_operations(pg_engine, seed=1)
    assert seed_operations(pg_engine, seed=1) == 0
    with pg_engine.connect() as connection:
        query = "SELECT count(*) FROM queue WHERE is_synthetic"
        assert connection.execute(text(query)).scalar_one() == 2
