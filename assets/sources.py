"""Where registrations come from: the application's table and the inbox of imported files.

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
from assets.intake import read_inbox, registrations_as_raw
from assets.partitions import FINGERPRINT, month_bounds
from core.db.tables import ImportBatch, Registration
from core.vocabulary import RAW_COLUMNS, REGISTRATION_COLUMNS


class Sources(dg.ConfigurableResource):
    """Both sources of registrations, read month by month."""

    database: dg.ResourceDependency[Database]
    inbox: str = Field(description="Folder of landed files")

    def read_month(self, month: str) -> pd.DataFrame:
        """Return the month's rows as received: `RAW_COLUMNS`, all text; `attrs` carries the fingerprint."""
        fingerprint = self.fingerprint(month)
        parts = [frame for frame in (self._application(month), read_inbox(Path(self.inbox), month)) if len(frame)]
        rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(RAW_COLUMNS), dtype="str")
        rows = rows[list(RAW_COLUMNS)].astype("str")
        rows.attrs[FINGERPRINT] = fingerprint
        return rows

    def fingerprint(self, month: str) -> str:
        """Return a short hash that changes whenever a row of the month came or a file of it landed."""
        start, end = month_bounds(month)
        with self.database.engine.connect() as connection:
            table = connection.execute(
                select(func.count(), func.max(Registration.registration_seq), func.max(Registration.outcome_at)).where(
                    Registration.registered_at >= start, Registration.registered_at < end
                )
            ).one()
        files = sorted((path.name, path.stat().st_size) for path in Path(self.inbox, month).glob("*.parquet"))
        return hashlib.sha256(repr((tuple(map(str, table)), files)).encode()).hexdigest()[:16]

    def months(self) -> list[str]:
        """Return every month that a source has rows of, in order."""
        month = func.to_char(func.timezone("UTC", Registration.registered_at), "YYYY-MM")
        with self.database.engine.connect() as connection:
            table = set(connection.execute(select(month).distinct()).scalars())
        files = {path.parent.name for path in Path(self.inbox).glob("????-??/*.parquet")}
        return sorted(table | files)

    def news(self, *, after_registration: int, after_batch: int) -> tuple[int, int, list[str]]:
        """Return the newest sequence numbers of both sources and the months that they brought since the given ones."""
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
        months = {row[0] for row in fresh} | {name for _, names in batches for name in names}
        newest_registration = max((row[1] for row in fresh), default=after_registration)
        newest_batch = max((row[0] for row in batches), default=after_batch)
        return newest_registration, newest_batch, sorted(months)

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
