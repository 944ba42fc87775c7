"""How far columns have moved from a fixed reference: population stability index, effect size, and whether it lasts.

Belongs here: reference distributions of a frame's columns, comparison, persistence. Does not belong here: the index
itself (`ml.stability`), a model's own inputs and predictions (`ml.risk.drift`), reading months, telling anybody.

A p-value calls every difference real once there are enough rows. So a column has moved when the index (less what chance
alone gives at these numbers of rows) and the size of the effect both say so, and it has drifted when that lasted.

Drift of a model (`ml.risk.drift`) is the same index and another verdict: it goes by the index alone, since any shape of
its inputs that it has not seen matters to a model, moved mean or not, and it is asked each week.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.stability import EMPTY_SHARE, LEAST_ROWS, MOVED_PSI, bin_shares, decile_edges, index_beyond_chance

#: A small effect is .2, a medium one .5 (Cohen 1988), for d and w alike.
MOVED_EFFECT: Final = 0.2
#: Months (or runs) in a row that a column must have moved before it is called drift.
LASTING_MONTHS: Final = 3
_MOST_CATEGORIES: Final = 30


@dataclass(frozen=True)
class ColumnShift:
    """One column of one month against the reference.

    Attributes
    ----------
    column : str
    psi : float
        Population stability index less what chance gives; never below 0.
    effect : float
        Cohen's d of a number (its sign is kept), Cohen's w of a category.
    has_moved : bool
    """

    column: str
    psi: float
    effect: float
    has_moved: bool


def reference_of(frame: pd.DataFrame, columns: Sequence[str], *, weight: str | None = None) -> dict[str, Any]:
    """Return the distributions of some columns in plain JSON values: bins, shares, mean and spread, never a row.

    Parameters
    ----------
    frame : pandas.DataFrame
    columns : sequence of str
        Numbers and flags are binned by deciles, everything else counts as categories.
    weight : str, optional
        Column that says how many registrations a row stands for; left out, each row stands for one.
    """
    weights = weights_of(frame, weight)
    return {name: _reference(frame[name], weights) for name in columns if name in frame}


def compare(known: Mapping[str, Any], frame: pd.DataFrame, *, weight: str | None = None) -> tuple[ColumnShift, ...]:
    """Compare a frame with the reference, in the order of the reference; nothing where it stands for fewer than 100."""
    weights = weights_of(frame, weight)
    if weights.sum() < LEAST_ROWS:
        return ()
    return tuple(_shift(name, one, frame[name], weights) for name, one in known.items() if name in frame)


def weights_of(frame: pd.DataFrame, weight: str | None) -> NDArray[np.float64]:
    """Return how many registrations each row stands for; missing and negative ones count as none."""
    if weight is None or weight not in frame:
        return np.ones(len(frame))
    found = pd.to_numeric(frame[weight], errors="coerce").to_numpy(dtype="float64", na_value=0.0)
    return np.maximum(np.nan_to_num(found, nan=0.0, posinf=0.0, neginf=0.0), 0.0)


def lasting(months: Sequence[Mapping[str, bool]], *, needed: int = LASTING_MONTHS) -> dict[str, int]:
    """Return for how many months in a row each column has moved, counted back from the newest (the last).

    Examples
    --------
    >>> lasting([{"age": True}, {"age": True, "sex": True}])
    {'age': 2, 'sex': 1}
    """
    runs: dict[str, int] = {}
    for column in months[-1] if months else ():
        count = 0
        for month in reversed(months):
            if not month.get(column, False):
                break
            count += 1
        runs[column] = count
    return runs


def _numbers(column: pd.Series) -> NDArray[np.float64] | None:
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return column.to_numpy(dtype="float64", na_value=np.nan)
    return None


def _reference(column: pd.Series, weights: NDArray[np.float64]) -> dict[str, Any]:
    values, total = _numbers(column), max(float(weights.sum()), 1.0)
    if values is None:
        counts = _counts(column, weights).sort_values(ascending=False, kind="stable").iloc[:_MOST_CATEGORIES]
        return {"categories": {str(name): float(count) / total for name, count in counts.items()}, "n": round(total)}
    is_told = np.isfinite(values) & (weights > 0)
    told, of_told = values[is_told], weights[is_told]
    edges = decile_edges(told, of_told)
    mean = float(np.average(told, weights=of_told)) if len(told) else 0.0
    return {
        "edges": edges.tolist(),
        "shares": bin_shares(values, edges, weights).tolist(),
        "mean": mean,
        "spread": float(np.sqrt(np.average((told - mean) ** 2, weights=of_told))) if len(told) else 0.0,
        "n": round(total),
    }


def _counts(column: pd.Series, weights: NDArray[np.float64]) -> pd.Series:
    """Weight of each category, in the order of first appearance; a missing one is the empty text."""
    codes, names = pd.factorize(column.astype("str").fillna(""))
    return pd.Series(np.bincount(codes, weights=weights, minlength=len(names)), index=names)


def _shift(name: str, known: Mapping[str, Any], column: pd.Series, weights: NDArray[np.float64]) -> ColumnShift:
    total = float(weights.sum())
    if "categories" in known:
        told = known["categories"]
        expected = np.array([*told.values(), max(0.0, 1 - sum(told.values()))])
        counts = _counts(column, weights)
        listed = [float(counts.get(category, 0.0)) for category in told]
        actual = np.array([*listed, max(total - sum(listed), 0.0)]) / total
        effect = float(np.sqrt(((actual - expected) ** 2 / np.maximum(expected, EMPTY_SHARE)).sum()))
    else:
        values = _numbers(column)
        values = np.full(len(column), np.nan) if values is None else values
        expected = np.asarray(known["shares"], dtype=np.float64)
        actual = bin_shares(values, np.asarray(known["edges"], dtype=np.float64), weights)
        is_told = np.isfinite(values) & (weights > 0)
        spread = known["spread"] or 1.0
        mean = float(np.average(values[is_told], weights=weights[is_told])) if is_told.any() else known["mean"]
        effect = (mean - known["mean"]) / spread
    psi = index_beyond_chance(expected, actual, n_expected=int(known["n"]), n_actual=total)
    # All values gone, or many of them, moves the index and no mean: the share of the missing is an effect of its own.
    gone = abs(float(actual[-1] - expected[-1])) if "shares" in known else 0.0
    return ColumnShift(name, psi, effect, psi > MOVED_PSI and max(abs(effect), gone) > MOVED_EFFECT)
