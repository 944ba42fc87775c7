"""The neural member: the only module that imports TensorFlow.

Belongs here: building, training and reading the network. Does not belong here: anything that works on its plain
weights (`export`), preprocessing, the forest.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from ml.risk.config import DROPOUT, HIDDEN_UNITS, TrainingConfig

# Batches of 32 are too small to share among threads: a second one only waits, and on a busy machine it waits long.
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)
# It warns that each new network is traced anew; here that is meant.
tf.get_logger().setLevel("ERROR")

_ROWS_AT_ONCE: Final = 65_536

#: Called after each epoch with (epochs done, epochs in all, validation loss).
Progress = Callable[[int, int, float], None]
Layer = tuple[NDArray[np.float32], NDArray[np.float32]]


@dataclass(frozen=True)
class TrainedNetwork:
    """A network past training.

    Attributes
    ----------
    layers : tuple
        (kernel, bias) of each dense layer in order; softmax on the last, ReLU on the others.
    history : dict of str to list of float
        Keras' curve: loss, accuracy, val_loss, val_accuracy by epoch.
    model : keras.Model
    """

    layers: tuple[Layer, ...]
    history: dict[str, list[float]]
    model: Any

    def probabilities(self, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return Keras' own (n, classes) probabilities."""
        # Called directly: `predict` compiles a graph first, which takes longer than the arithmetic.
        parts = [
            np.asarray(self.model(matrix[start : start + _ROWS_AT_ONCE], training=False), dtype=np.float32)
            for start in range(0, len(matrix), _ROWS_AT_ONCE)
        ]
        return np.concatenate(parts) if parts else np.empty((0, self.layers[-1][1].shape[0]), dtype=np.float32)


class _Report(keras.callbacks.Callback):
    """Hands each epoch's end to a progress callback."""

    def __init__(self, progress: Progress, epochs: int) -> None:
        super().__init__()
        self._progress = progress
        self._epochs = epochs

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._progress(epoch + 1, self._epochs, (logs or {}).get("val_loss", float("nan")))


def build_network(
    input_shape: tuple[int, ...],
    *,
    classes: int = 3,
    learning_rate: float = TrainingConfig.learning_rate,
    steps_per_execution: int = 1,
) -> Any:
    """Return the compiled network of the requirement.

    Dense 128 ReLU, dropout 0.3, dense 64 ReLU, dropout 0.2, dense 32 ReLU, dense `classes` softmax; Adam; sparse
    categorical cross-entropy.

    Parameters
    ----------
    input_shape : tuple of int
        Shape of one row, for instance `(50,)`.
    classes : int
        Number of classes; three risk classes unless another table is evaluated.
    learning_rate : float
        Of Adam.
    steps_per_execution : int
        Batches per call into the graph: the same arithmetic, with less Python between.
    """
    layers: list[Any] = [keras.Input(shape=input_shape)]
    for position, units in enumerate(HIDDEN_UNITS):
        layers.append(keras.layers.Dense(units, activation="relu"))
        if position < len(DROPOUT):
            layers.append(keras.layers.Dropout(DROPOUT[position]))
    layers.append(keras.layers.Dense(classes, activation="softmax"))
    model = keras.Sequential(layers)
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        steps_per_execution=steps_per_execution,
    )
    return model


def train_network(
    matrix: NDArray[np.float32],
    labels: NDArray[np.intp],
    *,
    validation: tuple[NDArray[np.float32], NDArray[np.intp]],
    config: TrainingConfig,
    classes: int = 3,
    progress: Progress | None = None,
) -> TrainedNetwork:
    """Train the network; the same inputs and seed give the same bits.

    Parameters
    ----------
    matrix, labels : numpy.ndarray
        (n, d) scaled rows and their class indices.
    validation : tuple
        Rows and labels that only the curve sees: the 20 % of the requirement, held out by patient.
    config : TrainingConfig
    classes : int
    progress : callable, optional
        Told after each epoch.
    """
    keras.utils.set_random_seed(config.seed)
    tf.config.experimental.enable_op_determinism()
    steps = max(1, -(-len(matrix) // config.batch_size))
    model = build_network(
        (matrix.shape[1],), classes=classes, learning_rate=config.learning_rate, steps_per_execution=steps
    )
    callbacks: list[Any] = [_Report(progress, config.epochs)] if progress else []
    if config.patience:
        callbacks.append(keras.callbacks.EarlyStopping(patience=config.patience, restore_best_weights=True))
    fitted = model.fit(
        matrix,
        labels,
        epochs=config.epochs,
        batch_size=config.batch_size,
        validation_data=validation if len(validation[0]) else None,
        validation_batch_size=4096,
        verbose=0,
        callbacks=callbacks,
    )
    weights = model.get_weights()
    layers = tuple((weights[at], weights[at + 1]) for at in range(0, len(weights), 2))
    history = {name: [float(value) for value in values] for name, values in fitted.history.items()}
    return TrainedNetwork(layers, history, model)
