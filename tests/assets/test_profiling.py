"""Every month of a layer gets its profile; drift is called once it lasts, and told in names of columns."""

import dagster as dg
import numpy as np
import pandas as pd
import pytest
from sqlalchemy import select

from assets.database import Database
from assets.partitions import range_tags
from assets.profiling import WATCHED, Profiles, profiles_check
from assets.storage import ParquetIOManager, Warehouse, write_atomically
from core.db.tables import LayerProfile
from ml.shift import LASTING_MONTHS

ASSET = "validated_registrations"
MONTHS = [str(month) for month in pd.period_range("2024-01", "2025-05", freq="M")]
OLDER_FROM = "2025-03"


@pytest.fixture
def warehouse(tmp_path) -> Warehouse:
    """Fourteen months alike, and three whose patients are twenty years older."""
    rng = np.random.default_rng(3)
    made = Warehouse(base=str(tmp_path))
    for month in MONTHS:
        rows = pd.DataFrame({name: rng.normal(100, 10, 300) for name in WATCHED[ASSET]})
        rows["age_years"] = rng.normal(70 if month >= OLDER_FROM else 50, 10, 300)
        rows["sex"] = pd.Series(np.where(rng.random(300) < 0.5, "female", "male"), dtype="str")
        rows["condition"] = pd.Series("Ada Lovelace 555-0100", index=rows.index, dtype="str")
        rows["facility"] = pd.Series("North", index=rows.index, dtype="str")
        rows.loc[:29, "spo2_pct"] = np.nan
        write_atomically(rows, made.path(ASSET, month), run_id="test-run")
    return made


def _check(warehouse, database, first, last) -> dg.AssetCheckEvaluation:
    @dg.asset(name=ASSET)
    def layer() -> dg.MaterializeResult:
        return dg.MaterializeResult(metadata={"note": "the months lie in the warehouse"})

    result = dg.materialize(
        [layer, profiles_check(ASSET)],
        resources={"warehouse": warehouse, "database": database},
        tags=range_tags(first, last),
    )
    (evaluation,) = result.get_asset_check_evaluations()
    return evaluation


def test_drift_is_called_when_it_lasted_and_not_before(warehouse, pg_engine, pg_dsn):
    database = Database(dsn=pg_dsn)
    assert _check(warehouse, database, MONTHS[0], "2025-02").passed
    assert _check(warehouse, database, OLDER_FROM, "2025-04").passed, "two months are not yet drift"
    last = _check(warehouse, database, "2025-05", "2025-05")
    assert not last.passed
    assert last.severity is dg.AssetCheckSeverity.WARN
    assert last.metadata["failed_rules"].value == ["age_years"]
    assert last.metadata["effect"].value["age_years"] == pytest.approx(2.0, abs=0.2)
    with pg_engine.connect() as connection:
        rows = {row.month: row for row in connection.execute(select(*LayerProfile.__table__.c))}
    assert set(rows) == set(MONTHS)
    assert rows["2025-05"].row_count == 300
    assert rows["2025-05"].null_fractions["spo2_pct"] == 0.1
    assert rows["2025-05"].reference_months == ["2024-01", "2024-12"]
    age = next(shift for shift in rows["2025-05"].shifts if shift["column"] == "age_years")
    assert (age["moved_months"], age["is_drift"]) == (LASTING_MONTHS, True)
    assert "Lovelace" not in str(last.metadata) + str(rows), "labels come from outside and stay in the warehouse"


def test_the_reference_is_fixed_when_older_months_change(warehouse):
    profiles = Profiles(warehouse, ASSET)
    first = profiles.reference()
    warehouse.path(ASSET, "2024-06").unlink()
    assert Profiles(warehouse, ASSET).reference() == first


def test_every_materialization_says_how_much_is_missing(tmp_path):
    warehouse = Warehouse(base=str(tmp_path))

    @dg.asset
    def made() -> pd.DataFrame:
        return pd.DataFrame({"whole": [1, 2], "half": [1.0, None]})

    result = dg.materialize([made], resources={"io_manager": ParquetIOManager(warehouse=warehouse)})
    (event,) = result.asset_materializations_for_node("made")
    assert event.metadata["dagster/row_count"].value == 2
    assert event.metadata["null_fractions"].value == {"half": 0.5}
