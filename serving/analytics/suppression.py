"""Hiding small counts from roles that do not treat patients.

Belongs here: pure rules over published payloads. Does not belong here: who gets which variant (`store`).

The rule is that of CMS (cell size suppression policy): no count of 1 to 10 is shown, none can be computed from what
is shown, 0 may be shown; percentages count too. Where rows add up to a total that is shown, further rows are hidden
until the hidden ones together hold at least 22 and are at least two; where a table has margins on both sides its
inner cells are all hidden as soon as one of them is small: a coarser table instead of a puzzle.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

SMALLEST_SHOWN: Final = 11
_LEAST_HIDDEN_TOTAL: Final = 2 * SMALLEST_SHOWN
_SHARES: Final = ("share", "share_low", "share_high")
_SPLITS: Final = ("female_count", "male_count", "other_count")

Json = dict[str, Any]


def is_small(count: int | None) -> bool:
    """Say whether a count may not be shown."""
    return count is not None and 0 < count < SMALLEST_SHOWN


def hidden_rows(counts: Sequence[int | None]) -> set[int]:
    """Return which of the rows that add up to a known total must be hidden.

    Examples
    --------
    >>> sorted(hidden_rows([400, 3, 40, 0]))
    [1, 2]
    >>> sorted(hidden_rows([400, 40]))
    []
    """
    hidden = {row for row, count in enumerate(counts) if is_small(count)}
    if not hidden:
        return hidden
    rest = sorted((count, row) for row, count in enumerate(counts) if row not in hidden and count)
    while rest and (len(hidden) < 2 or sum(counts[row] or 0 for row in hidden) < _LEAST_HIDDEN_TOTAL):
        hidden.add(rest.pop(0)[1])
    return hidden


def _blank(row: Mapping[str, Any], names: Sequence[str]) -> Json:
    return {name: None if name in names else value for name, value in row.items()}


def rows_of_total(rows: Sequence[Json], names: Sequence[str] = ("count", *_SHARES)) -> list[Json]:
    """Return rows that add up to a known total, those that must be hidden blanked."""
    hidden = hidden_rows([row["count"] for row in rows])
    return [_blank(row, names) if position in hidden else dict(row) for position, row in enumerate(rows)]


def _alone(row: Json, names: Sequence[str] = ("count",)) -> Json:
    """Blank a row whose count is small and which adds up to nothing that is shown."""
    return _blank(row, names) if is_small(row["count"]) else dict(row)


def _health_trends(data: Json) -> Json:
    weeks = [
        {
            **week,
            "total": None if is_small(week["total"]) else week["total"],
            "conditions": [_alone(row, ("count", *_SHARES)) for row in week["conditions"]],
        }
        for week in data["weeks"]
    ]
    trending = []
    for row in data["trending"]:
        small = [name for name in ("recent_count", "previous_count") if is_small(row[name])]
        # With the ratio, one of the counts gives the other.
        trending.append(_blank(row, [*small, "ratio", "ratio_low", "ratio_high"]) if small else dict(row))
    return {**data, "weeks": weeks, "trending": trending}


def _demographics(data: Json) -> Json:
    if is_small(data["total"]):
        bands = [_blank(row, ("count", *_SHARES, *_SPLITS)) for row in data["age_bands"]]
        sexes = [_blank(row, ("count", *_SHARES)) for row in data["sexes"]]
        return {**data, "total": None, "age_bands": bands, "sexes": sexes}
    bands, sexes = rows_of_total(data["age_bands"]), rows_of_total(data["sexes"])
    inner_is_small = any(is_small(row[name]) for row in data["age_bands"] for name in _SPLITS)
    margin_is_hidden = any(row["count"] is None for row in (*bands, *sexes))
    if inner_is_small or margin_is_hidden:
        bands = [_blank(row, _SPLITS) for row in bands]
    return {**data, "age_bands": bands, "sexes": sexes}


def _patient_volume(data: Json) -> Json:
    return {**data, "history": [_alone(row) for row in data["history"]]}


def _illness_surge(data: Json) -> Json:
    conditions = []
    for row in data["conditions"]:
        kept = _blank(row, ("observed", "excess", "p_exceed")) if is_small(row["observed"]) else dict(row)
        conditions.append({**kept, "weeks": [_alone(week) for week in row["weeks"]]})
    return {**data, "conditions": conditions}


_RULES: Final[dict[str, Callable[[Json], Json]]] = {
    "health_trends": _health_trends,
    "demographics": _demographics,
    "associations": dict,
    "patient_volume": _patient_volume,
    "illness_surge": _illness_surge,
}


def suppress_small_cells(section: str, data: Json) -> Json:
    """Return a section's payload as a role that does not treat patients may see it.

    Parameters
    ----------
    section : str
        One of `core.vocabulary.ANALYTICS_SECTIONS`.
    data : dict
        The payload as published; it is not changed.

    Raises
    ------
    KeyError
        If the section is unknown: what has no rule is not shown.
    """
    return _RULES[section](data)


def suppress_today(today: Json) -> Json:
    """Return the realtime board as a role that does not treat patients may see it."""
    total = today["registrations_count"]
    shown = {name: rows_of_total(today[name], ("count",)) for name in ("by_hour", "by_condition", "by_acuity")}
    return {"registrations_count": None if is_small(total) else total, **shown}
