"""What stewards decided and asked for, as the pipeline reads it: fixes as raw rows, waivers, replays, moves.

Belongs here: queries on the decisions, by month. Does not belong here: taking a decision (`app_api.stewardship`), what
it does to a row (`expectations.parting`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Engine, func, select

from assets.intake.visits import moves_of
from core import clock
from core.db.tables import QuarantineDecision, ReplayRequest, VisitMove
from core.vocabulary import RAW_COLUMNS, REGISTRATION_COLUMNS
from expectations.content import content_hashes
from expectations.decisions import Decisions
from expectations.parsing import parse_raw

SOURCE = "steward"


@dataclass(frozen=True)
class MonthDecisions:
    """The decisions about a month's rows: those to honour, and the rows whose waiver has ended."""

    honoured: Decisions
    lapsed: frozenset[str]


class Ledger:
    """The stewards' decisions and wishes in the application's database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def newest_decision(self, month: str) -> int:
        """Return the number of the newest decision that touches a month; 0 when there is none."""
        table = QuarantineDecision
        query = select(func.max(table.decision_seq)).where((table.month == month) | (table.new_month == month))
        with self._engine.connect() as connection:
            return connection.execute(query).scalar() or 0

    def corrections(self, month: str, *, up_to: int) -> pd.DataFrame:
        """Return the fixes that belong to a month as raw rows: a version of the visit each, recorded when decided."""
        table = QuarantineDecision
        query = (
            select(table.decision_seq, table.decided_at, table.content_hash, table.corrected)
            .where(table.new_month == month, table.kind == "fix", table.decision_seq <= up_to)
            .order_by(table.decision_seq)
        )
        with self._engine.connect() as connection:
            rows = [_raw_row(row._mapping) for row in connection.execute(query)]
        raw = pd.DataFrame(rows, columns=list(RAW_COLUMNS)).astype("str")
        if raw.empty:
            return raw
        typed, _ = parse_raw(raw)
        return raw.assign(content_hash=content_hashes(raw, typed))

    def decisions(self, month: str, *, up_to: int, as_of: datetime | None = None) -> MonthDecisions:
        """Return what was decided about rows of a month, up to a number and by a moment (now when left out)."""
        moment = as_of or clock.now()
        table = QuarantineDecision
        query = select(table.decision_seq, table.content_hash, table.kind, table.rules, table.expires_at).where(
            table.month == month, table.decision_seq <= up_to, table.decided_at <= moment
        )
        corrected: set[str] = set()
        waived: dict[str, frozenset[str]] = {}
        lapsed: set[str] = set()
        with self._engine.connect() as connection:
            for row in connection.execute(query.order_by(table.decision_seq)):
                if row.kind == "fix":
                    corrected.add(row.content_hash)
                elif row.expires_at is None or row.expires_at > moment:
                    waived[row.content_hash] = waived.get(row.content_hash, frozenset()) | frozenset(row.rules)
                else:
                    lapsed.add(row.content_hash)
        return MonthDecisions(Decisions(frozenset(corrected), waived), frozenset(lapsed - set(waived)))

    def newest_replay(self, month: str) -> int:
        """Return the number of the newest replay of a month; 0 when nobody asked for one."""
        query = select(func.max(ReplayRequest.replay_seq)).where(ReplayRequest.months.contains([month]))
        with self._engine.connect() as connection:
            return connection.execute(query).scalar() or 0

    def replays(self, *, after: int) -> tuple[int, set[str]]:
        """Return the newest replay's number, and the months that replays after the given one ask for."""
        query = select(ReplayRequest.replay_seq, ReplayRequest.months).where(ReplayRequest.replay_seq > after)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return max((row.replay_seq for row in rows), default=after), {name for row in rows for name in row.months}

    def state(self, month: str) -> tuple[object, ...]:
        """Return what changes whenever a decision, the end of a waiver, a replay or a move touches a month."""
        table, now = QuarantineDecision, clock.now()
        touching = (table.month == month) | (table.new_month == month)
        ended = (table.kind == "waive") & (table.expires_at <= now)
        query = select(func.max(table.decision_seq), func.count().filter(ended)).where(touching)
        with self._engine.connect() as connection:
            newest, over = connection.execute(query).one()
            moves = connection.execute(select(func.max(VisitMove.move_seq)).where(VisitMove.month == month)).scalar()
        replay = self.newest_replay(month)
        return (newest, over, replay, moves) if newest or replay or moves else ()

    def months(self) -> set[str]:
        """Return the months that fixes belong to."""
        query = select(QuarantineDecision.new_month).where(QuarantineDecision.kind == "fix").distinct()
        with self._engine.connect() as connection:
            return set(connection.execute(query).scalars())

    def moves(self, month: str) -> dict[str, set[int]]:
        """Return the other months that hold versions of this month's visits, with the keys of those visits."""
        with self._engine.connect() as connection:
            return moves_of(connection, month)


def _raw_row(decision: Mapping[str, Any]) -> dict[str, str | None]:
    """Return a fix as a raw row: recorded and loaded when it was decided, traceable to the row that it corrects."""
    moment = clock.iso(decision["decided_at"])
    row: dict[str, str | None] = {name: decision["corrected"].get(name) for name in REGISTRATION_COLUMNS}
    return row | {
        "recorded_at": moment,
        "source": SOURCE,
        "source_record": f"decision {decision['decision_seq']}, corrects {decision['content_hash'][:16]}",
        "loaded_at": moment,
        "content_hash": "",
    }
