"""In which months the versions of a visit lie: the index that notices a correction into another month.

Belongs here: the key of a visit, entering the visits of a batch, the moves that this brings to light. Does not belong
here: which version wins (`expectations.parting`).
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
from sqlalchemy import Connection, exists, insert, select, text

from core import clock
from core.db.tables import VisitMonth, VisitMove
from core.ids import visit_key

_ROWS = 50_000


def visit_keys(registration_ids: pd.Series) -> pd.Series:
    """Return the key of each id, -1 where there is none."""
    return registration_ids.map(visit_key, na_action="ignore").fillna(-1).astype("int64")


def enter_visits(connection: Connection, months: Mapping[str, set[int]], *, inbox: Path) -> set[str]:
    """Enter the visits of a batch and note which of them have versions in another month; return those months.

    Parameters
    ----------
    months : mapping
        Month -> keys of the visits that landed in it.
    inbox : Path
        Months in it that the index does not know yet (landed before there was an index) are entered first.
    """
    _catch_up(connection, inbox, leave_out=set(months))
    connection.execute(text("CREATE TEMPORARY TABLE fresh_visit (visit_key BIGINT, month TEXT) ON COMMIT DROP"))
    rows = [{"key": key, "month": month} for month, keys in months.items() for key in sorted(keys - {-1})]
    for start in range(0, len(rows), _ROWS):
        part = rows[start : start + _ROWS]
        connection.execute(
            text("INSERT INTO fresh_visit SELECT * FROM unnest(CAST(:keys AS BIGINT[]), CAST(:months AS TEXT[]))"),
            {"keys": [row["key"] for row in part], "months": [row["month"] for row in part]},
        )
    connection.execute(text("INSERT INTO visit_month SELECT visit_key, month FROM fresh_visit ON CONFLICT DO NOTHING"))
    found = connection.execute(
        text(
            "SELECT DISTINCT f.visit_key, f.month, v.month FROM fresh_visit f "
            "JOIN visit_month v ON v.visit_key = f.visit_key AND v.month <> f.month"
        )
    ).all()
    note_moves(connection, [tuple(row) for row in found])
    return {other for _, _, other in found}


def note_moves(connection: Connection, moves: Iterable[tuple[int, str, str]]) -> None:
    """Note that versions of a visit lie in two months, for both of them: (key, month, other month)."""
    now = clock.now().isoformat()
    query = text(
        "INSERT INTO visit_move (visit_key, month, other_month, noted_at) VALUES (:key, :one, :two, :now) "
        "ON CONFLICT DO NOTHING"
    )
    pairs = {pair for key, one, two in moves for pair in ((key, one, two), (key, two, one))}
    for key, one, two in sorted(pairs):
        connection.execute(query, {"key": key, "one": one, "two": two, "now": now})


def moves_of(connection: Connection, month: str) -> dict[str, set[int]]:
    """Return the other months in which versions of this month's visits lie, with the visits' keys."""
    query = select(VisitMove.other_month, VisitMove.visit_key).where(VisitMove.month == month)
    found: dict[str, set[int]] = {}
    for other, key in connection.execute(query):
        found.setdefault(other, set()).add(key)
    return found


def _catch_up(connection: Connection, inbox: Path, *, leave_out: set[str]) -> None:
    """Enter months of the inbox that the index has nothing of."""
    folders = sorted(path for path in inbox.glob("????-??") if path.is_dir())
    for folder in folders:
        known = connection.execute(select(exists().where(VisitMonth.month == folder.name))).scalar()
        if known:
            continue
        ids: set[str] = set()
        for path in sorted(folder.glob("*.parquet")):
            ids.update(
                value for value in pq.read_table(path, columns=["registration_id"]).column(0).to_pylist() if value
            )
        rows = [{"visit_key": visit_key(one), "month": folder.name} for one in sorted(ids)]
        if rows and folder.name not in leave_out:
            connection.execute(insert(VisitMonth), rows)
