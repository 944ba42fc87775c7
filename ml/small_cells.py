"""Hiding small counts from roles that do not treat patients: the one implementation of the rules.

Belongs here: what to hide in published payloads (plain JSON values), so that nothing hidden can be worked out from what
is shown. Does not belong here: who may see what (`serving`), frames, numpy or pandas: a web worker imports this.

The rule is that of CMS: no count of 1 to k - 1 is shown, none can be computed, 0 may be shown. A share or an interval
betrays its count, so it goes with it. Where counts add up to something that is shown, further ones are hidden until
what is hidden together is at least two counts and at least 2 k; what is not listed counts as one more row of its total.

Two sections count the same thing: the weekly counts of a condition stand in the trends and in the surges. Which cells
of a week are hidden is therefore decided once for both (`suppress_sections`), week by week, so that a week is one
equation with two unknowns or more. A sum over weeks is shown only where each of its weeks is: then it says nothing new.
Inner cells with two margins are all hidden or all shown: with every margin 0 or at least k, an attacker who solves the
equations learns no inner cell to within k.

Someone who combines months with weeks, or one day's publication with the next, is not stopped: publish to such roles
once a week or less.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from core.errors import InputError

#: Smallest count that is shown (CMS cell size suppression policy).
SMALLEST_SHOWN: Final = 11
#: Recent weeks are compared with as many before them.
TREND_WEEKS: Final = 4
_COUNTED: Final = ("count", "share", "share_low", "share_high")
_SPLITS: Final = ("female_count", "male_count", "other_count")
_SURGED: Final = ("observed", "estimate", "estimate_low", "estimate_high", "excess", "p_exceed")
_RATIO: Final = ("ratio", "ratio_low", "ratio_high")

Json = dict[str, Any]
#: (week, condition)
Cell = tuple[str, str]


def is_small(count: int | None, k: int = SMALLEST_SHOWN) -> bool:
    """Say whether a count may not be shown."""
    return count is not None and 0 < count < k


def hidden_rows(counts: Sequence[int | None], k: int = SMALLEST_SHOWN) -> set[int]:
    """Return which of the counts that add up to a shown total are hidden.

    Of equal counts the later is hidden first: in a ranking those that are hidden are then the last.

    Examples
    --------
    >>> sorted(hidden_rows([400, 3, 40, 0], 11))
    [1, 2]
    >>> hidden_rows([400, 40], 11)
    set()
    """
    known = [count or 0 for count in counts]
    hidden = {row for row, count in enumerate(known) if is_small(count, k)}
    rest = sorted((count, -row) for row, count in enumerate(known) if count >= k)
    while hidden and rest and (len(hidden) < 2 or sum(known[row] for row in hidden) < 2 * k):
        hidden.add(-rest.pop(0)[1])
    return hidden


def suppress_sections(sections: Mapping[str, Json], k: int = SMALLEST_SHOWN) -> dict[str, Json]:
    """Return payloads that are shown together as a role that does not treat patients may see them.

    Parameters
    ----------
    sections : mapping
        Of `core.vocabulary.ANALYTICS_SECTIONS`, those that are published, as plain JSON values; not changed.
    k : int
        Smallest count shown, 2 or more.

    Raises
    ------
    InputError
        If `k` is below 2 or a section is unknown: what has no rule is not shown.
    """
    if k < 2:
        raise InputError(f"k is {k}; 2 or more is allowed")
    trends, surge = sections.get("health_trends"), sections.get("illness_surge")
    total = (sections.get("demographics") or {}).get("total")
    hidden, known = _hidden_cells(trends, surge, k)
    shown: dict[str, Json] = {}
    for name, data in sections.items():
        match name:
            case "health_trends":
                shown[name] = _trends(data, hidden, known, k)
            case "illness_surge":
                shown[name] = _surge(data, hidden)
            case "demographics":
                shown[name] = _demographics(data, k)
            case "associations":
                shown[name] = {**data, "tests": [test for test in data["tests"] if test["n"] >= k]}
            case "patient_volume":
                shown[name] = _volume(data, total, k)
            case _:
                raise InputError(f"{name} has no rule for small cells; the five analyses are allowed")
    return shown


def rows_of_total(rows: Sequence[Json], k: int = SMALLEST_SHOWN, names: Sequence[str] = _COUNTED) -> list[Json]:
    """Return rows that add up to a shown total, those that must be hidden blanked."""
    hidden = hidden_rows([row["count"] for row in rows], k)
    return [_blank(row, names) if place in hidden else dict(row) for place, row in enumerate(rows)]


def suppress_today(today: Json, k: int = SMALLEST_SHOWN) -> Json:
    """Return the realtime board as a role that does not treat patients may see it."""
    total = today["registrations_count"]
    shown = {name: rows_of_total(today[name], k, ("count",)) for name in ("by_hour", "by_condition", "by_acuity")}
    return {"registrations_count": None if is_small(total, k) else total, **shown}


def _blank(row: Mapping[str, Any], names: Iterable[str]) -> Json:
    return {**row, **dict.fromkeys(names)}


def _hidden_cells(trends: Json | None, surge: Json | None, k: int) -> tuple[set[Cell], dict[Cell, int]]:
    """Return the cells of weeks by conditions that are hidden, and all that a section lists with their counts."""
    known: dict[Cell, int] = {}
    totals: dict[str, int] = {}
    for row in (surge or {}).get("conditions", ()):
        known |= {(week["week"], row["condition"]): week["count"] or 0 for week in row["weeks"]}
        known[row["week"], row["condition"]] = row["observed"] or 0
    for week in (trends or {}).get("weeks", ()):
        totals[week["week"]] = week["total"] or 0
        known |= {(week["week"], row["condition"]): row["count"] or 0 for row in week["conditions"]}
    by_week: dict[str, list[Cell]] = {}
    for cell in known:
        by_week.setdefault(cell[0], []).append(cell)
    hidden: set[Cell] = set()
    for name, cells in by_week.items():
        # The largest first, so that of equal counts those at the end of a ranking are hidden first.
        cells.sort(key=lambda cell: -known[cell])
        counts = [known[cell] for cell in cells]
        if 0 < totals.get(name, k) < k:
            hidden |= set(cells)
        else:
            rest = max(0, totals.get(name, 0) - sum(counts))
            hidden |= {cells[row] for row in hidden_rows([*counts, rest], k) if row < len(cells)}
    return hidden, known


def _trends(data: Json, hidden: set[Cell], known: Mapping[Cell, int], k: int) -> Json:
    weeks = [
        {
            **week,
            "total": None if is_small(week["total"], k) else week["total"],
            "conditions": [
                _blank(row, _COUNTED) if (week["week"], row["condition"]) in hidden else dict(row)
                for row in week["conditions"]
            ],
        }
        for week in data["weeks"]
    ]
    names = [week["week"] for week in data["weeks"]]
    # Twelve weeks are shown at most; of fewer than eight the trend compares the halves.
    span = min(TREND_WEEKS, len(names) // 2)
    recent, previous = names[len(names) - span :], names[len(names) - 2 * span : len(names) - span]

    def is_told(condition: str, over: list[str]) -> bool:
        return bool(over) and all((week, condition) in known and (week, condition) not in hidden for week in over)

    trending = []
    for row in data["trending"]:
        told = {
            "recent_count": is_told(row["condition"], recent),
            "previous_count": is_told(row["condition"], previous),
        }
        gone = [name for name, is_shown in told.items() if not is_shown]
        # With the ratio, one of the counts gives the other; its interval alone gives both.
        trending.append(_blank(row, (*gone, *_RATIO)) if gone else dict(row))
    return {**data, "weeks": weeks, "trending": trending}


def _surge(data: Json, hidden: set[Cell]) -> Json:
    conditions = []
    for row in data["conditions"]:
        is_hidden = (row["week"], row["condition"]) in hidden
        weeks = [
            _blank(week, ("count",)) if (week["week"], row["condition"]) in hidden else dict(week)
            for week in row["weeks"]
        ]
        head = _blank(row, _SURGED) if is_hidden else dict(row)
        conditions.append({**head, "weeks": weeks})
    return {**data, "conditions": conditions}


def _demographics(data: Json, k: int) -> Json:
    if is_small(data["total"], k):
        bands = [_blank(row, (*_COUNTED, *_SPLITS)) for row in data["age_bands"]]
        return {**data, "total": None, "age_bands": bands, "sexes": [_blank(row, _COUNTED) for row in data["sexes"]]}
    bands, sexes = rows_of_total(data["age_bands"], k), rows_of_total(data["sexes"], k)
    inner_is_small = any(is_small(row[name], k) for row in data["age_bands"] for name in _SPLITS)
    if inner_is_small or any(row["count"] is None for row in (*bands, *sexes)):
        bands = [_blank(row, _SPLITS) for row in bands]
    return {**data, "age_bands": bands, "sexes": sexes}


def _volume(data: Json, total: int | None, k: int) -> Json:
    """Hide small months; all of them add up to the total of the demographics, but for months that are not whole."""
    counts = [month["count"] or 0 for month in data["history"]]
    rest = max(0, (total or 0) - sum(counts))
    hidden = hidden_rows([*counts, rest], k)
    history = [_blank(row, ("count",)) if place in hidden else dict(row) for place, row in enumerate(data["history"])]
    return {**data, "history": history}
