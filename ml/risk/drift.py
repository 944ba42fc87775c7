"""Whether today's patients, and what the model says of them, still look like those it was trained beside.

Belongs here: reference distributions of a version's inputs and predictions, comparison, persistence over weeks. Does
not belong here: the index itself (`ml.stability`), the columns of tables (`ml.shift`, where the size of the effect must
agree), reading rows, telling anybody, or any decision: drift suggests a retrain, people decide.

A p-value calls every difference real once there are enough rows; so this judges by the population stability index less
what chance alone gives at these numbers of rows, and asks that it lasts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.features.columns import NUMERIC_FEATURES
from ml.risk.ensemble import Ensemble
from ml.risk.preprocessing import feature_arrays
from ml.stability import LEAST_ROWS, MOVED_PSI, bin_shares, decile_edges, index_beyond_chance

#: Weeks in a row that a feature must have moved.
LASTING_WEEKS: Final = 2
#: The wheel of the day and the week moves by itself, and as sine and cosine it has no order to be binned by.
_SKIPPED: Final = frozenset({"hour_sin", "hour_cos", "weekday_sin", "weekday_cos"})
WATCHED: Final = tuple(name for name in NUMERIC_FEATURES if name not in _SKIPPED)
PREDICTION: Final = "prediction_high"


@dataclass(frozen=True)
class Shift:
    """One distribution in one week against the reference.

    Attributes
    ----------
    name : str
        Feature, `condition` or `prediction_high`.
    psi : float
        Population stability index less what chance gives; never below 0.
    n : int
    has_moved : bool
    """

    name: str
    psi: float
    n: int
    has_moved: bool


def reference(ensemble: Ensemble) -> dict[str, Any]:
    """Return the last year's inputs and the predictions on held-out patients as distributions, in JSON values."""
    prepared = ensemble.prepared
    rows = prepared.rows
    recent = rows[rows["registered_at"] >= rows["registered_at"].max() - timedelta(days=365)]
    found: dict[str, Any] = {name: _numeric_reference(recent[name].to_numpy(dtype=float)) for name in WATCHED}
    shares = recent["condition"].value_counts(normalize=True)
    found["condition"] = {"categories": {str(name): float(share) for name, share in shares.items()}, "n": len(recent)}
    high = ensemble.consensus(prepared.matrix[prepared.parts.test]).probabilities[:, 2]
    found[PREDICTION] = _numeric_reference(np.asarray(high, dtype=float))
    return found


def compare(known: Mapping[str, Any], rows: pd.DataFrame, high: NDArray[np.floating]) -> tuple[Shift, ...]:
    """Compare one week with the reference, the most moved first.

    Parameters
    ----------
    known : mapping
        What `reference` returned.
    rows : pandas.DataFrame
        Feature rows of the week.
    high : numpy.ndarray
        (n,) the version's probability of high risk for them.
    """
    if len(rows) < LEAST_ROWS:
        return ()
    arrays = feature_arrays(rows)
    found = [_shift(name, known[name], arrays[name]) for name in WATCHED if name in known]
    if "condition" in known:
        found.append(_shift("condition", known["condition"], arrays["condition"]))
    if PREDICTION in known:
        found.append(_shift(PREDICTION, known[PREDICTION], np.asarray(high, dtype=float)))
    return tuple(sorted(found, key=lambda shift: -shift.psi))


def lasting(weeks: Sequence[Sequence[Shift]], *, weeks_needed: int = LASTING_WEEKS) -> tuple[str, ...]:
    """Return what has moved in each of the newest `weeks_needed` weeks (the newest last)."""
    if len(weeks) < weeks_needed:
        return ()
    moved = [{shift.name for shift in week if shift.has_moved} for week in weeks[-weeks_needed:]]
    return tuple(sorted(set.intersection(*moved)))


def _numeric_reference(values: NDArray[np.floating]) -> dict[str, Any]:
    edges = decile_edges(values[np.isfinite(values)])
    return {"edges": edges.tolist(), "shares": bin_shares(values, edges).tolist(), "n": len(values)}


def _shift(name: str, known: Mapping[str, Any], values: NDArray[Any]) -> Shift:
    if "categories" in known:
        expected = np.array([*known["categories"].values(), 0.0])
        places = {category: place for place, category in enumerate(known["categories"])}
        codes = [places.get(str(value), len(places)) for value in values]
        actual = np.bincount(codes, minlength=len(expected)) / len(values)
    else:
        expected = np.asarray(known["shares"], dtype=float)
        actual = bin_shares(np.asarray(values, dtype=float), np.asarray(known["edges"], dtype=float))
    psi = index_beyond_chance(expected, actual, n_expected=int(known["n"]), n_actual=len(values))
    return Shift(name, psi, len(values), psi > MOVED_PSI)
