"""A blocking check that fails stops what is downstream, in the same run, and says what to do."""

import dagster as dg
import pandas as pd
import pytest

from assets.checks import CHECKS, suite_check
from assets.partitions import MONTHS, SINGLE_RUN, Months, range_tags
from assets.storage import Warehouse
from assets.tables import ParquetIOManager
from core.vocabulary import RAW_COLUMNS

ROW = {
    **dict.fromkeys(RAW_COLUMNS, ""),
    "registration_id": "R1",
    "patient_id": "P1",
    "facility": "North",
    "registered_at": "2026-01-03T10:00:00Z",
    "recorded_at": "2026-01-03T10:05:00Z",
    "age_years": "40",
    "condition": "Asthma attack",
    "source": "test",
    "source_record": "1",
    "loaded_at": "2026-01-04T00:00:00Z",
}


def _run(tmp_path, *, content_hash):
    @dg.asset(partitions_def=MONTHS, backfill_policy=SINGLE_RUN)
    def raw_registrations(context: dg.AssetExecutionContext):
        frame = pd.DataFrame([{**ROW, "content_hash": content_hash}], columns=list(RAW_COLUMNS), dtype="str")
        return dg.MaterializeResult(value=dict.fromkeys(context.partition_keys, frame))

    @dg.asset(partitions_def=MONTHS, backfill_policy=SINGLE_RUN)
    def below(raw_registrations: Months):
        return dg.MaterializeResult(value=raw_registrations)

    warehouse = Warehouse(base=str(tmp_path))
    check = suite_check("raw_registrations", "raw_registrations", is_blocking=True, description="structure")
    result = dg.materialize(
        [raw_registrations, check, below],
        resources={"io_manager": ParquetIOManager(warehouse=warehouse), "warehouse": warehouse},
        tags=range_tags("2026-01", "2026-02"),
        raise_on_error=False,
    )
    return result, warehouse


def test_good_months_go_on(tmp_path):
    result, warehouse = _run(tmp_path, content_hash="ab" * 32)
    (evaluation,) = result.get_asset_check_evaluations()
    assert evaluation.passed, evaluation.metadata
    assert warehouse.months("below") == ["2026-01", "2026-02"]


def test_a_row_without_its_hash_stops_the_run_and_is_named_by_its_rule(tmp_path):
    result, warehouse = _run(tmp_path, content_hash=None)
    (evaluation,) = result.get_asset_check_evaluations()
    assert not evaluation.passed and evaluation.severity is dg.AssetCheckSeverity.ERROR
    assert evaluation.metadata["failed_rules"].value, "the rule is named"
    assert "validation report" in evaluation.metadata["what_to_do"].value
    assert not result.success and warehouse.months("below") == []


@pytest.mark.parametrize("asset", ["raw_registrations", "validated_registrations", "features_risk"])
def test_each_layer_has_a_blocking_check(asset):
    specs = [spec for check in CHECKS for spec in check.check_specs if spec.asset_key == dg.AssetKey(asset)]
    assert [spec.blocking for spec in specs] == [True]
