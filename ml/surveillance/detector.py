"""The one door of surveillance: weekly or monthly counts in, a judgement of every period out.

Belongs here: frames, many series, the choice of method. Does not belong here: a method's arithmetic (a module each),
reading files (the command line), budgets over all conditions (`budget`).
"""

from collections.abc import Callable
from typing import Final, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import InputError
from ml.surveillance import farrington
from ml.surveillance.charts import Chart, judge_chart
from ml.surveillance.combined import judge_combined
from ml.surveillance.ears import Rule, judge_ears
from ml.surveillance.exceedance import judge_exceedance
from ml.surveillance.judgement import Judgement, judgement, levels
from ml.surveillance.timeline import Grain, Timeline, read_timeline

Floats = NDArray[np.float64]
#: counts, positions, timeline, alpha, index of the first period to judge
Method = Callable[[Floats, NDArray[np.int64], Timeline, float, int], Judgement]

#: The operating point chosen in decision 0022: specificity above .93 on labelled outbreaks.
DEFAULT_ALPHA: Final = 0.045
DEFAULT_METHOD: Final = "combined"
OUTPUT_COLUMNS: Final = ("series_id", "week", "count", "expected", "upper", "p_exceed", "level", "alarm", "basis")


def _farrington(
    counts: Floats, positions: NDArray[np.int64], timeline: Timeline, alpha: float, since: int
) -> Judgement:
    settings = farrington.SETTINGS[timeline.grain]
    prediction = farrington.predict(
        counts, positions, grain=timeline.grain, period=timeline.period, mondays=timeline.mondays, since=since
    )
    p_exceed, upper, alarm = farrington.judge(counts, prediction, alpha=alpha, settings=settings)
    main = judgement(expected=prediction.mean, upper=upper, p_exceed=p_exceed, alarm=alarm, name="farrington")
    return main.or_else(judge_ears(counts, alpha=alpha, rule="ears_c2"))


def _ears(rule: Rule) -> Method:
    def method(counts: Floats, positions: NDArray[np.int64], timeline: Timeline, alpha: float, since: int) -> Judgement:
        return judge_ears(counts, alpha=alpha, rule=rule)

    return method


def _combined(counts: Floats, positions: NDArray[np.int64], timeline: Timeline, alpha: float, since: int) -> Judgement:
    return judge_combined(counts, timeline, alpha=alpha, since=since)


def _exceedance(
    counts: Floats, positions: NDArray[np.int64], timeline: Timeline, alpha: float, since: int
) -> Judgement:
    return judge_exceedance(counts, timeline, alpha=alpha, since=since)


def _chart(chart: Chart) -> Method:
    def method(counts: Floats, positions: NDArray[np.int64], timeline: Timeline, alpha: float, since: int) -> Judgement:
        return judge_chart(counts, timeline, alpha=alpha, chart=chart, since=since)

    return method


METHODS: Final[dict[str, Method]] = {
    "combined": _combined,
    "exceedance": _exceedance,
    "farrington": _farrington,
    **{rule: _ears(rule) for rule in get_args(Rule)},
    **{chart: _chart(chart) for chart in get_args(Chart)},
}


def detect(
    weekly: pd.DataFrame,
    *,
    alpha: float = DEFAULT_ALPHA,
    method: str = DEFAULT_METHOD,
    grain: Grain = "week",
    newest: int | None = None,
) -> pd.DataFrame:
    """Judge every period of every series from earlier periods of the same series only.

    Parameters
    ----------
    weekly : DataFrame
        Columns series_id, week, count; `week` is "2024-W05", a day, "2024-01" or a whole number. A missing count is a
        missing report: it is not judged and teaches nothing. So is a period without a row.
    alpha : float
        Between 0 and .5; a smaller one never raises an alarm that a larger one does not.
    method : str
        One of `METHODS`.
    grain : {"week", "month"}
        What a plain number or a day in `week` counts.
    newest : int, optional
        Judge only the newest so many periods of each series (much faster on a long history).

    Returns
    -------
    DataFrame
        `OUTPUT_COLUMNS`, rows and index as given; expected, upper and p_exceed NaN where there is no judgement (level
        low, alarm 0, basis "none"); `basis` names the method or the fallback that judged.

    Raises
    ------
    InputError
        If alpha, method or a column is not allowed, a period is unreadable or given twice, or a count is negative.
    """
    check_request(weekly, alpha=alpha, method=method)
    frame = weekly.reset_index(drop=True)
    out = frame[["series_id", "week", "count"]].copy()
    columns: dict[str, NDArray[np.generic]] = {
        "expected": np.full(len(frame), np.nan),
        "upper": np.full(len(frame), np.nan),
        "p_exceed": np.full(len(frame), np.nan),
        "level": np.full(len(frame), "low", dtype=object),
        "alarm": np.zeros(len(frame), dtype=np.int64),
        "basis": np.full(len(frame), "none", dtype=object),
    }
    for series, rows in frame.groupby("series_id", sort=False, dropna=False).indices.items():
        part = frame.iloc[rows]
        judged = judge_series(
            part["week"].tolist(), part["count"], str(series), alpha=alpha, method=method, grain=grain, newest=newest
        )
        for name, values in judged.items():
            columns[name][rows] = values
    return out.assign(**columns).set_index(weekly.index)


def check_request(weekly: pd.DataFrame, *, alpha: float, method: str) -> None:
    """Raise InputError for a column, alpha or method that is not allowed."""
    check_columns(weekly)
    check_alpha(alpha)
    if method not in METHODS:
        raise InputError(f"method {method!r} is not known; allowed: {', '.join(METHODS)}")


def check_columns(weekly: pd.DataFrame) -> None:
    """Raise InputError for a column that is absent."""
    absent = [name for name in ("series_id", "week", "count") if name not in weekly.columns]
    if absent:
        raise InputError(f"columns {', '.join(absent)} are absent; series_id, week and count are needed")


def check_alpha(alpha: float) -> None:
    """Raise InputError for an alpha that is not allowed."""
    if not 0.0 < alpha < 0.5:
        raise InputError(f"alpha {alpha} is not allowed; it lies between 0 and 0.5")


def judge_series(
    periods: list[object],
    counts: "pd.Series[float]",
    series: str,
    *,
    alpha: float,
    method: str,
    grain: Grain = "week",
    newest: int | None = None,
) -> dict[str, NDArray[np.generic]]:
    """Judge the rows of one series, in any order; see `detect`."""
    values = pd.to_numeric(counts, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = values[(values < 0) | np.isinf(values)]
    if wrong.size:
        raise InputError(f"series {series!r} holds the count {wrong[0]:g}; 0 and more are allowed")
    timeline = read_timeline(periods, grain=grain)
    if np.unique(timeline.positions).size != timeline.positions.size:
        raise InputError(f"series {series!r} holds a period twice; one row for each period is allowed")
    first = int(timeline.positions.min())
    slots = timeline.positions - first
    dense = np.full(int(slots.max()) + 1, np.nan)
    dense[slots] = values
    positions = np.arange(first, first + dense.size)
    since = 0 if newest is None else max(dense.size - newest, 0)
    judged = METHODS[method](dense, positions, timeline, alpha, since).from_index(since)
    return {
        "expected": judged.expected[slots],
        "upper": judged.upper[slots],
        "p_exceed": judged.p_exceed[slots],
        "level": levels(dense, judged, alpha=alpha)[slots],
        "alarm": judged.alarm[slots].astype(np.int64),
        "basis": judged.basis[slots],
    }
