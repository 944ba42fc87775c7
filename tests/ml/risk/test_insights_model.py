"""The ensemble under the requirement's names: its shape, its bits, its way into a release."""

from dataclasses import asdict

import numpy as np
import orjson
import pandas as pd
import pytest

from core import sealing
from core.errors import ConflictError, IntegrityError
from ml.features.columns import FEATURE_GROUPS
from ml.release import Scorer, pack, sign, unpack
from ml.risk import MediSyncInsightsModel, TrainingConfig
from ml.risk.ensemble import Ensemble, combine
from ml.risk.export import prove_equal
from ml.risk.forest import build_forest
from ml.risk.member import Member, train_network_member
from ml.risk.preprocessing import Prepared
from ml.risk.report import evaluate_ensemble, score_release

Trained = tuple[MediSyncInsightsModel, Ensemble, list[tuple[int, int, float]]]


def test_the_network_is_the_one_of_the_requirement() -> None:
    network = MediSyncInsightsModel().build_tensorflow_model((44,))
    layers = [(type(layer).__name__, layer.get_config()) for layer in network.layers]
    assert [name for name, _ in layers] == ["Dense", "Dropout", "Dense", "Dropout", "Dense", "Dense"]
    dense = [config for name, config in layers if name == "Dense"]
    assert [(config["units"], config["activation"]) for config in dense] == [
        (128, "relu"),
        (64, "relu"),
        (32, "relu"),
        (3, "softmax"),
    ]
    assert [config["rate"] for name, config in layers if name == "Dropout"] == [0.3, 0.2]
    assert type(network.optimizer).__name__ == "Adam"
    config = TrainingConfig()
    assert (config.epochs, config.batch_size, config.validation_share, config.test_share) == (50, 32, 0.2, 0.3)


def test_an_epoch_takes_the_steps_of_keras_own_fit(prepared: Prepared) -> None:
    import keras

    from ml.risk.network import build_network, epoch_of

    matrix, labels = prepared.matrix[:300], prepared.labels[:300]
    networks = []
    for _ in range(2):
        keras.utils.set_random_seed(7)
        networks.append(build_network((matrix.shape[1],)))
        # Both draw their dropout from here on.
        keras.utils.set_random_seed(7)
    theirs, ours = networks
    fitted = theirs.fit(matrix, labels, epochs=2, batch_size=32, shuffle=False, verbose=0)
    run_epoch = epoch_of(ours, matrix, labels, batch_size=32)
    curve = [[float(value) for value in run_epoch(np.arange(300, dtype=np.int32))] for _ in range(2)]
    np.testing.assert_allclose(curve, np.transpose([fitted.history["loss"], fitted.history["accuracy"]]), rtol=1e-5)
    for expected, found in zip(theirs.get_weights(), ours.get_weights(), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_forest_is_the_one_of_the_requirement() -> None:
    forest = build_forest(TrainingConfig())
    assert (forest.n_estimators, forest.max_depth) == (100, 10)
    assert isinstance(forest.random_state, int)


def test_progress_is_told_after_each_epoch(trained: Trained) -> None:
    assert [(done, total) for done, total, _ in trained[2]] == [(1, 2), (2, 2)]
    assert all(np.isfinite(loss) for _, _, loss in trained[2])


def test_a_second_training_gives_the_same_bits(trained: Trained, prepared: Prepared) -> None:
    model, first, _ = trained
    again = train_network_member(prepared, model.config)
    assert again.onnx == first.network.onnx
    np.testing.assert_array_equal(again.golden, first.network.golden)
    release = pack(first.to_bundle({"version": 1}))
    assert pack(combine(prepared, again, first.forest).to_bundle({"version": 1})) == release


def test_a_member_survives_its_parquet_row(trained: Trained) -> None:
    member = trained[1].network
    found = Member.from_frame(member.to_frame())
    assert (found.name, found.onnx, found.curve) == (member.name, member.onnx, member.curve)
    np.testing.assert_array_equal(found.golden, member.golden)


def test_the_exports_are_the_members_and_another_model_is_noticed(trained: Trained, prepared: Prepared) -> None:
    ensemble = trained[1]
    assert ensemble.network.difference < 1e-5
    assert ensemble.forest.difference < 1e-5
    with pytest.raises(IntegrityError, match="another model"):
        prove_equal(ensemble.forest.onnx, prepared.golden_matrix, ensemble.network.golden, "forest")


def test_the_release_serves_what_the_ensemble_says(trained: Trained, features: pd.DataFrame) -> None:
    ensemble = trained[1]
    payload, seed = pack(ensemble.to_bundle({"version": 1})), "31" * 32
    bundle = unpack(payload, signature=sign(payload, seed_hex=seed), public=sealing.public_key(seed))
    scorer = Scorer(bundle)
    assert scorer.golden_difference < 1e-5
    frame = ensemble.consensus_frame(features)
    network, forest = scorer.member_probabilities(ensemble.prepared.matrix)
    labelled = features["risk_label"].notna().to_numpy()
    names = np.array(["low", "moderate", "high"])
    assert (names[network.argmax(axis=1)] == frame["network_vote"][labelled]).all()
    assert (names[forest.argmax(axis=1)] == frame["forest_vote"][labelled]).all()


def test_the_report_measures_members_baselines_and_consensus_on_rows_not_trained_on(
    trained: Trained, prepared: Prepared
) -> None:
    model, ensemble, _ = trained
    report = evaluate_ensemble(ensemble, config=model.config, n_bootstrap=30)
    assert {"ensemble", "network", "forest", "news2", "acuity", "logistic_regression"} <= set(report.models)
    assert report.n_test == len(prepared.parts.test)
    flat = report.flat()
    assert {"accuracy", "recall_high", "ece", "brier", "auroc", "auprc"} <= set(flat)
    accuracy = report.models["forest"].accuracy
    assert accuracy.low < accuracy.value < accuracy.high
    assert report.models["forest"].auroc.value > report.models["news2"].auroc.value
    assert orjson.loads(orjson.dumps(asdict(report)))["models"]["ensemble"]["accuracy"]["value"] == pytest.approx(
        flat["accuracy"]
    )
    assert set(report.challengers) == {
        "fitted_weights",
        "isotonic",
        "forest_class_weights",
        "gradient_boosting",
        "network_early_stopping",
    }
    assert report.challengers["gradient_boosting"]["auroc"] > report.models["news2"].auroc.value
    drops = {item.name: item.auroc_drop for item in report.importance}
    assert drops["acuity"] > 0.005 > drops["weekday_sin"]
    assert all(item.low <= item.auroc_drop <= item.high for item in report.importance[:3])
    assert report.importance[0].low > 0, "what matters most surely matters"
    ablated = {item.name: item for item in report.ablation}
    assert set(ablated) == set(FEATURE_GROUPS)
    assert ablated["clinical indicators"].low > 0
    assert abs(ablated["time"].auroc_drop) < ablated["clinical indicators"].auroc_drop
    champion = score_release(ensemble.to_bundle({}), prepared)
    for name in ("accuracy", "recall_high", "ece", "brier"):
        assert champion[name] == pytest.approx(flat[name], abs=1e-6)


def test_steps_out_of_order_are_refused(features: pd.DataFrame) -> None:
    model = MediSyncInsightsModel()
    with pytest.raises(ConflictError, match="preprocess_data"):
        model.train_models()
    with pytest.raises(ConflictError, match="train_models"):
        model.consensus(features)
