"""The published analyses as flat tables: plain JSON values in, one row of plain values after the other out.

Belongs here: pure flattening, section by section, without numpy or pandas: a web worker imports this. Does not belong
here: writing CSV (`serving.analytics.tables`), hiding small counts (`ml.small_cells`).
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

Row = dict[str, Any]


def flat_rows(section: str, data: Row) -> list[Row]:
    """Return one section of `core.vocabulary.ANALYTICS_SECTIONS` as rows that all have the same fields."""
    return list(_TABLES[section](data))


def _health_trends(data: Row) -> Iterable[Row]:
    for week in data["weeks"]:
        for row in week["conditions"]:
            yield {"week": week["week"], "week_start_date": week["week_start_date"], "total": week["total"], **row}


def _demographics(data: Row) -> Iterable[Row]:
    splits = ("female_count", "male_count", "other_count")
    for row in data["age_bands"]:
        yield {"factor": "age_band", "label": row["band"], **{key: row[key] for key in row if key != "band"}}
    for row in data["sexes"]:
        rest = {key: row[key] for key in row if key != "sex"}
        yield {"factor": "sex", "label": row["sex"], **rest, **dict.fromkeys(splits)}


def _patient_volume(data: Row) -> Iterable[Row]:
    bounds = ("lo80", "hi80", "lo95", "hi95")
    for row in data["history"]:
        yield {"kind": "history", "month": row["month"], "count": row["count"], "mean": None, **dict.fromkeys(bounds)}
    for row in data["forecast"]:
        head = {"kind": "forecast", "month": row["month"], "count": None, "mean": row["mean"]}
        yield {**head, **{name: row[name] for name in bounds}}


def _illness_surge(data: Row) -> Iterable[Row]:
    for condition in data["conditions"]:
        for week in condition["weeks"]:
            yield {"condition": condition["condition"], **week}


_TABLES: Final[dict[str, Callable[[Row], Iterable[Row]]]] = {
    "health_trends": _health_trends,
    "demographics": _demographics,
    "associations": lambda data: data["tests"],
    "patient_volume": _patient_volume,
    "illness_surge": _illness_surge,
}
