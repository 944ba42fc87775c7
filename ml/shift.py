"""How far columns have moved from a fixed reference: population stability index, effect size, and whether it lasts.

Belongs here: reference distributions of a frame's columns, comparison, persistence. Does not belong here: a model's own
inputs and predictions (`ml.risk.drift`), reading months, telling anybody.

A p-value calls every difference real once there are enough rows. So a column has moved when the index (less what chance
alone gives at these numbers of rows) and the size of the effect both say so, and it has drifted when that lasted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

#: The usual reading of the index: below .1 nothing, above .25 a lot.
MOVED_PSI: Final = 0.2
#: A small effect is .2, a medium one .5 (Cohen 1988), for d and w alike.
MOVED_EFFECT: Final = 0.2
#: Months in a row that a column must have moved before it is called drift.
LASTING_MONTHS: Final = 3
#: Fewer rows in a month say nothing.
LEAST_ROWS: Final = 100
_BINS: Final = 10
_MOST_CATEGORIES: Final = 30
_FLOOR: Final = 1e-4


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


def reference_of(frame: pd.DataFrame, columns: Sequence[str]) -> dict[str, Any]:
    """Return the distributions of some columns in plain JSON values: bins, shares, mean and spread, never a row.

    Parameters
    ----------
    frame : pandas.DataFrame
    columns : sequence of str
        Numbers and flags are binned by deciles, everything else counts as categories.
    """
    return {name: _reference(frame[name]) for name in columns if name in frame}


def compare(known: Mapping[str, Any], frame: pd.DataFrame) -> tuple[ColumnShift, ...]:
    """Compare a month with the reference, in the order of the reference; nothing of fewer than 100 rows."""
    if len(frame) < LEAST_ROWS:
        return ()
    return tuple(_shift(name, one, frame[name]) for name, one in known.items() if name in frame)


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


def population_stability_index(expected: NDArray[np.floating], actual: NDArray[np.floating]) -> float:
    """Return the sum of (actual - expected) ln(actual / expected) over bins; an empty bin counts as .0001."""
    one, other = np.maximum(expected, _FLOOR), np.maximum(actual, _FLOOR)
    one, other = one / one.sum(), other / other.sum()
    return float(((other - one) * np.log(other / one)).sum())


def _numbers(column: pd.Series) -> NDArray[np.float64] | None:
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return column.to_numpy(dtype="float64", na_value=np.nan)
    return None


def _reference(column: pd.Series) -> dict[str, Any]:
    values = _numbers(column)
    if values is None:
        shares = column.astype("str").fillna("").value_counts(normalize=True).iloc[:_MOST_CATEGORIES]
        return {"categories": {str(name): float(share) for name, share in shares.items()}, "n": len(column)}
    told = values[np.isfinite(values)]
    edges = np.unique(np.quantile(told, np.linspace(0, 1, _BINS + 1)[1:-1])) if len(told) else np.empty(0)
    return {
        "edges": edges.tolist(),
        "shares": _shares(values, edges).tolist(),
        "mean": float(told.mean()) if len(told) else 0.0,
        "spread": float(told.std()) if len(told) else 0.0,
        "n": len(values),
    }


def _shares(values: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of each bin, and of the missing at the end."""
    is_missing = ~np.isfinite(values)
    bins = np.where(is_missing, len(edges) + 1, np.searchsorted(edges, np.where(is_missing, 0, values), side="left"))
    return np.bincount(bins, minlength=len(edges) + 2) / max(len(values), 1)


def _shift(name: str, known: Mapping[str, Any], column: pd.Series) -> ColumnShift:
    if "categories" in known:
        told = known["categories"]
        expected = np.array([*told.values(), max(0.0, 1 - sum(told.values()))])
        counts = column.astype("str").fillna("").value_counts()
        listed = [int(counts.get(category, 0)) for category in told]
        actual = np.array([*listed, len(column) - sum(listed)]) / len(column)
        effect = float(np.sqrt(((actual - expected) ** 2 / np.maximum(expected, _FLOOR)).sum()))
    else:
        values = _numbers(column)
        values = np.full(len(column), np.nan) if values is None else values
        expected = np.asarray(known["shares"], dtype=np.float64)
        actual = _shares(values, np.asarray(known["edges"], dtype=np.float64))
        told_values = values[np.isfinite(values)]
        spread = known["spread"] or 1.0
        effect = float((told_values.mean() - known["mean"]) / spread) if len(told_values) else 0.0
    by_chance = (int((expected > 0).sum()) - 1) * (1 / len(column) + 1 / max(int(known["n"]), 1))
    psi = max(population_stability_index(expected, actual) - by_chance, 0.0)
    # All values gone, or many of them, moves the index and no mean: the share of the missing is an effect of its own.
    gone = abs(float(actual[-1] - expected[-1])) if "shares" in known else 0.0
    return ColumnShift(name, psi, effect, psi > MOVED_PSI and max(abs(effect), gone) > MOVED_EFFECT)
