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
        if not len(matrix):
            return np.empty((0, len(self.layers[-1][1])), dtype=np.float32)
        return _forward(self.model, matrix)


def build_network(
    input_shape: tuple[int, ...],
    *,
    classes: int = 3,
    learning_rate: float = TrainingConfig.learning_rate,
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

    Notes
    -----
    One epoch is one call into a graph that gathers each batch from the whole table: the steps are those of
    `keras.Model.fit` (a test compares them), at a third of its CPU time for batches this small.
    """
    keras.utils.set_random_seed(config.seed)
    tf.config.experimental.enable_op_determinism()
    model = build_network((matrix.shape[1],), classes=classes, learning_rate=config.learning_rate)
    run_epoch = epoch_of(model, matrix, labels, batch_size=config.batch_size)
    order = np.random.default_rng(config.seed)
    history: dict[str, list[float]] = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
    best, best_weights = 0, model.get_weights()
    for done in range(1, config.epochs + 1):
        loss, accuracy = run_epoch(order.permutation(len(matrix)).astype(np.int32))
        figures = (float(loss), float(accuracy), *_measured(model, *validation))
        for name, value in zip(history, figures, strict=True):
            history[name].append(value)
        if progress is not None:
            progress(done, config.epochs, history["val_loss"][-1])
        if not config.patience:
            continue
        if history["val_loss"][-1] < min(history["val_loss"][:-1], default=np.inf):
            best, best_weights = done, model.get_weights()
        if done - best >= config.patience:
            break
    if config.patience:
        model.set_weights(best_weights)
    weights = model.get_weights()
    layers = tuple((weights[at], weights[at + 1]) for at in range(0, len(weights), 2))
    return TrainedNetwork(layers, history, model)


def epoch_of(model: Any, matrix: NDArray[np.float32], labels: NDArray[np.intp], *, batch_size: int) -> Any:
    """Return a compiled function that trains a network on every row once.

    Parameters
    ----------
    model : keras.Model
        As `build_network` returns it.
    matrix, labels : numpy.ndarray
        (n, d) rows and their class indices; the graph keeps them.
    batch_size : int
        The last batch takes what is left.

    Returns
    -------
    callable
        Takes the (n,) int32 order of the rows; returns mean loss and accuracy over the epoch's batches.
    """
    model.optimizer.build(model.trainable_variables)
    rows, truth = tf.constant(matrix), tf.constant(labels)

    def run_epoch(order: Any) -> Any:
        loss_sum, hits = tf.constant(0.0), tf.constant(0.0)
        for start in tf.range(0, len(matrix), batch_size):
            batch = order[start : start + batch_size]
            wanted = tf.gather(truth, batch)
            with tf.GradientTape() as tape:
                said = model(tf.gather(rows, batch), training=True)
                losses: Any = keras.losses.sparse_categorical_crossentropy(wanted, said)
                loss = tf.reduce_mean(losses)
            variables = model.trainable_variables
            model.optimizer.apply(tape.gradient(loss, variables), variables)
            loss_sum += tf.reduce_sum(losses)
            hits += tf.reduce_sum(tf.cast(tf.argmax(said, axis=1) == wanted, tf.float32))
        return loss_sum / len(matrix), hits / len(matrix)

    return tf.function(run_epoch)


def _measured(model: Any, matrix: NDArray[np.float32], labels: NDArray[np.intp]) -> tuple[float, float]:
    """Return mean log loss and accuracy on rows that the network does not learn from; NaN without any."""
    if not len(matrix):
        return float("nan"), float("nan")
    said = _forward(model, matrix)
    likelihood = np.clip(said[np.arange(len(labels)), labels], keras.config.epsilon(), 1.0)
    return float(-np.log(likelihood).mean()), float((said.argmax(axis=1) == labels).mean())


def _forward(model: Any, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    # Called directly: `predict` compiles a graph first, which takes longer than the arithmetic.
    parts = [
        np.asarray(model(matrix[start : start + _ROWS_AT_ONCE], training=False), dtype=np.float32)
        for start in range(0, len(matrix), _ROWS_AT_ONCE)
    ]
    return np.concatenate(parts)
