"""`import_file`: from a file to rows in the inbox, with counts that add up.

Belongs here: the order of things: read, translate, hash, drop what is known, judge, land, enter. Does not belong here:
any one of these.
"""

import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from assets.intake import application, inbox
from assets.intake.chunks import Chunk
from assets.intake.formats import SourceReader, open_reader
from assets.intake.translate import Translator
from core import clock, ids
from core.db.engine import sync_engine
from core.errors import MediSyncError
from core.settings import Settings
from core.vocabulary import RAW_COLUMNS
from expectations.content import content_hashes
from expectations.parsing import parse_raw
from expectations.suites.raw_registrations import UNREADABLE_MARK
from expectations.suites.validated_registrations import EARLIEST_MOMENT

#: Called after every stretch with the number of records read so far.
Progress = Callable[[int], None]


@dataclass(frozen=True)
class ImportReport:
    """What became of every record: read = accepted + quarantined + duplicates. `reasons` counts rows per rule code."""

    read: int
    accepted: int
    quarantined: int
    duplicates: int
    reasons: dict[str, int]


@dataclass
class _Tally:
    """Counts that grow while a file is read, and the hashes seen so far."""

    read: int = 0
    accepted: int = 0
    quarantined: int = 0
    duplicates: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)
    months_read: set[str] = field(default_factory=set)

    def report(self) -> ImportReport:
        return ImportReport(
            self.read, self.accepted, self.quarantined, self.duplicates, dict(sorted(self.reasons.items()))
        )


def import_file(
    path: Path,
    *,
    settings: Settings,
    format: str = "auto",
    mapping: Path | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Read a file of registrations and land them in the inbox.

    Parameters
    ----------
    path : Path
        A file, or a folder of FHIR bundles, HL7 messages, or the CSV files that a mapping names.
    settings : Settings
        Where the inbox and the database are.
    format : str
        `auto`, `csv`, `parquet`, `fhir` or `hl7v2`.
    mapping : Path, optional
        YAML, for CSV and Parquet with columns of their own.
    dry_run : bool
        Count everything and write nothing; works without the database, whose registrations are then not compared.
    progress : callable, optional

    Returns
    -------
    ImportReport

    Raises
    ------
    InputError
        If the file as a whole cannot be used; names file and line, and nothing has landed.
    UnavailableError
        If the database is not reachable; nothing has landed.
    ConflictError
        If another import is running.
    """
    reader = open_reader(path, format=format, mapping=mapping)
    engine = _engine(settings, dry_run=dry_run)
    try:
        if dry_run:
            return _taken(reader, settings.inbox, engine, None, progress).report()
        assert engine is not None
        with inbox.locked(settings.inbox):
            inbox.recover(settings.inbox, is_entered=lambda batch: application.is_entered(engine, batch))
            return _landed(reader, settings.inbox, engine, progress)
    finally:
        if engine is not None:
            engine.dispose()


def _engine(settings: Settings, *, dry_run: bool) -> Engine | None:
    try:
        engine = sync_engine(settings.database_dsn)
        application.ensure_reachable(engine)
    except MediSyncError:
        if dry_run:
            return None
        raise
    return engine


def _landed(reader: SourceReader, folder: Path, engine: Engine, progress: Progress | None) -> ImportReport:
    batch = ids.new_uuid()
    landing = inbox.Landing(folder, str(batch))
    try:
        tally = _taken(reader, folder, engine, landing, progress)
        report = tally.report()
        if landing.months:
            months = landing.months
            landing.land()
            _enter(engine, batch, reader, report, months)
    except BaseException:
        landing.take_back()
        raise
    landing.finish()
    return report


def _enter(engine: Engine, batch: uuid.UUID, reader: SourceReader, report: ImportReport, months: list[str]) -> None:
    application.enter_batch(
        engine,
        batch_id=batch,
        file_name=reader.name,
        file_sha256=reader.sha256,
        file_format=reader.format,
        read_count=report.read,
        accepted_count=report.accepted,
        quarantined_count=report.quarantined,
        duplicate_count=report.duplicates,
        reasons=report.reasons,
        months=months,
    )


def _taken(
    reader: SourceReader, folder: Path, engine: Engine | None, landing: inbox.Landing | None, progress: Progress | None
) -> _Tally:
    """Read the file to its end, stretch by stretch, and give what is new to the landing."""
    tally, loaded_at = _Tally(), clock.now()
    translator = Translator(reader.mapping, folder=reader.folder)
    for chunk in reader.chunks():
        raw, typed, unparsed = _received(chunk, translator, reader.mapping.source, loaded_at)
        months = landing_months(typed, loaded_at)
        fresh = _fresh(raw, months, tally, folder, engine)
        tally.read += len(raw)
        tally.duplicates += len(raw) - int(fresh.sum())
        if fresh.any():
            _judge(typed[fresh].reset_index(drop=True), _kept(unparsed, fresh), tally)
            if landing is not None:
                for month, rows in raw[fresh].groupby(months[fresh], sort=True):
                    landing.add(str(month), rows)
        if progress is not None:
            progress(tally.read)
    reader.ensure_unchanged()
    return tally


def _received(
    chunk: Chunk, translator: Translator, source: str, loaded_at: datetime
) -> tuple[pd.DataFrame, pd.DataFrame, dict[int, tuple[str, ...]]]:
    """Return a stretch as raw rows with provenance and hash, broken records at its end, and the same parsed."""
    rows = translator.translate(chunk)
    rows["source_record"] = pd.Series(chunk.records, dtype="str")
    broken = pd.DataFrame(
        {"source_record": [f"{UNREADABLE_MARK}{item.record}: {item.fault}" for item in chunk.broken]}, dtype="str"
    )
    raw = pd.concat([rows, broken], ignore_index=True).reindex(columns=list(RAW_COLUMNS))
    raw["source"] = source
    raw["loaded_at"] = clock.iso(loaded_at)
    raw = raw.astype("str")
    typed, unparsed = parse_raw(raw)
    hashes = content_hashes(raw, typed)
    if chunk.broken:
        hashes.iloc[len(rows) :] = [item.digest for item in chunk.broken]
    return raw.assign(content_hash=hashes), typed.assign(content_hash=hashes), unparsed


def landing_months(typed: pd.DataFrame, loaded_at: datetime) -> pd.Series:
    """Return the month that each row lands in: of its registration, or of loading when that is no possible moment."""
    moment = typed["registered_at"]
    possible = moment.notna() & (moment >= EARLIEST_MOMENT) & (moment <= loaded_at)
    counted = (moment.dt.year * 12 + moment.dt.month - 1).where(possible, loaded_at.year * 12 + loaded_at.month - 1)
    names = {
        number: f"{number // 12:04d}-{number % 12 + 1:02d}" for number in counted.astype("int64").unique().tolist()
    }
    return counted.astype("int64").map(names)


def _fresh(raw: pd.DataFrame, months: pd.Series, tally: _Tally, folder: Path, engine: Engine | None) -> np.ndarray:
    """Whether each row is new: not before in this file, not in its month of the inbox, not in the application."""
    hashes = raw["content_hash"].tolist()
    for month in set(months.unique()) - tally.months_read:
        tally.seen |= inbox.landed_hashes(folder, month)
        tally.months_read.add(month)
    fresh = np.zeros(len(hashes), dtype=bool)
    for position, content in enumerate(hashes):
        if content not in tally.seen:
            tally.seen.add(content)
            fresh[position] = True
    if engine is not None and fresh.any():
        known = application.known_hashes(engine, raw["registration_id"][fresh])
        if known:
            fresh &= ~raw["content_hash"].isin(known).to_numpy()
    return fresh


def _kept(unparsed: dict[int, tuple[str, ...]], fresh: np.ndarray) -> dict[int, tuple[str, ...]]:
    place = np.cumsum(fresh) - 1
    return {int(place[position]): codes for position, codes in unparsed.items() if fresh[position]}


def _judge(typed: pd.DataFrame, unparsed: dict[int, tuple[str, ...]], tally: _Tally) -> None:
    # Here and not at the top: Great Expectations takes seconds to import, and reading the inbox does not need it.
    from expectations.parting import judge, parked_positions

    report = judge(typed, unparsed)
    parked = parked_positions(report)
    tally.quarantined += len(parked)
    tally.accepted += len(typed) - len(parked)
    tally.reasons.update(code for position in parked.tolist() for code in report.failed[position])
