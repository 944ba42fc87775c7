"""What runs by itself: sensors with their cursors, schedules, automation that respects blocking checks."""

import json

import dagster as dg
import pandas as pd
import pytest

from assets.automation import WHEN_DATA_ARE_GOOD
from assets.database import Database
from assets.partitions import MONTHS, months_of_run, range_tags
from assets.sources import Sources
from assets.storage import Warehouse
from core.db.tables import Registration
from orchestration.jobs import nightly_intake
from orchestration.sensors import new_registrations
from orchestration.staleness import LAYERS, contiguous


@pytest.fixture
def places(tmp_path, pg_engine, pg_dsn):
    database = Database(dsn=pg_dsn)
    return {
        "sources": Sources(database=database, inbox=str(tmp_path / "inbox")),
        "warehouse": Warehouse(base=str(tmp_path / "warehouse")),
    }


def _register(engine, number, moment):
    row = {
        "registration_id": f"R{number}",
        "patient_id": f"P{number}",
        "facility": "North",
        "registered_at": moment,
        "recorded_at": moment,
        "age_years": 40.0,
        "condition": "Asthma attack",
    }
    with engine.begin() as connection:
        connection.execute(Registration.__table__.insert(), [row])


def _look(places, cursor=None):
    with (
        dg.DagsterInstance.ephemeral() as instance,
        dg.build_sensor_context(instance=instance, cursor=cursor, resources=places) as context,
    ):
        return new_registrations(context)


def test_a_new_registration_asks_for_its_month_only(places, pg_engine):
    _register(pg_engine, 1, pd.Timestamp("2026-03-14T09:00Z"))
    result = _look(places)
    assert [request.tags for request in result.run_requests] == [range_tags("2026-03", "2026-03")]
    assert json.loads(result.cursor)[0] == 1


def test_what_was_seen_is_not_asked_for_again(places, pg_engine):
    _register(pg_engine, 1, pd.Timestamp("2026-03-14T09:00Z"))
    assert _look(places, cursor=_look(places).cursor).run_requests == []


def test_a_month_whose_layers_are_up_to_date_is_left_alone(places, pg_engine):
    _register(pg_engine, 1, pd.Timestamp("2026-03-14T09:00Z"))
    fingerprint = places["sources"].fingerprint("2026-03")
    for layer in LAYERS:
        path = places["warehouse"].path(layer, "2026-03")
        path.parent.mkdir(parents=True)
        frame = pd.DataFrame({"any": [1]})
        frame.attrs = {"source_fingerprint": fingerprint}
        frame.to_parquet(path)
    assert _look(places).run_requests == []
    _register(pg_engine, 2, pd.Timestamp("2026-03-15T09:00Z"))
    assert len(_look(places).run_requests) == 1


def test_months_with_a_gap_between_are_separate_runs(places, pg_engine):
    for number, moment in enumerate(["2026-01-02T08:00Z", "2026-02-02T08:00Z", "2026-06-02T08:00Z"]):
        _register(pg_engine, number, pd.Timestamp(moment))
    asked = [request.tags for request in _look(places).run_requests]
    assert asked == [range_tags("2026-01", "2026-02"), range_tags("2026-06", "2026-06")]


def test_contiguous_months_span_the_turn_of_the_year():
    assert contiguous(["2025-12", "2026-01", "2026-03"]) == [("2025-12", "2026-01"), ("2026-03", "2026-03")]


def test_the_nightly_run_covers_this_month_and_the_one_before():
    moment = pd.Timestamp("2026-01-10T02:15Z").to_pydatetime()
    request = nightly_intake(dg.build_schedule_context(scheduled_execution_time=moment))
    assert request.tags == range_tags("2025-12", "2026-01")


def test_the_months_of_a_run_are_read_from_its_tags():
    available = ["2026-01", "2026-02", "2026-03"]
    assert months_of_run(range_tags("2026-02", "2026-03"), available) == ["2026-02", "2026-03"]
    assert months_of_run({"dagster/partition": "2026-01"}, available) == ["2026-01"]
    assert months_of_run({}, available) == available


@pytest.mark.parametrize(("is_good", "asked_for"), [(True, 1), (False, 0)])
def test_automation_asks_for_a_renewal_unless_a_blocking_check_failed(is_good, asked_for):
    @dg.asset(partitions_def=MONTHS)
    def above():
        return 1

    @dg.asset_check(asset=above, blocking=True)
    def holds():
        return dg.AssetCheckResult(passed=is_good)

    @dg.asset(automation_condition=WHEN_DATA_ARE_GOOD, deps=[above])
    def below():
        return 1

    defs = dg.Definitions(assets=[above, below], asset_checks=[holds])
    with dg.DagsterInstance.ephemeral() as instance:
        first = dg.evaluate_automation_conditions(defs, instance=instance)
        dg.materialize([above, holds], partition_key="2026-03", instance=instance, raise_on_error=False)
        second = dg.evaluate_automation_conditions(defs, instance=instance, cursor=first.cursor)
    assert second.get_num_requested(dg.AssetKey("below")) == asked_for
