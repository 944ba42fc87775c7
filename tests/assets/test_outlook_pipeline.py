"""The outlook materialized as the pipeline does it: forecasts, ledger, check and what each publishes."""

from unittest import mock

import dagster as dg
import pytest
from sqlalchemy import func, select

from assets.alerts import surge_alerts, surge_self_grade
from assets.database import Database
from assets.features import report_delays, weekly_counts
from assets.ledger import coverage_check, forecast_ledger
from assets.model_resources import ModelRegistry
from assets.outlook import forecast_condition_volume, surge_condition_monthly, surge_condition_weekly
from assets.partitions import MONTHS
from assets.publishing import Publisher
from assets.storage import Warehouse, write_atomically
from assets.tables import ParquetIOManager
from core import clock
from core.db.tables import AnalyticsResult, Receipt, SurgeAlert, SurgeClosedPeriod
from core.embedded import ports
from ml.synthetic import generate_hospital

FOCUS = ("Influenza", "Fracture", "Pneumonia")


@pytest.fixture(scope="module")
def registrations():
    rows = generate_hospital(patients=2500, years=5, seed=11, end=clock.today()).registrations
    rows = rows[rows["condition"].isin(FOCUS)]
    return rows.assign(content_hash=[f"{number:064d}" for number in range(len(rows))], source="synthetic")


@pytest.fixture
def resources(tmp_path, pg_engine, pg_dsn, valkey_url, registrations):
    warehouse = Warehouse(base=str(tmp_path))
    months = registrations["registered_at"].dt.strftime("%Y-%m")
    for month, part in registrations.groupby(months):
        if month in set(MONTHS.get_partition_keys()):
            write_atomically(part, warehouse.path("validated_registrations", month), run_id="before")
            write_atomically(weekly_counts(part), warehouse.path("features_weekly_counts", month), run_id="before")
            delays = report_delays(part, part[["registration_id", "recorded_at"]].astype("str"))
            write_atomically(delays, warehouse.path("features_report_delays", month), run_id="before")
    database = Database(dsn=pg_dsn)
    return {
        "io_manager": ParquetIOManager(warehouse=warehouse),
        "warehouse": warehouse,
        "database": database,
        "publisher": Publisher(database=database, redis_dsn=valkey_url, api_address="http://dashboard.test"),
        # Nobody listens there: the ledger must not depend on MLflow.
        "registry": ModelRegistry(
            address=f"http://127.0.0.1:{ports.find_free()}",
            username="a",
            password="b",
            dashboard="http://dashboard.test",
        ),
    }


def _sections(engine):
    with engine.connect() as connection:
        rows = connection.execute(select(AnalyticsResult.section, AnalyticsResult.payload)).all()
    return {row.section: row.payload for row in rows}


def _run(resources, *assets):
    with mock.patch.dict("os.environ", {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}):
        outcome = dg.materialize(
            [
                *assets,
                *([coverage_check] if forecast_ledger in assets else []),
                _source("validated_registrations"),
                _source("features_weekly_counts"),
                _source("features_report_delays"),
            ],
            selection=[asset.key for asset in assets],
            resources=resources,
        )
    assert outcome.success
    return outcome


def _source(name):
    return dg.AssetSpec(name, partitions_def=MONTHS)


def test_forecasts_are_published_with_their_record_and_frozen_as_live_promises(resources, pg_engine):
    outcome = _run(resources, forecast_condition_volume, forecast_ledger)
    published = _sections(pg_engine)
    board = published["volume_forecast"]
    assert {one["series_id"] for one in board["series"]} == {"all", *FOCUS}
    whole = board["series"][0]
    assert whole["record"]["coverage80"] is not None and len(whole["steps"]) == 12
    assert len(whole["baseline"]) == 12 and whole["baseline_split"]["mae"] > 0
    assert len(board["grains"]["months"]) in (2, 3), "93 days hold two whole months, three before a short February"
    assert board["grains"]["weekly_source"]["record"]["origins"] == 8
    assert board["grains"]["daily_source"]["model"]
    ledger = published["forecast_ledger"]
    assert ledger["live"]["promised"] == 4 * 12 and ledger["live"]["served"]["scored"] == 0
    assert ledger["replayed"]["served"]["scored"] > 100
    facts = outcome.asset_materializations_for_node("forecast_ledger")[0].metadata
    assert "no scores" in facts["mlflow"].value
    assert facts["receipt_page"].value == f"http://dashboard.test/receipts/{facts['receipt'].value}"
    (check,) = outcome.get_asset_check_evaluations()
    assert check.severity is dg.AssetCheckSeverity.WARN


def test_surges_are_judged_by_week_and_by_month(resources):
    outcome = _run(resources, surge_condition_weekly, surge_condition_monthly)
    monthly = outcome.output_for_node("surge_condition_monthly")
    assert monthly["series_id"].nunique() == 3
    assert monthly["month"].str.fullmatch(r"\d{4}-\d\d").all()
    weekly = outcome.output_for_node("surge_condition_weekly")
    newest = weekly.groupby("series_id").tail(1)
    assert newest["complete_share"].between(0.9, 1.0).all()
    assert (newest["estimate_low"] <= newest["estimate"]).all()
    assert newest["weight"].mean() == pytest.approx(1.0)


def test_alerts_of_closed_periods_are_published_once_and_the_exam_beside_them(resources, pg_engine):
    assets = (surge_condition_weekly, surge_condition_monthly, surge_alerts, surge_self_grade)
    first = _run(resources, *assets).asset_materializations_for_node("surge_alerts")[0].metadata
    assert first["weeks_closed"].value == 104 and first["months_closed"].value == 24
    again = _run(resources, *assets).asset_materializations_for_node("surge_alerts")[0].metadata
    assert again["weeks_closed"].value == 0 and again["week_alerts"].value == 0
    with pg_engine.connect() as connection:
        alerts = connection.execute(select(SurgeAlert)).all()
        kinds = dict(
            connection.execute(
                select(SurgeClosedPeriod.kind, func.count())
                .where(SurgeClosedPeriod.grain == "week")
                .group_by(SurgeClosedPeriod.kind)
            ).all()
        )
    assert kinds == {"live": 1, "replayed": 103}
    assert len(alerts) == first["week_alerts"].value + first["month_alerts"].value
    assert all(alert.q_value <= alert.budget for alert in alerts)
    weeks = [alert for alert in alerts if alert.grain == "week"]
    assert weeks and all(0 < alert.complete_share <= 1 for alert in weeks)
    assert all(alert.excess == pytest.approx(alert.estimate - alert.expected) for alert in weeks)
    with pg_engine.connect() as connection:
        query = select(Receipt.provenance).where(Receipt.receipt_id == weeks[0].receipt_id)
        assert connection.execute(query).scalar_one()["method"] == "together"
    grade = _sections(pg_engine)["surge_grade"]
    assert {one["series_id"] for one in grade["conditions"]} == set(FOCUS)
    assert [size["size"] for size in grade["conditions"][0]["sizes"]] == [2.0, 3.0, 5.0, 10.0]
    assert grade["conditions"][0]["sizes"][-1]["pod"] > grade["conditions"][0]["sizes"][0]["pod"]
