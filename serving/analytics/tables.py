"""The published analyses as tables with their source, and tables as CSV that no spreadsheet runs as formulas.

Belongs here: pure writing. Does not belong here: flattening (`ml.analysis_tables`), who may export (`export`),
suppression.
"""

import csv
import io
import math
from collections.abc import Sequence
from typing import Any, Final

from ml.analysis_tables import Row, flat_rows

#: What makes a spreadsheet take a text for a formula, full-width forms too (OWASP, CSV injection).
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def table_of(block: Row) -> list[Row]:
    """Return a block as one flat table, the moment and the receipt in each row.

    Parameters
    ----------
    block : dict
        `{section, as_of, receipt, data}` as it is served.
    """
    tail = {"as_of": block["as_of"], "receipt": block["receipt"]}
    return [{**row, **tail} for row in flat_rows(block["section"], block["data"])]


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
