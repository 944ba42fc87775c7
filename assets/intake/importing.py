"""`import_file`: from a file to rows in the inbox, with counts that add up.

Belongs here: the order of things: read, translate, hash, drop what is known, judge, land, enter. Does not belong here:
any one of these.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from assets.intake import application, contracts, inbox
from assets.intake.chunks import Chunk
from assets.intake.earlier import earlier_versions
from assets.intake.formats import SourceReader, open_reader
from assets.intake.outcomes import OutcomeFile
from assets.intake.translate import Translator
from assets.intake.visits import visit_keys
from core import clock, ids
from core.db.engine import sync_engine
from core.errors import MediSyncError
from core.ids import visit_key
from core.settings import Settings
from core.vocabulary import RAW_COLUMNS, REGISTRATION_COLUMNS
from expectations.content import content_hashes
from expectations.delivery import Delivery
from expectations.parsing import parse_raw
from expectations.suites.raw_registrations import UNREADABLE_MARK
from expectations.suites.validated_registrations import EARLIEST_MOMENT

#: Called after every stretch with the number of records read so far.
Progress = Callable[[int], None]


@dataclass(frozen=True)
class ImportReport:
    """What became of every record: read = accepted + quarantined + duplicates. `reasons` counts rows per rule code.

    `is_compared` is False of a dry run without the database: neither the application's registrations nor the contract
    of the source were looked at.
    """

    read: int
    accepted: int
    quarantined: int
    duplicates: int
    reasons: dict[str, int]
    is_compared: bool = True


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
    #: Month -> keys of the visits of which a version landed, or lies in the application.
    visits: dict[str, set[int]] = field(default_factory=dict)
    #: What the file delivered, column by column; None of formats whose columns a standard fixes.
    delivery: Delivery | None = None
    outcomes: OutcomeFile | None = None

    def report(self, *, is_compared: bool = True) -> ImportReport:
        reasons = dict(sorted(self.reasons.items()))
        return ImportReport(self.read, self.accepted, self.quarantined, self.duplicates, reasons, is_compared)


def import_file(
    path: Path,
    *,
    settings: Settings,
    format: str = "auto",
    mapping: Path | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
    accept_contract: str | None = None,
    outcomes: Path | None = None,
) -> ImportReport:
    """Read a file of registrations and land them in the inbox.

    Parameters
    ----------
    path : Path
        A file, or a folder or zip archive of FHIR bundles, HL7 messages, or the CSV files that a mapping names.
    settings : Settings
        Where the inbox and the database are.
    format : str
        `auto`, `csv`, `parquet`, `fhir` or `hl7v2`.
    mapping : Path, optional
        YAML, for CSV and Parquet with columns of their own.
    dry_run : bool
        Count everything and write nothing; works without the database, whose registrations are then not compared.
    progress : callable, optional
    accept_contract : str, optional
        Why a change that breaks the source's contract is right; without it such a file is refused.
    outcomes : Path, optional
        Where to write a FHIR OperationOutcome for each parked record, one a line; also of a dry run.

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
    RefusedError
        If the file breaks the contract of its source; names the columns, and nothing has landed.
    """
    reader = open_reader(path, format=format, mapping=mapping)
    engine = _engine(settings, dry_run=dry_run)
    try:
        with _outcomes(outcomes) as told:
            if dry_run:
                tally = _taken(reader, settings.inbox, engine, None, progress, told)
                _held(reader, tally, engine, accept_contract, is_dry=True)
                return tally.report(is_compared=engine is not None)
            assert engine is not None
            with inbox.locked(settings.inbox):
                inbox.recover(settings.inbox, is_entered=lambda batch: application.is_entered(engine, batch))
                return _landed(reader, settings.inbox, engine, progress, accept_contract, told)
    finally:
        if engine is not None:
            engine.dispose()


@contextmanager
def _outcomes(path: Path | None) -> Iterator[OutcomeFile | None]:
    """Yield the file of outcomes, which is in its place once the import succeeded."""
    if path is None:
        yield None
        return
    told = OutcomeFile(path)
    try:
        yield told
    except BaseException:
        told.discard()
        raise
    told.settle()


def _engine(settings: Settings, *, dry_run: bool) -> Engine | None:
    try:
        engine = sync_engine(settings.database_dsn)
    except MediSyncError:
        if dry_run:
            return None
        raise
    try:
        application.ensure_reachable(engine)
    except MediSyncError:
        engine.dispose()
        if dry_run:
            return None
        raise
    return engine


def _held(
    reader: SourceReader, tally: _Tally, engine: Engine | None, accept: str | None, *, is_dry: bool = False
) -> contracts.Verdict | None:
    """Hold what was read against the contract of its source; FHIR and HL7 are held to their standards instead.

    Raises
    ------
    RefusedError
        If it breaks the contract and nobody said why that is right; the refusal is recorded.
    """
    if tally.delivery is None or engine is None or not tally.read:
        return None
    name = contracts.contract_name(reader.mapping.source)
    with engine.connect() as connection:
        old = contracts.newest_contract(connection, name)
    used = {*reader.mapping.source_columns, *REGISTRATION_COLUMNS}
    verdict = contracts.compare(old, tally.delivery.promise(name, "1.0"), used=tuple(used))
    if old is not None and verdict.breaking and accept is None:
        if not is_dry:
            file = {"file_name": reader.name, "file_sha256": reader.sha256}
            contracts.record(engine, verdict, outcome="refused", reason=None, **file)
        raise contracts.refuse(verdict, old, file_name=reader.name)
    return verdict


def _landed(
    reader: SourceReader,
    folder: Path,
    engine: Engine,
    progress: Progress | None,
    accept: str | None,
    told: OutcomeFile | None,
) -> ImportReport:
    batch = ids.new_uuid()
    landing = inbox.Landing(folder, str(batch))
    try:
        tally = _taken(reader, folder, engine, landing, progress, told)
        verdict = _held(reader, tally, engine, accept)
        report = tally.report()
        if landing.months:
            months = landing.months
            landing.land()
            news = application.News(tally.visits, folder, verdict, accept)
            _enter(engine, batch, reader, report, months, news)
    except BaseException:
        landing.take_back()
        raise
    landing.finish()
    return report


def _enter(
    engine: Engine,
    batch: uuid.UUID,
    reader: SourceReader,
    report: ImportReport,
    months: list[str],
    news: application.News,
) -> None:
    application.enter_batch(
        engine,
        news=news,
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
    reader: SourceReader,
    folder: Path,
    engine: Engine | None,
    landing: inbox.Landing | None,
    progress: Progress | None,
    told: OutcomeFile | None,
) -> _Tally:
    """Read the file to its end, stretch by stretch, and give what is new to the landing."""
    tally, loaded_at, reached = _Tally(outcomes=told), clock.now(), None
    if reader.format in ("csv", "parquet"):
        tally.delivery = contracts.delivery_of(reader.mapping)
    translator = Translator(reader.mapping, source=reader.files[0], place=reader.place)
    earlier = earlier_versions(folder, engine) if engine is not None else None
    for chunk in reader.chunks(earlier):
        if tally.delivery is not None:
            tally.delivery.add(chunk.rows)
        raw, typed, unparsed = _received(chunk, translator, reader.mapping.source, loaded_at)
        months = landing_months(typed, loaded_at)
        fresh = _fresh(raw, months, tally, folder, engine)
        tally.read += len(raw)
        tally.duplicates += len(raw) - int(fresh.sum())
        if fresh.any():
            _judge(typed[fresh].reset_index(drop=True), _kept(unparsed, fresh), tally, raw[fresh], reader.name)
            if landing is not None:
                for month, rows in raw[fresh].groupby(months[fresh], sort=True):
                    landing.add(str(month), rows)
                    keys = visit_keys(typed.loc[rows.index, "registration_id"])
                    tally.visits.setdefault(str(month), set()).update(keys.tolist())
        reached = chunk.records[-1] if chunk.records else reached
        if progress is not None:
            progress(tally.read)
    reader.ensure_unchanged(reached)
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
        known, lie_in = application.known_visits(engine, raw["registration_id"][fresh])
        if known:
            fresh &= ~raw["content_hash"].isin(known).to_numpy()
        for registration_id, month in lie_in:
            tally.visits.setdefault(month, set()).add(visit_key(registration_id))
    return fresh


def _kept(unparsed: dict[int, tuple[str, ...]], fresh: np.ndarray) -> dict[int, tuple[str, ...]]:
    place = np.cumsum(fresh) - 1
    return {int(place[position]): codes for position, codes in unparsed.items() if fresh[position]}


def _judge(
    typed: pd.DataFrame, unparsed: dict[int, tuple[str, ...]], tally: _Tally, raw: pd.DataFrame, name: str
) -> None:
    # Here and not at the top: Great Expectations takes seconds to import, and reading the inbox does not need it.
    from expectations.parting import judge, parked_positions

    report = judge(typed, unparsed)
    parked = parked_positions(report)
    tally.quarantined += len(parked)
    tally.accepted += len(typed) - len(parked)
    tally.reasons.update(code for position in parked.tolist() for code in report.failed[position])
    if tally.outcomes is not None:
        records, ids = raw["source_record"].tolist(), raw["content_hash"].tolist()
        tally.outcomes.add(report, parked.tolist(), file=name, records=records, ids=ids)
