"""`import_file`: from a file to rows in the inbox, with counts that add up.

Belongs here: the order of things: open, read, hold against the contract, land, enter. Does not belong here: any one of
these (`reading`, `contracts`, `inbox`, `application`).
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from assets.intake import application, contracts, inbox
from assets.intake.formats import SourceReader, open_reader
from assets.intake.outcomes import OutcomeFile
from assets.intake.reading import Progress, read_source
from assets.intake.tally import ImportReport, Tally
from core import ids
from core.db.engine import sync_engine
from core.errors import MediSyncError
from core.settings import Settings
from core.vocabulary import REGISTRATION_COLUMNS


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
                tally = read_source(reader, settings.inbox, engine, None, progress, told)
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
    reader: SourceReader, tally: Tally, engine: Engine | None, accept: str | None, *, is_dry: bool = False
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
        tally = read_source(reader, folder, engine, landing, progress, told)
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
