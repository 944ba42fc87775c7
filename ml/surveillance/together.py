"""All conditions of one hospital judged together, week by week.

Belongs here: the frame of a hospital's weekly counts in, a judgement of every week out, with what earlier weeks taught
about each condition. Does not belong here: the judgement of a single series (`detector`), its arithmetic (`exceedance`,
`propensity`).
"""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import InputError
from ml.surveillance import propensity
from ml.surveillance.detector import DEFAULT_ALPHA, check_alpha, check_columns
from ml.surveillance.exceedance import exceedance
from ml.surveillance.judgement import levels
from ml.surveillance.reporting import COMPLETION
from ml.surveillance.timeline import Timeline, read_timeline

Floats = NDArray[np.float64]

#: The basis that judgements of this module carry.
TOGETHER: Final = "together"
_NUMBERS: Final = ("expected", "upper", "p_exceed", "weight")


def detect_together(weekly: pd.DataFrame, *, alpha: float = DEFAULT_ALPHA, newest: int | None = None) -> pd.DataFrame:
    """Judge every week of every condition from earlier weeks only: its own, and how often each condition surged.

    Parameters
    ----------
    weekly : DataFrame
        series_id, week, count, as for `detect`; all series of one hospital, weeks of one kind. With COMPLETION
        (`reporting.with_completion`), counts may be incomplete.
    alpha : float
        Share of quiet weeks, over all conditions, that may raise an alarm; between 0 and .5.
    newest : int, optional
        Judge only the newest so many weeks.

    Returns
    -------
    DataFrame
        The columns of `detect`, rows and index as given, those of COMPLETION that were given, and `weight`: p_exceed is
        the probability of a count at least as high by now without a surge, divided by it (decision 0023). `expected`
        and `upper` are of the complete week, the level compares them with the estimate.

    Raises
    ------
    InputError
        If alpha or a column is not allowed, a period is unreadable or given twice, or a count is negative.
    """
    check_columns(weekly)
    check_alpha(alpha)
    frame = weekly.reset_index(drop=True)
    rows, names = pd.factorize(frame["series_id"], use_na_sentinel=False)
    labels = frame["week"].unique()
    timeline = read_timeline(labels.tolist())
    first = timeline.positions.min() if labels.size else 0
    columns = frame["week"].map(dict(zip(labels, timeline.positions - first, strict=True))).to_numpy(dtype=np.int64)
    counts = _counts_of(frame, rows, columns, len(names))
    given = [name for name in COMPLETION if name in frame]
    filled = {"complete_share": np.ones(counts.shape), "spread": np.ones(counts.shape), "estimate": counts.copy()}
    for name in filled.keys() & set(given):
        filled[name][rows, columns] = frame[name].to_numpy(dtype=np.float64)
    judged = _judge(counts, filled, timeline, alpha=alpha, newest=newest)
    told = {name: judged[name][rows, columns] for name in judged}
    return frame[["series_id", "week", "count", *given]].assign(**told).set_index(weekly.index)


def _counts_of(frame: pd.DataFrame, rows: NDArray[np.int64], columns: NDArray[np.int64], number: int) -> Floats:
    """Return conditions x weeks, NaN where no report came."""
    values = pd.to_numeric(frame["count"], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = np.flatnonzero((values < 0) | np.isinf(values))
    if wrong.size:
        at = frame.iloc[wrong[0]]
        raise InputError(f"count {values[wrong[0]]:g} of {at['series_id']!r} in {at['week']}; 0 and more are allowed")
    width = int(columns.max(initial=-1)) + 1
    twice = np.flatnonzero(pd.Series(rows * max(width, 1) + columns).duplicated())
    if twice.size:
        at = frame.iloc[twice[0]]
        raise InputError(f"series {at['series_id']!r} holds {at['week']} twice; one row for each week is allowed")
    counts = np.full((number, width), np.nan)
    counts[rows, columns] = values
    return counts


def _judge(
    counts: Floats, filled: dict[str, Floats], timeline: Timeline, *, alpha: float, newest: int | None
) -> dict[str, NDArray[np.generic]]:
    """Judge all series; the newest weeks need the weeks that their weights are learnt from as well."""
    size = counts.shape[1]
    since = 0 if newest is None else max(size - newest, 0)
    learning = max(since - propensity.SPAN - propensity.HELD_BACK, 0)
    seen = [
        exceedance(one, timeline, since=learning, share=share, spread=spread)
        for one, share, spread in zip(counts, filled["complete_share"], filled["spread"], strict=True)
    ]
    age = np.arange(size) - (~np.isnan(counts)).argmax(axis=1)[:, None] if size else np.zeros(counts.shape, np.int64)
    weight = propensity.weights(np.array([one.p for one in seen]).reshape(counts.shape), age)
    found: dict[str, list[NDArray[np.generic]]] = {name: [] for name in (*_NUMBERS, "level", "alarm", "basis")}
    for row, one in enumerate(seen):
        judged = one.judge(alpha=alpha, weight=weight[row], name=TOGETHER).from_index(since)
        for name in ("expected", "upper", "p_exceed", "basis"):
            found[name].append(getattr(judged, name))
        found["weight"].append(np.where(judged.basis == "none", np.nan, weight[row]))
        found["alarm"].append(judged.alarm.astype(np.int64))
        found["level"].append(levels(filled["estimate"][row], judged, alpha=alpha))
    return {name: np.array(values).reshape(counts.shape) for name, values in found.items()}
