"""A parked row from the file to the corrected month: fixed, waived, replayed, and every row accounted for."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import dagster as dg
import pandas as pd
import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError

from app_api.stewardship import service
from app_api.stewardship.errors import MonthOutsideError
from app_api.stewardship.schemas import Fix, Waiver
from app_api.stewardship.service import Who
from assets.checks import CHECKS
from assets.database import Database
from assets.features import features_report_delays, features_risk, features_weekly_counts
from assets.intake import import_file
from assets.partitions import DECIDED, range_tags
from assets.publishing import Publisher
from assets.registrations import Pseudonyms, parted_registrations, raw_registrations
from assets.sources import Sources
from assets.storage import Warehouse
from assets.tables import ParquetIOManager
from core import clock
from core.db.engine import async_engine
from core.db.tables import MonthCount, QuarantinedRegistration, Registration, ValidationRun
from core.settings import Settings
from orchestration.sensors import new_registrations
from orchestration.staleness import stale_months
from tests.assets.intake.made_files import canonical_csv, write

WHO = Who(None, "Priya Raman")
MAY = {"registered_at": "2024-05-02T10:00:00Z", "recorded_at": "2024-05-02T10:05:00Z", "outcome_at": ""}
ROWS = ({}, {}, {"age_years": "444"}, {"heart_rate": "305"}, MAY)


class House:
    """A small installation: an inbox, a warehouse, the pipeline's first layers, and a steward."""

    def __init__(self, home, dsn, redis):
        self.settings = Settings(home=home / "home", database_url=dsn)
        database = Database(dsn=dsn)
        self.warehouse = Warehouse(base=str(home / "warehouse"))
        self.sources = Sources(database=database, inbox=str(self.settings.inbox))
        self.resources = {
            "io_manager": ParquetIOManager(warehouse=self.warehouse),
            "warehouse": self.warehouse,
            "sources": self.sources,
            "publisher": Publisher(database=database, redis_dsn=redis, api_address="http://dashboard.test"),
            "pseudonyms": Pseudonyms(key="k" * 32),
        }
        self.engine = database.engine
        self._dsn = dsn
        self.cursor = None
        self.first_month = self.settings.history_start

    def make(self, months, *, checks=()):
        """Materialize the first layers over some months, with checks where a test is about them."""
        features = [features_risk, features_weekly_counts, features_report_delays]
        assets = [raw_registrations, parted_registrations, *features]
        with dg.DagsterInstance.ephemeral() as instance:
            done = dg.materialize(
                [*assets, *checks], resources=self.resources, tags=range_tags(months[0], months[-1]), instance=instance
            )
        assert done.success
        self.told = {
            (
                event.asset_key.to_user_string(),
                event.partition,
            ): event.step_materialization_data.materialization.metadata
            for event in done.get_asset_materialization_events()
        }
        return [check.passed for check in done.get_asset_check_evaluations()]

    def look(self):
        """What the sensor asks for now: months of each run."""
        places = {"sources": self.sources, "warehouse": self.warehouse}
        with (
            dg.DagsterInstance.ephemeral() as instance,
            dg.build_sensor_context(instance=instance, cursor=self.cursor, resources=places) as context,
        ):
            result = new_registrations(context)
        self.cursor = result.cursor
        return [request.tags for request in result.run_requests]

    def steward(self, act, *arguments, **words):
        """Do one act of the stewards' service in a transaction of its own."""

        if act is not service.look:
            words["first_month"] = self.first_month

        async def run():
            engine = async_engine(self._dsn.replace("psycopg2", "asyncpg"))
            try:
                async with engine.begin() as connection:
                    return await act(connection, *arguments, **words)
            finally:
                await engine.dispose()

        return asyncio.run(run())

    def parked(self):
        """Status of each parked row by the first rule that it broke."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(QuarantinedRegistration.__table__)).all()
        return {row.reasons[0]: row for row in rows}

    def counts(self, month):
        """The newest counts of a month."""
        query = select(MonthCount.__table__).where(MonthCount.month == month).order_by(MonthCount.count_seq.desc())
        with self.engine.connect() as connection:
            return connection.execute(query).first()


@pytest.fixture
def house(tmp_path, pg_engine, pg_dsn, valkey_url):
    """With an imported file of two months, made once: two rows of March are parked."""
    made = House(tmp_path, pg_dsn, valkey_url)
    import_file(write(tmp_path / "a.csv", canonical_csv(*ROWS)), settings=made.settings)
    assert made.look() == [range_tags("2024-03", "2024-03"), range_tags("2024-05", "2024-05")]
    made.make(["2024-03", "2024-05"])
    assert set(made.parked()) == {"age_years_out_of_range", "heart_rate_out_of_range"}
    return made


def _adds_up(row):
    parts = row.validated_count + row.quarantined_count + row.superseded_count + row.duplicate_count
    return row.raw_count == parts


def test_each_month_leads_to_its_validation_report_and_tells_its_own_rows(house):
    with house.engine.connect() as connection:
        runs = connection.execute(select(ValidationRun.month, ValidationRun.validation_run_id)).all()
    assert {run.month for run in runs} == {"2024-03", "2024-04", "2024-05"}
    for run in runs:
        for layer in ("validated_registrations", "quarantined_registrations"):
            url = house.told[layer, run.month]["validation_report"].value
            assert url == f"http://dashboard.test/api/validation/runs/{run.validation_run_id}/report"
    rows = {
        month: house.told["raw_registrations", month]["dagster/row_count"].value for month in ("2024-03", "2024-05")
    }
    assert rows == {month: house.counts(month).raw_count for month in rows}
    assert {facts["drift_counted_in"].value for facts in house.told.values()} == {"months"}


def test_a_fixed_row_is_a_new_version_and_a_replay_makes_its_month_only(house):
    row = house.parked()["age_years_out_of_range"]
    fix = Fix(changes={"age_years": "44"}, reason="Asked the ward: 44, typed twice")
    decided = house.steward(service.fix, row.content_hash, fix, who=WHO)
    assert (decided.status, decided.months_to_replay) == ("fixed", ["2024-03"])
    asked = house.steward(service.ask_replay, None, who=WHO)
    assert (asked.state, [one.month for one in asked.months]) == ("waiting", ["2024-03"])
    assert asked.months[0].before.quarantined == 2
    before = house.warehouse.path("raw_registrations", "2024-05").stat().st_mtime_ns
    assert house.look() == [range_tags("2024-03", "2024-03")], "May is left alone"
    assert house.make(["2024-03"], checks=CHECKS) == [True] * 3
    assert house.look() == []
    after = house.steward(service.replay, asked.replay_id)
    assert (after.state, after.is_reconciled) == ("done", True)
    counts = after.months[0].after
    assert (counts.raw, counts.validated, counts.quarantined, counts.superseded) == (5, 3, 1, 1)
    raw = house.warehouse.read("raw_registrations", ["2024-03"])["2024-03"]
    assert "444" in raw["age_years"].tolist(), "the row as received stays"
    mended = raw[raw["source"] == "steward"].iloc[0]
    assert (mended["age_years"], mended["registration_id"]) == ("44", "R3")
    assert mended["source_record"].startswith("decision ")
    assert mended["recorded_at"] == clock.iso(decided.decision.decided_at)
    assert house.warehouse.path("raw_registrations", "2024-05").stat().st_mtime_ns == before
    assert house.steward(service.look, row.content_hash).decisions[0].reason == fix.reason


def test_a_waived_row_counts_passes_the_checks_and_teaches_no_model_its_value(house):
    row = house.parked()["heart_rate_out_of_range"]
    waiver = Waiver(reason="Flutter at 305, seen on the strip by cardiology")
    assert house.steward(service.waive, row.content_hash, waiver, who=WHO).status == "waived"
    house.steward(service.ask_replay, None, who=WHO)
    assert house.make(["2024-03"], checks=CHECKS) == [True] * 3, "the blocking checks honour the waiver"
    counts = house.counts("2024-03")
    assert (counts.validated_count, counts.quarantined_count, counts.waived_count) == (3, 1, 1)
    assert _adds_up(counts)
    validated = house.warehouse.read("validated_registrations", ["2024-03"])["2024-03"]
    assert validated["heart_rate"].max() == 305
    features = house.warehouse.read("features_risk", ["2024-03"])["2024-03"]
    assert features["heart_rate"].max() < 300
    with house.engine.connect() as connection:
        told = connection.execute(
            text(
                "SELECT rules FROM validation_run WHERE suite = 'validated_registrations' ORDER BY ran_at DESC LIMIT 1"
            )
        ).scalar_one()
    (rule,) = [one for one in told if one["rule"] == "heart_rate_out_of_range"]
    assert (rule["waived_rows"], rule["failed_rows"], rule["success"]) == (1, 0, True)


def test_a_waiver_covers_its_row_and_its_rule_only(house, tmp_path):
    waiver = Waiver(reason="Seen on the strip by cardiology")
    house.steward(service.waive, house.parked()["heart_rate_out_of_range"].content_hash, waiver, who=WHO)
    other = canonical_csv({"registration_id": "R90", "heart_rate": "305"})
    import_file(write(tmp_path / "b.csv", other), settings=house.settings)
    house.make(["2024-03"])
    counts = house.counts("2024-03")
    assert (counts.quarantined_count, counts.waived_count) == (2, 1)


def test_a_waiver_that_has_ended_parks_the_row_again(house, monkeypatch):
    row = house.parked()["heart_rate_out_of_range"]
    soon = clock.now() + timedelta(hours=1)
    house.steward(
        service.waive, row.content_hash, Waiver(reason="Until the monitor is mended", expires_at=soon), who=WHO
    )
    house.make(["2024-03"])
    assert house.counts("2024-03").quarantined_count == 1
    assert stale_months(house.sources, house.warehouse) == []
    later = soon + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert stale_months(house.sources, house.warehouse) == ["2024-03"]
    house.make(["2024-03"])
    assert house.counts("2024-03").quarantined_count == 2
    assert house.parked()["heart_rate_out_of_range"].status == "open"


def test_a_fix_into_another_month_makes_both_again(house):
    row = house.parked()["age_years_out_of_range"]
    changes = {"age_years": "44", "registered_at": "2024-05-03T10:00:00Z", "outcome_at": "2024-05-03T12:00:00Z"}
    decided = house.steward(service.fix, row.content_hash, Fix(changes=changes, reason="Wrong day and age"), who=WHO)
    assert decided.months_to_replay == ["2024-03", "2024-05"]
    house.steward(service.ask_replay, None, who=WHO)
    assert house.look() == [range_tags("2024-03", "2024-03"), range_tags("2024-05", "2024-05")]
    house.make(["2024-03", "2024-05"])
    assert all(_adds_up(house.counts(month)) for month in ("2024-03", "2024-05"))
    ids = house.warehouse.read("validated_registrations", columns=["registration_id"])
    assert "R3" not in ids["2024-03"]["registration_id"].tolist()
    assert "R3" in ids["2024-05"]["registration_id"].tolist()


def test_a_month_of_which_nothing_lies_in_the_warehouse_is_made_and_its_replay_ends(house):
    asked = house.steward(service.ask_replay, ["2020-02"], who=WHO)
    assert (asked.state, asked.months[0].before) == ("waiting", None)
    assert house.look() == [range_tags("2020-02", "2020-02")]
    house.make(["2020-02"])
    after = house.steward(service.replay, asked.replay_id)
    assert (after.state, after.is_reconciled, after.months[0].after.raw) == ("done", True, 0)
    assert house.look() == []


def test_a_replay_of_a_month_that_the_pipeline_never_makes_ends_and_says_so(house):
    """The decision is from before MEDISYNC_HISTORY_START was set to a later month."""
    row = house.parked()["age_years_out_of_range"]
    changes = {"age_years": "44", "registered_at": "2015-02-03T10:00:00Z", "outcome_at": ""}
    house.steward(service.fix, row.content_hash, Fix(changes=changes, reason="Wrong year and age"), who=WHO)
    house.first_month = "2016-01"
    asked = house.steward(service.ask_replay, None, who=WHO)
    assert [(one.month, one.is_outside) for one in asked.months] == [("2015-02", True), ("2024-03", False)]
    assert asked.state == "waiting"
    house.make(["2024-03"])
    after = house.steward(service.replay, asked.replay_id)
    assert (after.state, after.is_reconciled, after.first_month) == ("refused", False, "2016-01")
    alone = house.steward(service.ask_replay, None, who=WHO)
    assert ([one.month for one in alone.months], alone.state) == (["2015-02"], "refused")


def test_nothing_is_decided_or_asked_for_that_no_run_would_honour(house):
    row = house.parked()["age_years_out_of_range"]
    early = {"age_years": "44", "registered_at": "2014-12-31T23:00:00Z", "outcome_at": ""}
    with pytest.raises(MonthOutsideError, match="2014-12 is no month that the pipeline makes; those are 2015-01 to"):
        house.steward(service.fix, row.content_hash, Fix(changes=early, reason="Wrong year and age"), who=WHO)
    for month in ("1999-01", "2999-01"):
        with pytest.raises(MonthOutsideError, match=month):
            house.steward(service.ask_replay, ["2024-03", month], who=WHO)
    house.first_month = "2024-04"
    with pytest.raises(MonthOutsideError, match="2024-03"):
        house.steward(service.waive, row.content_hash, Waiver(reason="Seen by the ward"), who=WHO)
    assert house.sources.ledger.newest_decision("2024-03") == 0


def test_a_fix_that_is_wrong_itself_is_parked_as_a_row_of_its_own(house):
    row = house.parked()["age_years_out_of_range"]
    changes = {"age_years": "44", "systolic_bp": "60"}
    house.steward(service.fix, row.content_hash, Fix(changes=changes, reason="Typed twice"), who=WHO)
    house.make(["2024-03"])
    parked = house.parked()
    assert parked["diastolic_not_below_systolic"].source == "steward"
    assert (parked["age_years_out_of_range"].status, parked["diastolic_not_below_systolic"].status) == ("fixed", "open")
    assert _adds_up(house.counts("2024-03"))


def test_an_imported_correction_into_another_month_leaves_the_visit_in_one_month(house, tmp_path):
    moved = canonical_csv(
        {"registered_at": "2024-05-09T10:00:00Z", "recorded_at": "2024-06-01T00:00:00Z", "outcome_at": ""}
    )
    import_file(write(tmp_path / "late.csv", moved), settings=house.settings)
    assert house.look() == [range_tags("2024-03", "2024-03"), range_tags("2024-05", "2024-05")]
    house.make(["2024-03", "2024-05"])
    rows = house.warehouse.read("validated_registrations", columns=["registration_id"])
    assert [month for month, frame in rows.items() if "R1" in frame["registration_id"].tolist()] == ["2024-05"]
    assert all(_adds_up(house.counts(month)) for month in ("2024-03", "2024-05"))


def test_decisions_are_only_ever_added(house):
    row = house.parked()["age_years_out_of_range"]
    house.steward(service.fix, row.content_hash, Fix(changes={"age_years": "44"}, reason="Typed twice"), who=WHO)
    for statement in ("UPDATE quarantine_decision SET reason = 'x'", "DELETE FROM quarantine_decision"):
        with pytest.raises(DBAPIError, match="only ever added"), house.engine.begin() as connection:
            connection.execute(text(statement))


def test_a_cursor_from_before_replays_goes_on(house):
    house.cursor = json.dumps(json.loads(house.cursor)[:2])
    assert house.look() == []
    assert len(json.loads(house.cursor)) == 3


def test_the_sources_of_a_month_without_decisions_keep_their_fingerprint(house):
    frame = house.warehouse.read("raw_registrations", ["2024-05"])["2024-05"]
    assert frame.attrs["source_fingerprint"] == house.sources.fingerprint("2024-05")
    assert isinstance(frame, pd.DataFrame)


def test_a_decision_taken_after_the_rows_were_read_waits_for_the_next_reading(house):
    """Its correction is not among these rows yet: to honour it would lose the visit until then."""
    read = house.sources.read_month("2024-03").attrs[DECIDED]
    fixed, waived = (house.parked()[rule] for rule in ("age_years_out_of_range", "heart_rate_out_of_range"))
    fix = Fix(changes={"age_years": "44"}, reason="Asked the ward: 44, typed twice")
    house.steward(service.fix, fixed.content_hash, fix, who=WHO)
    house.steward(service.waive, waived.content_hash, Waiver(reason="Seen on the strip by cardiology"), who=WHO)
    known = house.sources.ledger.decisions("2024-03", up_to=read).honoured
    assert (known.corrected, known.waived) == (frozenset(), {})
    now = house.sources.read_month("2024-03").attrs[DECIDED]
    known = house.sources.ledger.decisions("2024-03", up_to=now).honoured
    assert (known.corrected, set(known.waived)) == ({fixed.content_hash}, {waived.content_hash})


def test_an_outcome_that_is_entered_after_a_later_one_changes_the_fingerprint(house):
    """Patients do not go in the order in which somebody writes it down."""
    moment = datetime(2025, 1, 10, 8, tzinfo=UTC)
    row = {"patient_id": "p", "facility": "Central", "registered_at": moment, "recorded_at": moment}
    prints = []
    with house.engine.begin() as connection:
        connection.execute(insert(Registration), [{**row, "registration_id": name} for name in ("a", "b")])
    for name, hours in (("", 0), ("a", 9), ("b", 3)):
        with house.engine.begin() as connection:
            ended = {"outcome": "discharged", "outcome_at": moment + timedelta(hours=hours)}
            connection.execute(update(Registration).where(Registration.registration_id == name).values(**ended))
        prints.append(house.sources.fingerprint("2025-01"))
    assert len(set(prints)) == 3
