"""Beds of the next hours as an asset: from the demo's queue history to a served model, or a refusal that says why."""

import dagster as dg
import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.engine import make_url

from assets.beds import operations_beds, registrations_per_week, visits_of_queues
from assets.database import Database
from core import clock
from core.db.tables import BedModel, ForecastActual, QueueEntry, Receipt
from medisync.demo_operations import seed_operations
from ml.beds.fit import arrival_rates
from ml.beds.model import BedsModel
from ml.beds.visits import CLOSED, LEFT, Person

pytestmark = pytest.mark.usefixtures("afternoon")


def materialize(engine):
    dsn = engine.url.render_as_string(hide_password=False)
    source = dg.AssetSpec("forecast_ledger")
    result = dg.materialize(
        [operations_beds, source], resources={"database": Database(dsn=dsn)}, selection=[operations_beds]
    )
    [event] = result.get_asset_materialization_events()
    return {name: value.value for name, value in event.materialization.metadata.items()}


def newest(engine):
    with engine.connect() as connection:
        row = connection.execute(select(BedModel).order_by(BedModel.model_id.desc()).limit(1)).one()
        origin = select(Receipt.provenance).where(Receipt.receipt_id == row.receipt_id)
        return row.payload, connection.execute(origin).scalar_one()


def test_the_demo_hospital_gives_a_model_that_beats_both_naive_ways_and_is_published(pg_engine):
    assert seed_operations(pg_engine, seed=20261124) > 3000
    said = materialize(pg_engine)
    assert said["published"] is True
    assert said["mae_model"] < min(said["mae_hour_of_week"], said["mae_occupancy"])
    assert said["covered_80"] >= 0.75
    payload, receipt = newest(pg_engine)
    assert receipt["asset"] == "operations_beds"
    assert receipt["held_out"]["mae_model"] == said["mae_model"]
    model = BedsModel.of_dict(payload["model"])
    assert model.chance(Person(1, "80+", 8)) > 0.6 > 0.05 > model.chance(Person(5, "20-39", 0))
    assert model.registrations_per_week is None, "nothing is known of registrations here"


def test_the_demo_says_where_its_patients_went(pg_engine):
    seed_operations(pg_engine, seed=20261124)
    query = text(
        "SELECT disposition, count(*) FROM queue_entry WHERE state = 'completed' GROUP BY disposition ORDER BY 1"
    )
    with pg_engine.connect() as connection:
        counts = dict(connection.execute(query).all())
    assert set(counts) == {"admitted", "discharged", "transferred"}
    assert 0.1 < counts["admitted"] / sum(counts.values()) < 0.25


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (None, "too_few_visits"),
        ("UPDATE queue_entry SET disposition = NULL WHERE entry_seq % 4 = 0", "dispositions_missing"),
        ("UPDATE queue_entry SET disposition = 'discharged' WHERE disposition = 'admitted'", "too_few_admissions"),
        # Who is admitted is decided by which hour of the held-out days it is, not by who the patient is.
        (
            "UPDATE queue_entry SET disposition = CASE WHEN (extract(epoch FROM ended_at)::bigint / 86400) % 9 = 0 "
            "THEN 'admitted' ELSE 'discharged' END WHERE state = 'completed'",
            "not_better",
        ),
    ],
)
def test_what_cannot_be_foreseen_is_refused_and_nothing_is_served(pg_engine, spoil, reason):
    if spoil is not None:
        seed_operations(pg_engine, seed=20261124)
        with pg_engine.begin() as connection:
            connection.execute(text(spoil))
    said = materialize(pg_engine)
    assert (said["published"], said["reason"]) == (False, reason)
    payload, receipt = newest(pg_engine)
    assert (payload["model"], payload["refused"], receipt["refused"]) == (None, reason, reason)


def test_the_pipelines_role_reads_the_visits_without_whose_they_are(pg_engine, server_settings):
    seed_operations(pg_engine, seed=5)
    with pg_engine.begin() as connection:
        first = select(QueueEntry.entry_seq).where(QueueEntry.state == "completed").limit(1).scalar_subquery()
        gone = {"state": "closed", "disposition": None}
        connection.execute(update(QueueEntry).where(QueueEntry.entry_seq == first).values(**gone))
    dsn = make_url(server_settings.pipeline_dsn).set(database=pg_engine.url.database)
    with Database(dsn=dsn.render_as_string(hide_password=False)).engine.connect() as connection:
        visits = visits_of_queues(connection)
        assert registrations_per_week(connection, now=clock.now()) is None
    assert len(visits) > 3000
    assert {visit.end for visit in visits} == {"admitted", "discharged", "transferred", LEFT, CLOSED, None}
    assert arrival_rates([visit.arrived_at for visit in visits], until=clock.now())[1].days == 42


def test_registrations_are_those_of_the_last_two_complete_months(pg_engine):
    now = clock.now().replace(year=2026, month=11, day=28)
    common = {"series_id": "all", "observed_at": now, "dagster_run_id": "r"}
    with pg_engine.begin() as connection:
        rows = [("2026-08", 9000), ("2026-09", 600), ("2026-09", 900), ("2026-10", 930), ("2026-11", 100)]
        connection.execute(
            insert(ForecastActual), [{**common, "month": month, "count": count} for month, count in rows]
        )
    with pg_engine.connect() as connection:
        found = registrations_per_week(connection, now=now)
        assert found == pytest.approx((900 + 930) / (61 / 7)), "a late entry counts, the month that goes on does not"
        assert registrations_per_week(connection, now=now.replace(year=2027)) is None
