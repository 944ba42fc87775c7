"""From features to the matrix that both members take: impute, encode, scale.

Belongs here: applying fitted numbers. Does not belong here: fitting them (`ml.risk.preprocessing`) or computing
features (`ml.features`).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import IntegrityError
from ml.features.columns import NUMERIC_FEATURES


@dataclass(frozen=True)
class Encoder:
    """The fitted numbers of the preprocessing; all sequences follow `columns` unless said otherwise.

    Attributes
    ----------
    numeric : tuple of str
        Numeric features in the order in which they enter.
    conditions : dict of str to int
        Label encoding of the conditions known at training: 0, 1, …; each code is one column, one-hot.
    condition_shares : tuple of float
        Share of each known condition among the training rows, by code.
    medians : dict of str to float
        Training median by numeric feature, put in where a value is missing.
    typical : dict of str to tuple of float
        (0.5 %, 99.5 %) quantiles by numeric feature in training: what the model has seen enough of.
    common_condition : str
        The most frequent condition in training.
    means, scales : tuple of float
        StandardScaler's, by column.
    """

    numeric: tuple[str, ...]
    conditions: dict[str, int]
    condition_shares: tuple[float, ...]
    medians: dict[str, float]
    typical: dict[str, tuple[float, float]]
    common_condition: str
    means: tuple[float, ...]
    scales: tuple[float, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the matrix columns."""
        return (*self.numeric, "condition_share", *(f"condition={name}" for name in self.conditions))

    def unscaled(self, features: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        """Return the (n, d) matrix before scaling: medians put in, conditions one-hot."""
        size = len(features["condition"])
        matrix = np.zeros((size, len(self.numeric) + 1 + len(self.conditions)))
        for position, name in enumerate(self.numeric):
            matrix[:, position] = features[name]
        block = matrix[:, : len(self.numeric)]
        row, column = np.isnan(block).nonzero()
        if len(row):
            block[row, column] = self._fills[column]
        code = np.array([self.conditions.get(text, -1) for text in features["condition"]], dtype=np.intp)
        known = np.flatnonzero(code >= 0)
        first = len(self.numeric) + 1
        matrix[known, first - 1] = self._shares[code[known]]
        matrix[known, first + code[known]] = 1.0
        return matrix

    def transform(self, features: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
        """Return the scaled (n, d) float32 matrix of n patients' features (`ml.features.clinical.derive_features`)."""
        matrix = self.unscaled(features)
        means, scales = self._scaling
        matrix -= means
        matrix /= scales
        return matrix.astype(np.float32)

    # Arrays of the same numbers, made once: for one row, converting them takes longer than the arithmetic.
    @cached_property
    def _fills(self) -> NDArray[np.float64]:
        return np.array([self.medians[name] for name in self.numeric])

    @cached_property
    def _shares(self) -> NDArray[np.float64]:
        return np.array(self.condition_shares)

    @cached_property
    def _scaling(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return np.array(self.means), np.array(self.scales)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for the release."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Encoder":
        """Read what `to_json` wrote.

        Raises
        ------
        IntegrityError
            If the release was made for features other than those of this code.
        """
        encoder = cls(
            numeric=tuple(document["numeric"]),
            conditions={str(name): int(code) for name, code in document["conditions"].items()},
            condition_shares=tuple(document["condition_shares"]),
            medians=dict(document["medians"]),
            typical={name: (low, high) for name, (low, high) in document["typical"].items()},
            common_condition=document["common_condition"],
            means=tuple(document["means"]),
            scales=tuple(document["scales"]),
        )
        unknown = sorted(set(encoder.numeric) - set(NUMERIC_FEATURES))
        if unknown:
            raise IntegrityError(f"the release wants features that this code does not compute: {', '.join(unknown)}")
        if sorted(encoder.conditions.values()) != list(range(len(encoder.condition_shares))):
            raise IntegrityError("the release's condition codes and shares do not fit together")
        if not len(encoder.columns) == len(encoder.means) == len(encoder.scales):
            raise IntegrityError("the release's scaler does not fit its columns")
        return encoder
