"""Making probabilities mean what they say.

Belongs here: applying a fitted calibration. Does not belong here: fitting and comparing calibrations
(`ml.risk.calibration`).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: A forest can say 0; the logarithm needs a floor.
PROBABILITY_FLOOR: Final = 1e-4


@dataclass(frozen=True)
class Calibration:
    """Temperature scaling with an offset per class: p' ∝ exp(ln(p) / temperature + offset).

    Guo et al. 2017, "On calibration of modern neural networks", applied to the mean of both members.
    """

    temperature: float = 1.0
    offsets: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def apply(self, probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return calibrated (n, 3) probabilities; each row sums to 1."""
        logits = np.log(np.maximum(probabilities, PROBABILITY_FLOOR)) / self.temperature + self.offsets
        logits -= logits.max(axis=1, keepdims=True)
        weights = np.exp(logits)
        return weights / weights.sum(axis=1, keepdims=True)
