"""The application's side of an import: its registrations, to compare with, and the record of batches.

Belongs here: the SQL of the intake. Does not belong here: files.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import OperationalError, ProgrammingError

from assets.intake import contracts
from assets.intake.visits import enter_visits
from core import clock
from core.db.tables import ImportBatch, Registration
from core.errors import UnavailableError
from core.vocabulary import RAW_COLUMNS, REGISTRATION_COLUMNS
from expectations.content import content_hashes
from expectations.parsing import parse_raw

_IDS_PER_QUERY = 10_000


def ensure_reachable(engine: Engine) -> None:
    """Ask the database for one row.

    Raises
    ------
    UnavailableError
        If it does not answer, or has no tables yet.
    """
    try:
        with engine.connect() as connection:
            connection.execute(select(ImportBatch.batch_seq).limit(1))
    except OperationalError:
        # The driver's message holds the address and the account: not for a terminal that is shared.
        raise UnavailableError(
            "the database is not reachable, so nothing was imported; start it with `medisync up`, or set "
            "MEDISYNC_DATABASE_URL",
            code="database_unreachable",
        ) from None
    except ProgrammingError:
        raise UnavailableError(
            "the database has no tables yet, so nothing was imported; `medisync up` makes them", code="database_empty"
        ) from None


def is_entered(engine: Engine, batch: str) -> bool:
    """Whether the database knows a batch."""
    with engine.connect() as connection:
        query = select(ImportBatch.batch_id).where(ImportBatch.batch_id == uuid.UUID(batch))
        return connection.execute(query).first() is not None


def known_visits(engine: Engine, registration_ids: pd.Series) -> tuple[set[str], set[tuple[str, str]]]:
    """Return the content hashes of the application's registrations with these ids, and (id, month) of each."""
    found: set[str] = set()
    lie_in: set[tuple[str, str]] = set()
    with engine.connect() as connection:
        if connection.execute(select(Registration.registration_seq).limit(1)).first() is None:
            return found, lie_in
        columns = [getattr(Registration, name) for name in REGISTRATION_COLUMNS]
        told = registration_ids.dropna().unique().tolist()
        for start in range(0, len(told), _IDS_PER_QUERY):
            some = told[start : start + _IDS_PER_QUERY]
            query = select(Registration.registration_seq, *columns).where(Registration.registration_id.in_(some))
            rows = connection.execute(query).all()
            if rows:
                found.update(registrations_as_raw(pd.DataFrame(rows))["content_hash"])
                lie_in |= {(row.registration_id, f"{row.registered_at.astimezone(UTC):%Y-%m}") for row in rows}
    return found, lie_in


def registrations_of(engine: Engine, registration_ids: list[str]) -> list[dict[str, Any]]:
    """Return the application's registrations with these ids, as text."""
    columns = [getattr(Registration, name) for name in REGISTRATION_COLUMNS]
    query = select(Registration.registration_seq, *columns).where(Registration.registration_id.in_(registration_ids))
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    if not rows:
        return []
    raw = registrations_as_raw(pd.DataFrame(rows))[list(REGISTRATION_COLUMNS)].astype(object)
    return raw.where(raw.notna(), None).to_dict("records")


def registrations_as_raw(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of the application's table as raw registrations.

    Parameters
    ----------
    rows : pandas.DataFrame
        `registration_seq` and `REGISTRATION_COLUMNS` as the database types them.

    Returns
    -------
    pandas.DataFrame
        `RAW_COLUMNS`, all text. `loaded_at` is now: an outcome entered since the registration lies before it.
    """
    raw = pd.DataFrame({name: _spelled(rows[name]) for name in REGISTRATION_COLUMNS})
    raw["source"] = "application"
    raw["source_record"] = "registration " + rows["registration_seq"].astype(str)
    raw["loaded_at"] = clock.iso(clock.now())
    raw["content_hash"] = ""
    raw = raw.astype("str")
    typed, _ = parse_raw(raw)
    return raw.assign(content_hash=content_hashes(raw, typed))[list(RAW_COLUMNS)]


def _spelled(column: pd.Series) -> pd.Series:
    spelled = column.map(
        lambda value: value.isoformat() if hasattr(value, "isoformat") else str(value), na_action="ignore"
    )
    return spelled.where(column.notna()).astype("str")


@dataclass(frozen=True)
class News:
    """What a batch brings besides its rows.

    Attributes
    ----------
    visits : mapping
        Month -> keys of the visits in it.
    inbox : Path
    verdict : Verdict, optional
        What came of its source's contract.
    accepted_for : str, optional
        Why a breaking change was accepted.
    """

    visits: Mapping[str, set[int]]
    inbox: Path
    verdict: contracts.Verdict | None = None
    accepted_for: str | None = None


def enter_batch(engine: Engine, *, news: News, **record: Any) -> None:
    """Write the record of an imported file; the pipeline's sensor follows it.

    Parameters
    ----------
    engine : Engine
    news : News
        Months with earlier versions of its visits join the batch's months: they are made again too, so that a visit
        that was moved does not stay where it was.
    **record
        Every column of `ImportBatch` but `batch_seq` and `imported_at`: hash, counts and months, never a value.

    Raises
    ------
    UnavailableError
        If the database went away meanwhile.
    """
    try:
        with engine.begin() as connection:
            others = enter_visits(connection, news.visits, inbox=news.inbox)
            record["months"] = sorted(others | set(record["months"]))
            if news.verdict is not None:
                record["columns"] = contracts.columns_told(news.verdict.contract)
                if news.verdict.is_new:
                    file = {name: record[name] for name in ("file_name", "file_sha256")}
                    contracts.record(connection, news.verdict, outcome="accepted", reason=news.accepted_for, **file)
            connection.execute(insert(ImportBatch).values(**record, imported_at=clock.now()))
    except OperationalError:
        raise UnavailableError(
            "the database went away during the import, so nothing was imported; import the file again",
            code="database_unreachable",
        ) from None
