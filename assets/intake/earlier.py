"""What is known of a visit from earlier imports: for messages that tell only what has changed.

Belongs here: finding the versions of some visits in the inbox and the application. Does not belong here: what a later
message carries over from them (`hl7_reader`).
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from sqlalchemy import Engine, select

from assets.intake import application
from core.db.tables import VisitMonth
from core.ids import visit_key
from core.vocabulary import REGISTRATION_COLUMNS

#: Visits -> their versions as text, in the order they came.
Earlier = Callable[[Iterable[str]], dict[str, list[dict[str, Any]]]]
_IDS_PER_QUERY = 10_000


def earlier_versions(inbox: Path, engine: Engine) -> Earlier:
    """Return a function that looks visits up; it reads only the months in which the visits lie."""

    def find(registration_ids: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
        wanted = sorted(set(registration_ids))
        found: dict[str, list[dict[str, Any]]] = {}
        for start in range(0, len(wanted), _IDS_PER_QUERY):
            _find(inbox, engine, wanted[start : start + _IDS_PER_QUERY], found)
        return found

    return find


def _find(inbox: Path, engine: Engine, wanted: list[str], found: dict[str, list[dict[str, Any]]]) -> None:
    keys = [visit_key(one) for one in wanted]
    with engine.connect() as connection:
        months = connection.execute(select(VisitMonth.month).where(VisitMonth.visit_key.in_(keys)).distinct()).scalars()
        landed = [path for month in sorted(months) for path in sorted((inbox / month).glob("*.parquet"))]
    for path in landed:
        table = pq.read_table(path, columns=list(REGISTRATION_COLUMNS), filters=[("registration_id", "in", wanted)])
        for row in table.to_pylist():
            found.setdefault(row["registration_id"], []).append(row)
    for row in application.registrations_of(engine, wanted):
        found.setdefault(row["registration_id"], []).append(row)
