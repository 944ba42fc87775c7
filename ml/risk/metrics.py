"""How good a classifier is, each figure with a bootstrap interval.

Belongs here: weighted, vectorised metrics and their intervals. Does not belong here: which models are compared
(`report`), decision curves and alerts (`utility`), subgroups (`fairness`).

Every figure is computed from a matrix of row weights: one row of ones gives the value, rows of resampling counts give
the interval, by the same code.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
#: Blocks of (b, n) resampling counts, as `resamples` yields them.
Draws = Sequence[NDArray[np.float32]]
ECE_BINS: Final = 15
#: Weights held at once: a block of resamples stays around 60 MB.
_BLOCK_CELLS: Final = 4_000_000


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % bootstrap percentile interval; NaN where it cannot be computed."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class ModelMetrics:
    """One model on one set of rows.

    Attributes
    ----------
    n : int
    accuracy : Estimate
    precision, recall, f1 : Estimate
        Weighted by class support.
    f1_macro : Estimate
        Unweighted mean over classes.
    auroc, auprc : Estimate
        Macro mean of one class against the rest.
    ece : Estimate
        Top-label expected calibration error, 15 equal bins (Guo et al. 2017).
    ece_classwise : Estimate
        Mean over classes of the same error of each class' probability.
    brier : Estimate
        Multi-class: mean over rows of the summed squared error, 0 to 2.
    class_recall : dict of str to Estimate
    """

    n: int
    accuracy: Estimate
    precision: Estimate
    recall: Estimate
    f1: Estimate
    f1_macro: Estimate
    auroc: Estimate
    auprc: Estimate
    ece: Estimate
    ece_classwise: Estimate
    brier: Estimate
    class_recall: dict[str, Estimate]


def measure(
    labels: NDArray[np.intp],
    probabilities: Floats,
    *,
    decisions: NDArray[np.intp] | None = None,
    classes: tuple[str, ...],
    clusters: NDArray[np.intp] | None = None,
    n_bootstrap: int = 200,
    seed: int = 0,
) -> ModelMetrics:
    """Measure one model.

    Parameters
    ----------
    labels : numpy.ndarray of int
        (n,) true class indices.
    probabilities : numpy.ndarray
        (n, k), rows sum to 1.
    decisions : numpy.ndarray of int, optional
        (n,) classes decided on; the likeliest by default. A consensus may decide otherwise.
    classes : tuple of str
        Names of the k classes.
    clusters : numpy.ndarray of int, optional
        (n,) patient numbers: whole patients are resampled, as rows of one patient are not independent.
    n_bootstrap : int
        Resamples; 0 gives intervals of NaN.
    seed : int
    """
    chosen = probabilities.argmax(axis=1) if decisions is None else decisions
    scoring = _Scoring(labels, probabilities, chosen)
    value = scoring.figures(np.ones((1, len(labels)), dtype=np.float32))
    blocks = [scoring.figures(weights) for weights in resamples(len(labels), clusters, n_bootstrap, seed)]
    found: dict[str, Estimate] = {}
    for name, single in value.items():
        drawn = np.concatenate([block[name] for block in blocks]) if blocks else np.empty(0)
        found[name] = estimate(float(single[0]), drawn)
    recalls = {text: found.pop(f"recall_{code}") for code, text in enumerate(classes)}
    return ModelMetrics(n=len(labels), class_recall=recalls, **found)


def macro_aurocs(labels: NDArray[np.intp], probabilities: Floats, weights: NDArray[np.float32]) -> Floats:
    """Return the macro AUROC alone for each row of (b, n) weights, at a tenth of the work of `measure`."""
    return _mean(
        [
            _Ranking(probabilities[:, code], (labels == code).astype(np.float32)).areas(weights)[0]
            for code in range(probabilities.shape[1])
        ]
    )


def estimate(value: float, drawn: Floats) -> Estimate:
    """Return a value with the 95 % percentile interval of its resamples."""
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn):
        return Estimate(value, float("nan"), float("nan"))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Estimate(value, float(low), float(high))


def ratios(above: NDArray[Any], below: NDArray[Any], draws: Draws) -> Floats:
    """Return sum(above) / sum(below) of (n,) rows, then of each resample; NaN where below sums to 0."""
    sides = np.column_stack([above, below]).astype(float)
    sums = np.concatenate([sides.sum(axis=0, keepdims=True), *(weights @ sides for weights in draws)])
    return np.divide(sums[:, 0], sums[:, 1], out=np.full(len(sums), np.nan), where=sums[:, 1] > 0)


def ratio_estimate(above: NDArray[Any], below: NDArray[Any], draws: Draws) -> Estimate:
    """Return sum(above) / sum(below) of (n,) rows with its interval; see `ratios`."""
    found = ratios(above, below, draws)
    return estimate(float(found[0]), found[1:])


def resamples(n: int, clusters: NDArray[np.intp] | None, n_bootstrap: int, seed: int) -> Iterator[NDArray[np.float32]]:
    """Yield blocks of (b, n) resampling counts; whole clusters are drawn where they are given."""
    rng = np.random.default_rng(seed)
    owner = np.arange(n) if clusters is None else np.unique(clusters, return_inverse=True)[1]
    size = int(owner.max(initial=-1)) + 1
    step = max(1, _BLOCK_CELLS // max(1, n))
    for start in range(0, n_bootstrap, step):
        rows = min(step, n_bootstrap - start)
        counts = np.stack([np.bincount(rng.integers(0, size, size), minlength=size) for _ in range(rows)])
        yield counts[:, owner].astype(np.float32)


class _Scoring:
    """What does not depend on the weights, computed once: cells, bins and orders."""

    def __init__(self, labels: NDArray[np.intp], probabilities: Floats, decisions: NDArray[np.intp]) -> None:
        self.k = probabilities.shape[1]
        n = len(labels)
        truth = np.eye(self.k, dtype=np.float32)[labels]
        self._cells = np.zeros((n, self.k * self.k), dtype=np.float32)
        self._cells[np.arange(n), labels * self.k + decisions] = 1
        top = probabilities.argmax(axis=1)
        confidence = probabilities[np.arange(n), top]
        self._top_bins = _bin_gaps(confidence, (top == labels).astype(np.float32))
        self._class_bins = [_bin_gaps(probabilities[:, code], truth[:, code]) for code in range(self.k)]
        self._squares = ((probabilities - truth) ** 2).sum(axis=1).astype(np.float32)
        self._ranks = [_Ranking(probabilities[:, code], truth[:, code]) for code in range(self.k)]

    def figures(self, weights: NDArray[np.float32]) -> dict[str, Floats]:
        """Return each figure for each row of weights."""
        total = weights.sum(axis=1)
        confusion = (weights @ self._cells).reshape(-1, self.k, self.k)
        hits = np.diagonal(confusion, axis1=1, axis2=2)
        support, predicted = confusion.sum(axis=2), confusion.sum(axis=1)
        recall = _ratio(hits, support)
        precision = _ratio(hits, predicted)
        f1 = _ratio(2 * hits, support + predicted)
        shares = support / total[:, None]
        areas = [rank.areas(weights) for rank in self._ranks]
        figures: dict[str, Floats] = {
            "accuracy": hits.sum(axis=1) / total,
            "precision": (precision * shares).sum(axis=1),
            "recall": (recall * shares).sum(axis=1),
            "f1": (f1 * shares).sum(axis=1),
            "f1_macro": f1.mean(axis=1),
            "auroc": _mean([roc for roc, _ in areas]),
            "auprc": _mean([pr for _, pr in areas]),
            "ece": np.abs(weights @ self._top_bins).sum(axis=1) / total,
            "ece_classwise": np.mean([np.abs(weights @ bins).sum(axis=1) / total for bins in self._class_bins], axis=0),
            "brier": (weights @ self._squares) / total,
        }
        for code in range(self.k):
            figures[f"recall_{code}"] = np.where(support[:, code] > 0, recall[:, code], np.nan)
        return figures


class _Ranking:
    """One class against the rest, sorted once by probability, ties together."""

    def __init__(self, probability: Floats, truth: NDArray[np.float32]) -> None:
        self._order = np.argsort(probability, kind="stable")
        ordered = probability[self._order]
        self._starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
        self._truth = truth[self._order]

    def areas(self, weights: NDArray[np.float32]) -> tuple[Floats, Floats]:
        """Return (area under ROC, average precision) for each row of weights; NaN where a side is empty."""
        ordered = weights[:, self._order].astype(np.float64)
        hits = np.add.reduceat(ordered * self._truth, self._starts, axis=1)
        misses = np.add.reduceat(ordered, self._starts, axis=1) - hits
        n_hits, n_misses = hits.sum(axis=1), misses.sum(axis=1)
        below = np.cumsum(misses, axis=1) - misses / 2
        with np.errstate(invalid="ignore", divide="ignore"):
            roc = (hits * below).sum(axis=1) / (n_hits * n_misses)
            caught = np.cumsum(hits[:, ::-1], axis=1)
            raised = caught + np.cumsum(misses[:, ::-1], axis=1)
            step = np.where(raised > 0, caught / raised, 0)
            average = (hits[:, ::-1] * step).sum(axis=1) / n_hits
        return np.where(n_hits * n_misses > 0, roc, np.nan), np.where(n_hits > 0, average, np.nan)


def _bin_gaps(probability: Floats, event: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (n, bins): each row's (event - probability) in its bin's column; its column sums make the ECE."""
    bins = np.minimum((probability * ECE_BINS).astype(np.intp), ECE_BINS - 1)
    gaps = np.zeros((len(probability), ECE_BINS), dtype=np.float32)
    gaps[np.arange(len(probability)), bins] = event - probability
    return gaps


def _ratio(above: Floats, below: Floats) -> Floats:
    """Divide; 0 where there is nothing to divide by, as scikit-learn's zero_division=0."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def _mean(columns: list[Floats]) -> Floats:
    """Mean over classes, leaving out those that a resample lacks."""
    stacked = np.stack(columns)
    known = np.isfinite(stacked)
    return np.where(
        known.any(axis=0), np.where(known, stacked, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1), np.nan
    )
