"""What of a promise a role may see, and whether it was kept.

Belongs here: pure rules. Does not belong here: SQL, scores over many promises (`ml.forecasting.ledger`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from ml.small_cells import SMALLEST_SHOWN, hidden_rows

#: The series that all others add up to.
WHOLE = "all"


def state_of(promise: Mapping[str, Any]) -> str:
    """Say whether a promise was kept by its 80 % or 95 % interval, broken, or is still open."""
    actual = promise["actual"]
    if actual is None:
        return "open"
    if promise["lo80"] <= actual <= promise["hi80"]:
        return "kept80"
    return "kept95" if promise["lo95"] <= actual <= promise["hi95"] else "broken"


def hidden_counts(counts: Iterable[Any]) -> set[tuple[str, str]]:
    """Return (series, month) of the counts that those who do not treat patients may not see.

    The conditions of a month add up to its total, which is shown: further ones are hidden so that none can be computed.
    """
    by_month: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for row in counts:
        if row.series_id != WHOLE:
            by_month[row.month].append((row.series_id, row.actual))
    return {
        (rows[position][0], month)
        for month, rows in by_month.items()
        for position in hidden_rows([count for _, count in rows])
    }


def calendar_for_others(kind: Mapping[str, Any], hidden: set[tuple[str, str]]) -> dict[str, Any]:
    """Return a kind's ledger with no state for months whose count is hidden: with the interval it would bound it."""
    calendar = [
        {
            **row,
            "states": [
                "none" if (row["series_id"], month) in hidden else state
                for month, state in zip(kind["months"], row["states"], strict=True)
            ],
        }
        for row in kind["calendar"]
    ]
    return {**kind, "calendar": calendar}


def forecast_for_others(series: Mapping[str, Any]) -> dict[str, Any]:
    """Return a forecast without steps that repeat a small count: a seasonal naive one is last year's counts."""
    repeats = "naive" in series["model"] and any(0 < step["mean"] < SMALLEST_SHOWN for step in series["steps"])
    if not repeats:
        return dict(series)
    notes = [*series["notes"], "last year's counts are small: not shown to this role"]
    return {**series, "steps": [], "notes": notes}
