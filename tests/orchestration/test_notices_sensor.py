"""The sensor sees failed checks and runs, once each, and keeps names of our own making only."""

import dagster as dg
import pytest
from dagster._core.definitions.freshness import FreshnessState, FreshnessStateChange
from sqlalchemy import select

from assets.database import Database
from assets.notices import Notices
from core import clock
from core.db.tables import Notification
from core.settings import Settings
from orchestration.definitions import build_defs
from orchestration.notices import failures


@dg.asset
def layer() -> int:
    return 1


@dg.asset_check(asset=layer)
def layer_holds() -> dg.AssetCheckResult:
    rules = ["age_years_missing", "MARK Ada Lovelace", 7]
    return dg.AssetCheckResult(passed=False, metadata={"failed_rules": rules, "rows": 10, "failed_rows": 3})


@dg.asset
def broken() -> None:
    raise ValueError("MARK a row")


def _look(instance, notices, cursor=None):
    with dg.build_sensor_context(instance=instance, cursor=cursor, resources={"notices": notices}) as context:
        return failures(context)


def test_failures_are_told_once_without_a_value(pg_engine, pg_dsn):
    notices = Notices(database=Database(dsn=pg_dsn))
    with dg.DagsterInstance.ephemeral() as instance:
        dg.materialize([layer, layer_holds], instance=instance)
        dg.materialize([broken], instance=instance, raise_on_error=False)
        first = _look(instance, notices)
        again = _look(instance, notices, cursor=first.cursor)
        assert isinstance(again, dg.SkipReason)
        _look(instance, notices)  # the cursor lost: the rows' keys keep each event single
    with pg_engine.connect() as connection:
        rows = connection.execute(select(*Notification.__table__.c).order_by(Notification.notification_id)).all()
    assert [(row.kind, row.severity, row.subject) for row in rows] == [
        ("failed_check", "critical", "layer"),
        ("failed_run", "critical", rows[1].subject),
    ]
    assert rows[0].details == {"rules": ["age_years_missing"], "rows": 10, "failed_rows": 3}
    assert rows[0].summary == "layer_holds on layer: failed (1 rules, 3 of 10 rows)"
    assert "MARK" not in str(rows)


def test_every_asset_has_a_freshness_policy(tmp_path):
    settings = Settings(home=tmp_path, database_url=None, redis_url=None)
    settings.ensure_secrets()
    specs = build_defs(settings).resolve_all_asset_specs()
    assert specs
    assert [spec.key for spec in specs if spec.freshness_policy is None] == []


@pytest.mark.parametrize(("state", "severity"), [(FreshnessState.WARN, "warning"), (FreshnessState.FAIL, "critical")])
def test_late_data_are_told(pg_engine, pg_dsn, state, severity):
    notices = Notices(database=Database(dsn=pg_dsn))
    with dg.DagsterInstance.ephemeral() as instance:
        for new, old in ((FreshnessState.PASS, FreshnessState.UNKNOWN), (state, FreshnessState.PASS)):
            change = FreshnessStateChange(
                key=layer.key, new_state=new, previous_state=old, state_change_timestamp=clock.now().timestamp()
            )
            instance.report_runless_asset_event(change)
        _look(instance, notices)
    with pg_engine.connect() as connection:
        (row,) = connection.execute(select(*Notification.__table__.c)).all()
    assert (row.kind, row.severity, row.subject) == ("late_data", severity, "layer")
    assert row.summary == "layer was not renewed in time"
