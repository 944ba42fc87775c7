"""Where registrations come from: the application's table, the inbox of imported files, and the fixes of stewards.

Belongs here: reading a month as it was received, as text, and the fingerprint that tells whether it changed. Does not
belong here: judging or typing a value (`expectations`), landing files (`assets.intake`).
"""

import hashlib
from pathlib import Path

import dagster as dg
import pandas as pd
from pydantic import Field
from sqlalchemy import func, select

from assets.database import Database
from assets.decisions import Ledger
from assets.intake import read_inbox, registrations_as_raw
from assets.intake.visits import visit_keys
from assets.partitions import DECIDED, FINGERPRINT, REPLAY, month_bounds
from core.db.tables import ImportBatch, Registration
from core.vocabulary import RAW_COLUMNS, REGISTRATION_COLUMNS


class Sources(dg.ConfigurableResource):
    """All sources of registrations, read month by month."""

    database: dg.ResourceDependency[Database]
    inbox: str = Field(description="Folder of landed files")

    def read_month(self, month: str) -> pd.DataFrame:
        """Return the month's rows as received: `RAW_COLUMNS`, all text; `attrs` carries the fingerprint."""
        # Before the rows: news that comes meanwhile leaves the month out of date instead of unnoticed.
        ledger, fingerprint = self.ledger, self.fingerprint(month)
        replay, decided = ledger.newest_replay(month), ledger.newest_decision(month)
        fixes = ledger.corrections(month, up_to=decided)
        found = (self._application(month), read_inbox(Path(self.inbox), month), fixes)
        parts = [frame for frame in found if len(frame)]
        rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(RAW_COLUMNS), dtype="str")
        rows = rows[list(RAW_COLUMNS)].astype("str")
        rows.attrs[FINGERPRINT] = fingerprint
        rows.attrs[REPLAY] = replay
        rows.attrs[DECIDED] = decided
        return rows

    def read_elsewhere(self, month: str) -> pd.DataFrame:
        """Return the raw rows of other months that are versions of this month's visits; most often there are none."""
        moves = self.ledger.moves(month)
        found = []
        for other, keys in moves.items():
            rows = self.read_month(other)
            found.append(rows[visit_keys(rows["registration_id"]).isin(keys)])
        if not found:
            return pd.DataFrame(columns=list(RAW_COLUMNS), dtype="str")
        return pd.concat(found, ignore_index=True).astype("str")

    @property
    def ledger(self) -> Ledger:
        """What stewards decided and asked for."""
        return Ledger(self.database.engine)

    def fingerprint(self, month: str) -> str:
        """Return a short hash that changes whenever a row of the month or its outcome came, or a file of it landed."""
        start, end = month_bounds(month)
        with self.database.engine.connect() as connection:
            table = connection.execute(
                select(
                    func.count(),
                    func.max(Registration.registration_seq),
                    func.max(Registration.outcome_at),
                    # Outcomes are not entered in the order in which they came.
                    func.count(Registration.outcome_at),
                ).where(Registration.registered_at >= start, Registration.registered_at < end)
            ).one()
        files = sorted((path.name, path.stat().st_size) for path in Path(self.inbox, month).glob("*.parquet"))
        told: tuple[object, ...] = (tuple(map(str, table)), files)
        decided = self.ledger.state(month)
        # Only where there is something to say: a month without decisions keeps the fingerprint that it had.
        return hashlib.sha256(repr((*told, decided) if decided else told).encode()).hexdigest()[:16]

    def months(self) -> list[str]:
        """Return every month that a source has rows of, in order."""
        month = func.to_char(func.timezone("UTC", Registration.registered_at), "YYYY-MM")
        with self.database.engine.connect() as connection:
            table = set(connection.execute(select(month).distinct()).scalars())
        files = {path.parent.name for path in Path(self.inbox).glob("????-??/*.parquet")}
        return sorted(table | files | self.ledger.months())

    def news(
        self, *, after_registration: int, after_batch: int, after_replay: int = 0
    ) -> tuple[int, int, int, list[str]]:
        """Return the newest sequence numbers of registrations, files and replays, and the months that they touch."""
        month = func.to_char(func.timezone("UTC", Registration.registered_at), "YYYY-MM")
        with self.database.engine.connect() as connection:
            fresh = connection.execute(
                select(month, func.max(Registration.registration_seq))
                .where(Registration.registration_seq > after_registration)
                .group_by(month)
            ).all()
            batches = connection.execute(
                select(ImportBatch.batch_seq, ImportBatch.months).where(ImportBatch.batch_seq > after_batch)
            ).all()
        newest_replay, wished = self.ledger.replays(after=after_replay)
        months = {row[0] for row in fresh} | {name for _, names in batches for name in names} | wished
        newest_registration = max((row[1] for row in fresh), default=after_registration)
        newest_batch = max((row[0] for row in batches), default=after_batch)
        return newest_registration, newest_batch, newest_replay, sorted(months)

    def _application(self, month: str) -> pd.DataFrame:
        start, end = month_bounds(month)
        columns = [getattr(Registration, name) for name in REGISTRATION_COLUMNS]
        query = select(Registration.registration_seq, *columns).where(
            Registration.registered_at >= start, Registration.registered_at < end
        )
        with self.database.engine.connect() as connection:
            rows = connection.execute(query.order_by(Registration.registration_seq)).all()
        if not rows:
            return pd.DataFrame(columns=list(RAW_COLUMNS), dtype="str")
        return registrations_as_raw(pd.DataFrame(rows))
