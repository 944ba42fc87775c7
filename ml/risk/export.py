"""From trained members to ONNX, proven to be the same models.

Belongs here: writing both graphs, and the comparison that must hold before a release can be made. Does not belong
here: running a release (`ml.release.scorer`).
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType

from core.errors import IntegrityError
from ml.release.scorer import GOLDEN_TOLERANCE

_OPSET: Final = 17
_ML_OPSET: Final = 3
_IR_VERSION: Final = 8


def network_to_onnx(layers: Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]]) -> bytes:
    """Write dense layers as Gemm, Relu between, Softmax last; dropout does nothing at inference.

    Parameters
    ----------
    layers : sequence of (kernel (in, out), bias (out,))

    Returns
    -------
    bytes
        Input `x` (n, d) float32, output `probabilities` (n, classes) float32.
    """
    nodes: list[Any] = []
    weights: list[Any] = []
    source = "x"
    for position, (kernel, bias) in enumerate(layers):
        is_last = position == len(layers) - 1
        weights.append(numpy_helper.from_array(np.ascontiguousarray(kernel), f"kernel_{position}"))
        weights.append(numpy_helper.from_array(np.ascontiguousarray(bias), f"bias_{position}"))
        nodes.append(helper.make_node("Gemm", [source, f"kernel_{position}", f"bias_{position}"], [f"z_{position}"]))
        source = "probabilities" if is_last else f"h_{position}"
        # Softmax works along the last axis, which is that of the classes.
        nodes.append(helper.make_node("Softmax" if is_last else "Relu", [f"z_{position}"], [source]))
    graph = helper.make_graph(
        nodes,
        "risk_network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", layers[0][0].shape[0]])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", layers[-1][0].shape[1]])],
        weights,
    )
    return _serialized(helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)]))


def forest_to_onnx(forest: Any, columns: int) -> bytes:
    """Write a fitted forest with the same input and output names; its label output is dropped."""
    # skl2onnx's own types are wrong about both the argument and the result.
    initial_types: Any = [("x", FloatTensorType([None, columns]))]
    model: Any = to_onnx(
        forest,
        initial_types=initial_types,
        options={id(forest): {"zipmap": False}},
        target_opset={"": _OPSET, "ai.onnx.ml": _ML_OPSET},
    )
    graph = model.graph
    for output in [item for item in graph.output if item.name != "probabilities"]:
        graph.output.remove(output)
    return _serialized(model)


def prove_equal(model: bytes, matrix: NDArray[np.float32], expected: NDArray[np.float32], name: str) -> float:
    """Return the largest difference between an ONNX member and the original on the golden set.

    Raises
    ------
    IntegrityError
        If it is 1e-5 or more, or a class flips: no release may be made of it.
    """
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    found = np.asarray(session.run(["probabilities"], {"x": matrix})[0])
    difference = float(np.max(np.abs(found - expected), initial=0.0))
    flips = int((found.argmax(axis=1) != expected.argmax(axis=1)).sum())
    if not difference < GOLDEN_TOLERANCE or flips:
        raise IntegrityError(
            f"the exported {name} is another model: {difference:.1e} apart (allowed < {GOLDEN_TOLERANCE:.0e}), "
            f"{flips} class flips (allowed 0)",
            code="export_mismatch",
        )
    return difference


def _serialized(model: Any) -> bytes:
    model.ir_version = _IR_VERSION
    # Names and versions of the writing tools are no part of the model: equal models must be equal bytes.
    model.producer_name = "medisync"
    model.producer_version = ""
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)
