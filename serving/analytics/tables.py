"""The published analyses as flat tables, and tables as CSV that no spreadsheet runs as formulas.

Belongs here: pure flattening and writing. Does not belong here: who may export (`export`), suppression.
"""

import csv
import io
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

Row = dict[str, Any]

#: What makes a spreadsheet take a text for a formula, full-width forms too (OWASP, CSV injection).
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


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


def table_of(block: Row) -> list[Row]:
    """Return a block as one flat table, the moment and the receipt in each row.

    Parameters
    ----------
    block : dict
        `{section, as_of, receipt, data}` as it is served.
    """
    tail = {"as_of": block["as_of"], "receipt": block["receipt"]}
    return [{**row, **tail} for row in _TABLES[block["section"]](block["data"])]


def long_table(blocks: Sequence[Row]) -> list[Row]:
    """Return several blocks as one table with a row for each value."""
    found = []
    for block in blocks:
        for position, row in enumerate(table_of(block), start=1):
            head = {"section": block["section"], "row": position}
            tail = {"as_of": row["as_of"], "receipt": row["receipt"]}
            found += [
                {**head, "field": name, "value": value, **tail} for name, value in row.items() if name not in tail
            ]
    return found


def safe_cell(value: Any) -> Any:
    """Return a cell that a spreadsheet shows and never runs: numbers stay numbers, suspicious texts get a quote.

    Examples
    --------
    >>> safe_cell(-5), safe_cell(" =1+1"), safe_cell("flu"), safe_cell(None)
    (-5, "' =1+1", 'flu', '')
    """
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and (value.startswith(_FORMULA_STARTS) or value.lstrip().startswith(_FORMULA_STARTS)):
        return f"'{value}"
    return value


def write_csv(rows: Sequence[Row]) -> bytes:
    """Return rows as CSV (RFC 4180, UTF-8, header first); no rows give an empty file."""
    out = io.StringIO(newline="")
    if rows:
        writer = csv.writer(out)
        writer.writerow([safe_cell(name) for name in rows[0]])
        writer.writerows([[safe_cell(value) for value in row.values()] for row in rows])
    return out.getvalue().encode()
