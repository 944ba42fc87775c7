"""One small release made without TensorFlow: a forest of scikit-learn, a network of drawn weights computed by numpy."""

import numpy as np
import pytest
from numpy.typing import NDArray

from core import sealing
from ml.features import build_risk_features
from ml.release import Bundle, Calibration, ConsensusRule, Golden, Scorer, pack, sign
from ml.risk.config import TrainingConfig
from ml.risk.export import forest_to_onnx, network_to_onnx
from ml.risk.forest import train_forest
from ml.risk.preprocessing import Prepared, prepare
from ml.synthetic import generate_synthetic_data

SEED_HEX = "5a" * 32


def forward(layers: list[tuple[NDArray[np.float32], NDArray[np.float32]]], rows: NDArray[np.float32]) -> NDArray:
    """The network by the book, in double precision."""
    values = rows.astype(float)
    for position, (kernel, bias) in enumerate(layers):
        values = values @ kernel.astype(float) + bias
        if position < len(layers) - 1:
            values = np.maximum(values, 0)
    values = np.exp(values - values.max(axis=1, keepdims=True))
    return (values / values.sum(axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="session")
def registrations():
    return generate_synthetic_data(1200)


@pytest.fixture(scope="session")
def prepared(registrations) -> Prepared:
    features = build_risk_features(registrations, history=registrations.iloc[:0])
    return prepare(features, TrainingConfig())


@pytest.fixture(scope="session")
def bundle(prepared: Prepared) -> Bundle:
    rng = np.random.default_rng(3)
    width = prepared.matrix.shape[1]
    sizes = [(width, 16), (16, 8), (8, 3)]
    layers = [
        (rng.normal(size=size).astype(np.float32) / 4, rng.normal(size=size[1]).astype(np.float32)) for size in sizes
    ]
    fit = prepared.parts.fit
    forest = train_forest(prepared.matrix[fit], prepared.labels[fit], config=TrainingConfig(trees=20, depth=6))
    golden = prepared.golden_matrix
    return Bundle(
        network_onnx=network_to_onnx(layers),
        forest_onnx=forest_to_onnx(forest, width),
        encoder=prepared.encoder,
        rule=ConsensusRule(),
        calibration=Calibration(0.8, (0.1, 0.0, -0.1)),
        golden=Golden(golden, forward(layers, golden), forest.predict_proba(golden).astype(np.float32)),
        metadata={"version": 7, "data_sha256": "ab" * 32},
    )


@pytest.fixture(scope="session")
def payload(bundle: Bundle) -> bytes:
    return pack(bundle)


@pytest.fixture(scope="session")
def signature(payload: bytes) -> bytes:
    return sign(payload, seed_hex=SEED_HEX)


@pytest.fixture(scope="session")
def public() -> bytes:
    return sealing.public_key(SEED_HEX)


@pytest.fixture(scope="session")
def scorer(bundle: Bundle) -> Scorer:
    return Scorer(bundle)
