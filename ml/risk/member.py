"""One trained member on its way from its asset to the ensemble: ONNX bytes, not live objects.

Belongs here: training a member from prepared data and exporting it, proven equal. Does not belong here: putting two
members together (`model`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import onnxruntime as ort
import orjson
import pandas as pd
from numpy.typing import NDArray

from ml.risk.config import TrainingConfig
from ml.risk.export import forest_to_onnx, network_to_onnx, prove_equal
from ml.risk.forest import train_forest
from ml.risk.preprocessing import Prepared

Progress = Callable[[int, int, float], None]


@dataclass(frozen=True)
class Member:
    """A trained member.

    Attributes
    ----------
    name : str
        `network` or `forest`.
    onnx : bytes
    golden : numpy.ndarray
        (g, 3) float32: what the original model says of the golden set.
    difference : float
        Largest difference between the original and its ONNX on the golden set; < 1e-5.
    curve : dict of str to list of float
        The network's training curve by epoch; the forest has none.
    """

    name: str
    onnx: bytes
    golden: NDArray[np.float32]
    difference: float
    curve: dict[str, list[float]]

    def probabilities(self, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (n, 3) probabilities of encoded rows by ONNX Runtime."""
        return np.asarray(self._session.run(["probabilities"], {"x": matrix})[0])

    @cached_property
    def _session(self) -> ort.InferenceSession:
        options = ort.SessionOptions()
        # Threads that wait by spinning cost more than they bring when a pipeline's steps share two cores.
        options.intra_op_num_threads = 1
        return ort.InferenceSession(self.onnx, options, providers=["CPUExecutionProvider"])

    def to_frame(self) -> pd.DataFrame:
        """Return one row of plain bytes and text, for a Parquet store."""
        row: dict[str, Any] = {
            "name": self.name,
            "onnx": self.onnx,
            "golden": self.golden.astype("<f4").tobytes(),
            "difference": self.difference,
            "curve": orjson.dumps(self.curve).decode(),
        }
        return pd.DataFrame([row])

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> "Member":
        """Read what `to_frame` wrote."""
        row = frame.iloc[0]
        golden = np.frombuffer(row["golden"], dtype="<f4").reshape(-1, 3)
        return cls(str(row["name"]), row["onnx"], golden, float(row["difference"]), orjson.loads(row["curve"]))


def train_network_member(prepared: Prepared, config: TrainingConfig, *, progress: Progress | None = None) -> Member:
    """Train the network on the fitting part and export it.

    Raises
    ------
    IntegrityError
        If the export is not the same model.
    """
    # TensorFlow takes ten seconds to import: only who trains a network pays.
    from ml.risk.network import train_network

    parts = prepared.parts
    trained = train_network(
        prepared.matrix[parts.fit],
        prepared.labels[parts.fit],
        validation=(prepared.matrix[parts.validation], prepared.labels[parts.validation]),
        config=config,
        progress=progress,
    )
    golden = trained.probabilities(prepared.golden_matrix)
    onnx = network_to_onnx(trained.layers)
    difference = prove_equal(onnx, prepared.golden_matrix, golden, "network")
    return Member("network", onnx, golden, difference, trained.history)


def train_forest_member(prepared: Prepared, config: TrainingConfig) -> Member:
    """Train the forest on the fitting part and export it; see `train_network_member`."""
    fit = prepared.parts.fit
    forest = train_forest(prepared.matrix[fit], prepared.labels[fit], config=config)
    golden = np.asarray(forest.predict_proba(prepared.golden_matrix), dtype=np.float32)
    onnx = forest_to_onnx(forest, prepared.matrix.shape[1])
    difference = prove_equal(onnx, prepared.golden_matrix, golden, "forest")
    return Member("forest", onnx, golden, difference, {})
