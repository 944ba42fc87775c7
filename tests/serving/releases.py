"""A small release in the true format: two linear ONNX models whose answers follow the heart rate.

Belongs here: test data. Does not belong here: training.
"""

import hashlib
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper
from sqlalchemy import Engine, insert

from core import clock, sealing
from core.db.tables import ChampionEvent, ModelRelease, ModelStatement
from core.vocabulary import RISK_MODEL_NAME
from ml.card import DRAFTS, MEASURED
from ml.features.columns import NUMERIC_FEATURES
from ml.release import Bundle, Calibration, ConsensusRule, Encoder, Golden, pack

CONDITIONS = ("Influenza", "Sepsis")


def encoder() -> Encoder:
    """An encoder that neither shifts nor scales."""
    width = len(NUMERIC_FEATURES) + 1 + len(CONDITIONS)
    return Encoder(
        numeric=NUMERIC_FEATURES,
        conditions={name: code for code, name in enumerate(CONDITIONS)},
        condition_shares=(0.7, 0.3),
        medians=dict.fromkeys(NUMERIC_FEATURES, 1.0),
        typical=dict.fromkeys(NUMERIC_FEATURES, (0.0, 1000.0)),
        common_condition=CONDITIONS[0],
        means=(0.0,) * width,
        scales=(1.0,) * width,
    )


def member(*, tilt: float) -> bytes:
    """softmax(x W + b): the higher the heart rate above 100 per minute, the higher the class."""
    columns = encoder().columns
    weights = np.zeros((len(columns), 3), np.float32)
    weights[columns.index("heart_rate")] = [-0.05, 0.0, 0.05]
    bias = np.array([5.0, tilt, -5.0], np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Gemm", ["x", "w", "b"], ["z"]),
            helper.make_node("Softmax", ["z"], ["probabilities"], axis=1),
        ],
        "member",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", len(columns)])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", 3])],
        [
            onnx.numpy_helper.from_array(weights, "w"),
            onnx.numpy_helper.from_array(bias, "b"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return model.SerializeToString()


def bundle(version: int, *, is_golden_true: bool = True) -> Bundle:
    """A bundle whose golden set comes out, or does not; each version answers a little differently."""
    network, forest = member(tilt=0.1 * version), member(tilt=0.2 * version)
    matrix = np.random.default_rng(1).normal(100, 30, (8, len(encoder().columns))).astype(np.float32)
    said = [
        np.asarray(ort.InferenceSession(model, providers=["CPUExecutionProvider"]).run(None, {"x": matrix})[0])
        for model in (network, forest)
    ]
    golden = Golden(matrix, said[0] if is_golden_true else said[0][::-1].copy(), said[1])
    return Bundle(network, forest, encoder(), ConsensusRule(), Calibration(), golden, {"version": version})


def put_release(engine: Engine, version: int, *, seed_hex: str, **changes: Any) -> None:
    """Insert a signed release; `changes` replace columns, `is_golden_true` plants a wrong golden set."""
    payload = pack(bundle(version, is_golden_true=changes.pop("is_golden_true", True)))
    columns = {
        "version": version,
        "mlflow_run_id": f"run{version}",
        "dagster_run_id": "dagster-run",
        "verdict": "PROMOTE",
        "reasons": ["better than the champion"],
        "metrics": {"auroc": 0.9},
        "payload": payload,
        "payload_sha256": hashlib.sha256(payload).hexdigest(),
        "signature": sealing.sign(payload, seed_hex=seed_hex),
        "released_at": clock.now(),
        "card": {name: f"{name} as the run measured it" for name in MEASURED},
        "origin": {"data_sha256": "d" * 64, "validation_run_ids": ["v1"]},
    }
    with engine.begin() as connection:
        connection.execute(insert(ModelRelease).values(**{**columns, **changes}))


def sign_drafts(engine: Engine, *, leave_out: tuple[str, ...] = ()) -> None:
    """Sign the drafts of the form, but for those named."""
    rows = [
        {
            "model_name": RISK_MODEL_NAME,
            "attribute": name,
            "revision": 1,
            "text": text,
            "owner": "clinical safety lead",
            "signed_by": "test",
            "signed_at": clock.now(),
        }
        for name, text in DRAFTS.items()
        if name not in leave_out
    ]
    with engine.begin() as connection:
        connection.execute(insert(ModelStatement), rows)


def put_event(engine: Engine, version: int, *, previous: int | None = None, kind: str = "bootstrap") -> None:
    """Record that a version became champion."""
    with engine.begin() as connection:
        connection.execute(
            insert(ChampionEvent).values(
                version=version,
                previous_version=previous,
                kind=kind,
                actor="test",
                reason="for a test",
                moved_at=clock.now(),
            )
        )
