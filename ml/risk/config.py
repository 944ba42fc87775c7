"""The numbers of the training, as the requirement states them.

Belongs here: hyper-parameters. Does not belong here: the consensus' thresholds (`ml.release.consensus`).
"""

from dataclasses import dataclass
from typing import Final

from core.errors import InputError

HIDDEN_UNITS: Final = (128, 64, 32)
#: Dropout after the first and after the second hidden layer.
DROPOUT: Final = (0.3, 0.2)


@dataclass(frozen=True)
class TrainingConfig:
    """How both members are trained.

    Attributes
    ----------
    seed : int
        Of every random choice: split, weights, batches, dropout, trees.
    epochs, batch_size : int
        Of the network (Adam, categorical cross-entropy).
    learning_rate : float
        Of Adam. 2e-4, not Keras' 1e-3: at 1e-3 fifty epochs overfit a hospital's few tens of thousands of rows (log
        loss on held-out patients 0.377 against 0.334); see docs/decisions/0031.
    validation_share : float
        Part of the training patients held out from both members: the network's validation curve, and the calibration.
    test_share : float
        70-30: part of the patients (or of the time) that only the evaluation sees.
    split : str
        `patient` (no patient on both sides) or `time` (the test is later than the training).
    patience : int
        Epochs without a better validation loss after which the network stops and takes its best weights; 0, as
        required, trains all epochs. Only a challenger uses it.
    trees, depth : int
        Of the forest.
    min_leaf_rows : int
        Fewest rows in a leaf: 11, the smallest cell that may be published (CMS), so that no leaf tells of one person.
    """

    seed: int = 2026
    epochs: int = 50
    batch_size: int = 32
    learning_rate: float = 2e-4
    validation_share: float = 0.2
    test_share: float = 0.3
    split: str = "patient"
    patience: int = 0
    trees: int = 100
    depth: int = 10
    min_leaf_rows: int = 11

    def __post_init__(self) -> None:
        if self.split not in ("patient", "time"):
            raise InputError(f"split {self.split!r} is unknown; allowed are patient and time")
        if not (0 < self.validation_share < 1 and 0 < self.test_share < 1):
            raise InputError("validation and test shares must lie between 0 and 1")
