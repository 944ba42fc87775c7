"""Every materialization is profiled; drift is called once it lasts, and told in names of columns."""

import dagster as dg
import numpy as np
import pandas as pd
import pytest
from sqlalchemy import select

from assets import profiling
from assets.database import Database
from assets.drift_checks import LAYERS, profiles_check
from assets.partitions import MONTHS as PARTITIONS
from assets.partitions import SINGLE_RUN, Months, range_tags
from assets.profiling import Profiles
from assets.storage import Warehouse, write_atomically
from assets.tables import ParquetIOManager
from assets.watched import WATCHED, Watch
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
        rows = pd.DataFrame({name: rng.normal(100, 10, 300) for name in WATCHED[ASSET].columns})
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


def _facts(event) -> dict:
    return {name: value.value for name, value in event.metadata.items()}


def test_every_materialization_says_how_much_is_missing(tmp_path):
    warehouse = Warehouse(base=str(tmp_path))

    @dg.asset
    def made() -> pd.DataFrame:
        return pd.DataFrame({"whole": [1, 2], "half": [1.0, None]})

    result = dg.materialize([made], resources={"io_manager": ParquetIOManager(warehouse=warehouse)})
    (event,) = result.asset_materializations_for_node("made")
    assert event.metadata["dagster/row_count"].value == 2
    assert event.metadata["null_fractions"].value == {"half": 0.5}
    assert event.metadata["drift_state"].value == "not judged: one row a run has no distribution"


def test_a_table_is_compared_with_its_first_run_and_its_drift_counted_in_runs(tmp_path, monkeypatch):
    monkeypatch.setitem(WATCHED, "bands", Watch(("band",), weight="count"))
    resources = {"io_manager": ParquetIOManager(warehouse=Warehouse(base=str(tmp_path)))}

    def run(old: int) -> dict:
        @dg.asset
        def bands() -> pd.DataFrame:
            return pd.DataFrame({"band": ["0-19", "80+"], "count": [1_000 - old, old]})

        (event,) = dg.materialize([bands], resources=resources).asset_materializations_for_node("bands")
        return _facts(event)

    first = run(300)
    assert (first["dagster/row_count"], first["drift_state"], first["drift_psi_largest"]) == (2, "judged", 0.0)
    assert run(310)["drift_moved_in_a_row"] == 0
    moved = [run(700) for _ in range(3)]
    assert [facts["drift_moved_in_a_row"] for facts in moved] == [1, 2, 3]
    assert [facts["drifted_columns"] for facts in moved] == [[], [], ["band"]]
    # By hand: two bands of .3 and .7, changed places: (.7 - .3) ln(.7 / .3) twice; w = sqrt(.16 / .3 + .16 / .7).
    assert moved[0]["drift"]["band"]["psi"] == pytest.approx(0.678, abs=0.005)
    assert moved[0]["drift"]["band"]["effect"] == pytest.approx(0.873, abs=0.001)
    assert moved[0]["drift_reference"] == first["drift_reference"], "the reference stays the first run"
    assert run(300)["drift_moved_in_a_row"] == 0, "what comes back has not moved any more"


def test_each_month_of_a_run_has_its_own_count_and_drift(tmp_path, monkeypatch):
    monkeypatch.setitem(WATCHED, "layer", Watch(("age",)))
    warehouse = Warehouse(base=str(tmp_path))
    rng = np.random.default_rng(2)
    months = [str(month) for month in pd.period_range("2024-01", "2025-04", freq="M")]

    @dg.asset(partitions_def=PARTITIONS, backfill_policy=SINGLE_RUN)
    def layer(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Months]:
        rows = {
            month: pd.DataFrame({"age": rng.normal(70 if month >= "2025-02" else 50, 10, 200 + place)})
            for place, month in enumerate(context.partition_keys)
            if month != "2024-05"
        }
        return dg.MaterializeResult(value=rows)

    resources = {"io_manager": ParquetIOManager(warehouse=warehouse)}
    result = dg.materialize([layer], resources=resources, tags=range_tags(months[0], months[-1]))
    facts = {event.partition: _facts(event) for event in result.asset_materializations_for_node("layer")}
    assert sorted(facts) == months
    assert [facts[month]["dagster/row_count"] for month in ("2024-01", "2024-05", "2025-04")] == [200, 0, 215]
    assert facts["2024-05"]["drift_state"] == "not judged: it stands for fewer than 100 rows"
    assert facts["2025-04"]["drift_reference"] == "2024-01 to 2025-01", (
        "twelve months with rows, the empty one left out"
    )
    assert [facts[month]["drift_moved_in_a_row"] for month in months[-4:]] == [0, 1, 2, 3]
    assert facts["2025-04"]["drift"]["age"]["effect"] == pytest.approx(2.0, abs=0.2)
    # One month made again, alone: the same judgement from the profiles that were kept.
    again = dg.materialize([layer], resources=resources, tags=range_tags("2025-04", "2025-04"))
    (event,) = again.asset_materializations_for_node("layer")
    assert _facts(event)["drift_moved_in_a_row"] == 3


def test_a_small_hospitals_past_is_not_read_again_for_each_new_month(tmp_path, monkeypatch):
    warehouse = Warehouse(base=str(tmp_path))
    frames = {month: pd.DataFrame({"sex": ["female"] * 20}) for month in MONTHS}
    for month, frame in frames.items():
        write_atomically(frame, warehouse.path(ASSET, month), run_id="test")
    Profiles(warehouse, ASSET).of_months(frames)
    was_read: list[str] = []
    monkeypatch.setattr(profiling, "read", lambda path, columns: was_read.append(path.stem) or pd.DataFrame())
    newest = {MONTHS[-1]: frames[MONTHS[-1]]}
    (profile,) = Profiles(warehouse, ASSET).of_months(newest).values()
    assert (profile["row_count"], profile["stands_for"]) == (20, 20)
    assert was_read == [MONTHS[-1]]


def test_a_layer_of_an_older_shape_is_profiled_by_the_columns_that_it_has(tmp_path):
    warehouse = Warehouse(base=str(tmp_path))
    for month in MONTHS[:13]:
        write_atomically(pd.DataFrame({"sex": ["female"] * 150}), warehouse.path(ASSET, month), run_id="old")
    profile = Profiles(warehouse, ASSET).of_month(MONTHS[12])
    assert [shift["column"] for shift in profile["shifts"]] == ["sex"]


def test_every_asset_of_the_graph_is_watched_and_nothing_else():
    from assets.catalogue import ALL_ASSETS

    assert set(WATCHED) == {spec.key.to_user_string() for asset in ALL_ASSETS for spec in asset.specs}
    assert set(LAYERS) <= set(WATCHED)
