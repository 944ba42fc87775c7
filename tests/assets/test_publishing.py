"""What serving reads: results with receipts, validation runs by month, the parked rows of a month."""

import uuid

import pandas as pd
import pytest
from sqlalchemy import select

from assets.database import Database
from assets.publishing import Publisher
from core import clock
from core.db.tables import AnalyticsResult, QuarantinedRegistration, Receipt, ValidationRun
from core.vocabulary import PROVENANCE_COLUMNS, REGISTRATION_COLUMNS


@pytest.fixture
def publisher(pg_engine, pg_dsn, valkey_url):
    return Publisher(database=Database(dsn=pg_dsn), redis_dsn=valkey_url, api_address="http://dashboard.test")


def _parked(*hashes, reason="age_years_out_of_range"):
    names = [*REGISTRATION_COLUMNS, *PROVENANCE_COLUMNS]
    rows = [{**dict.fromkeys(names, "x"), "content_hash": each, "reasons": [reason]} for each in hashes]
    return pd.DataFrame(rows, columns=[*names, "reasons"])


def _statuses(engine):
    table = QuarantinedRegistration
    with engine.connect() as connection:
        rows = connection.execute(select(table.content_hash, table.status, table.reasons)).all()
    return {row.content_hash: (row.status, row.reasons) for row in rows}


def test_a_section_and_its_receipt_are_published_together(publisher, pg_engine):
    receipt = publisher.section("demographics", {"total": float("nan")}, as_of=clock.now(), provenance={"asset": "a"})
    with pg_engine.connect() as connection:
        row = connection.execute(select(AnalyticsResult)).one()
        kept = connection.execute(select(Receipt)).one()
    assert row.receipt_id == receipt == kept.receipt_id
    assert row.payload == {"total": None}, "not a number is null in JSON"


def test_a_receipt_is_shown_in_dagster_with_its_page_in_the_dashboard(publisher):
    shown = publisher.shown("rcp_1")
    assert shown["receipt"] == "rcp_1"
    assert shown["receipt_page"].value == "http://dashboard.test/receipts/rcp_1"


def test_publishing_works_while_valkey_is_away(pg_engine, pg_dsn):
    lonely = Publisher(
        database=Database(dsn=pg_dsn), redis_dsn="redis://127.0.0.1:1/0", api_address="http://dashboard.test"
    )
    lonely.section("demographics", {}, as_of=clock.now(), provenance={})
    with pg_engine.connect() as connection:
        assert connection.execute(select(AnalyticsResult.section)).scalar_one() == "demographics"


def test_a_row_that_no_longer_fails_leaves_the_list(publisher, pg_engine):
    publisher.quarantine(_parked("a", "b"), month="2026-01", run_id="one")
    publisher.quarantine(_parked("b", reason="sex_not_in_value_set"), month="2026-01", run_id="two")
    assert _statuses(pg_engine) == {"b": ("open", ["sex_not_in_value_set"])}


def test_another_month_is_left_alone(publisher, pg_engine):
    publisher.quarantine(_parked("a"), month="2026-01", run_id="one")
    publisher.quarantine(_parked("b"), month="2026-02", run_id="two")
    publisher.quarantine(_parked(), month="2026-02", run_id="three")
    assert set(_statuses(pg_engine)) == {"a"}


def test_what_a_steward_decided_stays_decided(publisher, pg_engine):
    publisher.quarantine(_parked("a"), month="2026-01", run_id="one")
    with pg_engine.begin() as connection:
        connection.execute(QuarantinedRegistration.__table__.update().values(status="waived"))
    publisher.quarantine(_parked("a", reason="other"), month="2026-01", run_id="two")
    publisher.quarantine(_parked(), month="2026-01", run_id="three")
    assert _statuses(pg_engine) == {"a": ("waived", ["age_years_out_of_range"])}


def test_a_receipt_names_the_newest_validation_of_each_month(publisher, pg_engine):
    ids = {}
    for number, month in enumerate(["2026-01", "2026-01", "2026-02"]):
        ids[number] = uuid.UUID(int=number)
        values = {
            "validation_run_id": ids[number],
            "suite": "validated_registrations",
            "suite_version": "1",
            "month": month,
            "dagster_run_id": "r",
            "row_count": 1,
            "failed_row_count": 0,
            "is_success": True,
            "rules": [],
            "ran_at": pd.Timestamp("2026-03-01T00:00Z") + pd.Timedelta(hours=number),
        }
        with pg_engine.begin() as connection:
            connection.execute(ValidationRun.__table__.insert(), [values])
    found = publisher.validation_ids("validated_registrations", ["2026-01", "2026-02", "2026-03"])
    assert found == [str(ids[1]), str(ids[2])]
