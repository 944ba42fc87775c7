"""Everything that serving needs to reproduce a registered model, and its golden set.

Belongs here: the contents of a release. Does not belong here: the bytes (`container`), the sessions (`scorer`).
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.release.calibration import Calibration
from ml.release.consensus import ConsensusRule
from ml.release.encoder import Encoder


@dataclass(frozen=True)
class Golden:
    """Rows with the answers that Keras and scikit-learn gave, to be replayed by whoever loads the release.

    The rows are training columns shuffled one by one: realistic values, but nobody's record.

    Attributes
    ----------
    matrix : numpy.ndarray
        (n, d) float32, as `Encoder.transform` returns it.
    network, forest : numpy.ndarray
        (n, 3) float32 probabilities of the original members.
    """

    matrix: NDArray[np.float32]
    network: NDArray[np.float32]
    forest: NDArray[np.float32]


@dataclass(frozen=True)
class Bundle:
    """One release.

    Attributes
    ----------
    network_onnx, forest_onnx : bytes
        Both members: input `x` (n, d) float32, output `probabilities` (n, 3) in the order of `RISK_CLASSES`.
    encoder : Encoder
    rule : ConsensusRule
    calibration : Calibration
        Of the mean of both members' probabilities.
    golden : Golden
    metadata : dict
        JSON values: version, data hash, run ids, feature importance and whatever the pipeline adds.
    """

    network_onnx: bytes
    forest_onnx: bytes
    encoder: Encoder
    rule: ConsensusRule
    calibration: Calibration
    golden: Golden
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
