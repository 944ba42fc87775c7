"""A version whose answers break a rule stops before the gate; a sound one goes on."""

from datetime import date

import dagster as dg
import pandas as pd
import pytest

from assets import prediction_check
from assets.model_resources import ReleaseSigner
from assets.prediction_check import predictions_hold
from assets.storage import Warehouse, write_atomically
from ml.features import build_risk_features
from ml.release import pack
from ml.release.answer_frame import frame_of
from ml.risk import MediSyncInsightsModel
from ml.risk.config import TrainingConfig
from ml.synthetic import generate_hospital

SEED_HEX = "17" * 32


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    """A small hospital's newest month, and a version trained for one epoch."""
    rows = generate_hospital(patients=400, years=3, seed=5, end=date(2026, 10, 31)).registrations
    model = MediSyncInsightsModel(config=TrainingConfig(epochs=1))
    model.preprocess_data(build_risk_features(rows, history=rows.iloc[:0]))
    made = Warehouse(base=str(tmp_path_factory.mktemp("warehouse")))
    write_atomically(rows.tail(300), made.path("validated_registrations", "2026-10"), run_id="before00")
    payload = pack(model.train_models().to_bundle({"version": 1}))
    write_atomically(pd.DataFrame([{"payload": payload}]), made.path("model_risk_ensemble"), run_id="before00")
    return made


def _check(warehouse):
    @dg.asset
    def model_risk_ensemble() -> None:
        """Stand for the version that lies in the warehouse already."""

    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [model_risk_ensemble, predictions_hold],
            resources={"warehouse": warehouse, "signer": ReleaseSigner(seed_hex=SEED_HEX)},
            instance=instance,
            raise_on_error=False,
        )
    (evaluation,) = result.get_asset_check_evaluations()
    return evaluation, {name: value.value for name, value in evaluation.metadata.items()}


def test_the_newest_visits_are_asked_and_sound_answers_pass(warehouse):
    evaluation, told = _check(warehouse)
    assert evaluation.passed, told
    assert (told["asked"], told["failed_rows"]) == (300, 0)
    assert 0 < told["abstained"] < 300


def test_answers_that_break_a_rule_block_and_name_it(warehouse, monkeypatch):
    def spoiled(answers, names):
        frame = frame_of(answers, names)
        frame.loc[0, "score"] = 7.0
        return frame

    monkeypatch.setattr(prediction_check, "frame_of", spoiled)
    evaluation, told = _check(warehouse)
    assert not evaluation.passed
    assert evaluation.severity is dg.AssetCheckSeverity.ERROR
    assert (told["failed_rows"], told["failed_rules"]) == (1, ["score_out_of_range"])


def test_without_a_visit_there_is_nothing_to_ask(tmp_path):
    assert prediction_check.newest_visits(Warehouse(base=str(tmp_path)), 5).empty
