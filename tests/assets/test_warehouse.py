"""Files of assets: written whole, read by month, attributes in the footer, no value in Dagster's metadata."""

from concurrent.futures import ThreadPoolExecutor

import dagster as dg
import pandas as pd
import pytest
from upath import UPath

from assets.partitions import MONTHS, SINGLE_RUN, made_from, range_tags, together
from assets.storage import Warehouse, put_atomically
from assets.tables import ParquetIOManager
from core.errors import NotFoundError


@pytest.fixture(params=["folder", "file", "memory"])
def warehouse(request, tmp_path):
    """A folder of this machine, the same by URL, and a store of another kind behind fsspec."""
    places = {"folder": str(tmp_path), "file": tmp_path.as_uri(), "memory": f"memory://{tmp_path.name}"}
    return Warehouse(base=places[request.param])


def _materialize(warehouse, months, *, secret="4711"):
    @dg.asset(partitions_def=MONTHS, backfill_policy=SINGLE_RUN)
    def features_any(context: dg.AssetExecutionContext):
        frames = {month: pd.DataFrame({"month": [month], "name": [secret]}) for month in context.partition_keys}
        source = pd.DataFrame()
        source.attrs = {"source_fingerprint": "abc"}
        return dg.MaterializeResult(value={month: made_from(frame, source) for month, frame in frames.items()})

    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [features_any],
            resources={"io_manager": ParquetIOManager(warehouse=warehouse)},
            tags=range_tags(months[0], months[-1]),
            instance=instance,
        )
        return [str(event) for event in instance.all_logs(result.run_id)]


def test_each_month_is_a_file_of_its_own(warehouse):
    _materialize(warehouse, ["2026-01", "2026-02", "2026-03"])
    assert warehouse.months("features_any") == ["2026-01", "2026-02", "2026-03"]
    assert list(warehouse.read("features_any", ["2026-02"])) == ["2026-02"]


def test_a_month_that_was_never_made_is_left_out(warehouse):
    _materialize(warehouse, ["2026-01"])
    assert list(warehouse.read("features_any", ["2026-01", "2026-05"])) == ["2026-01"]


def test_the_fingerprint_is_read_from_the_footer_and_written_with_the_data(warehouse):
    _materialize(warehouse, ["2026-01"])
    assert warehouse.attribute("features_any", "2026-01", "source_fingerprint") == "abc"
    assert warehouse.attribute("features_any", "2026-02", "source_fingerprint") is None


def test_no_value_of_a_row_reaches_an_event(warehouse):
    events = _materialize(warehouse, ["2026-01"], secret="Canary Jane Doe")
    assert len(events) > 5
    assert not [event for event in events if "Canary" in event]


def test_no_half_written_file_is_left(warehouse, tmp_path):
    _materialize(warehouse, ["2026-01"])
    assert not list(tmp_path.rglob("*.tmp"))
    assert [path.name for path in (warehouse.root / "features_any").iterdir()] == ["2026-01.parquet"]


def test_an_asset_that_was_never_made_is_named(warehouse):
    manager = ParquetIOManager(warehouse=warehouse)
    context = dg.build_input_context(asset_key=dg.AssetKey("model_risk_gate"))
    with pytest.raises(NotFoundError, match="model_risk_gate was never materialized"):
        manager.load_input(context)


def test_months_come_together_in_time_order():
    frames = {
        "2026-02": pd.DataFrame({"n": [2]}),
        "2026-01": pd.DataFrame({"n": [1]}),
        "2026-03": pd.DataFrame({"n": []}),
    }
    assert together(frames)["n"].tolist() == [1, 2]


def test_two_that_write_one_file_at_the_same_moment_leave_one_whole_file(tmp_path):
    place = UPath(tmp_path / "drift" / "reference.json")
    contents = [bytes([number]) * 200_000 for number in range(8)]
    with ThreadPoolExecutor(len(contents)) as pool:
        for _ in range(20):
            list(pool.map(lambda content: put_atomically(place, content, run_id="profile"), contents))
            assert place.read_bytes() in contents
    assert [path.name for path in place.parent.iterdir()] == ["reference.json"]
