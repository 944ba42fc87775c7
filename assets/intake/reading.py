"""A file read to its end, stretch by stretch: what is new of it is judged, counted and given to a landing.

Belongs here: translating, hashing, dropping what is known, judging, in this order. Does not belong here: any one of
these, the contract of the source, and what becomes of the landing (`importing`).
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from assets.intake import application, contracts, inbox
from assets.intake.chunks import Chunk
from assets.intake.earlier import earlier_versions
from assets.intake.formats import SourceReader
from assets.intake.outcomes import OutcomeFile
from assets.intake.tally import Tally
from assets.intake.translate import Translator
from assets.intake.visits import visit_keys
from core import clock
from core.ids import visit_key
from core.vocabulary import RAW_COLUMNS
from expectations.content import content_hashes
from expectations.parsing import parse_raw
from expectations.suites.raw_registrations import UNREADABLE_MARK
from expectations.suites.validated_registrations import EARLIEST_MOMENT

#: Called after every stretch with the number of records read so far.
Progress = Callable[[int], None]


def read_source(
    reader: SourceReader,
    folder: Path,
    engine: Engine | None,
    landing: inbox.Landing | None,
    progress: Progress | None,
    told: OutcomeFile | None,
) -> Tally:
    """Read the file to its end, stretch by stretch, and give what is new to the landing."""
    tally, loaded_at, reached = Tally(outcomes=told), clock.now(), None
    if reader.format in ("csv", "parquet"):
        tally.delivery = contracts.delivery_of(reader.mapping)
    translator = Translator(reader.mapping, source=reader.files[0], place=reader.place)
    earlier = earlier_versions(folder, engine) if engine is not None else None
    for chunk in reader.chunks(earlier):
        if tally.delivery is not None:
            tally.delivery.add(chunk.rows)
        raw, typed, unparsed = _received(chunk, translator, reader.mapping.source, loaded_at)
        months = _landing_months(typed, loaded_at)
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


def _landing_months(typed: pd.DataFrame, loaded_at: datetime) -> pd.Series:
    """Return the month that each row lands in: of its registration, or of loading when that is no possible moment."""
    moment = typed["registered_at"]
    possible = moment.notna() & (moment >= EARLIEST_MOMENT) & (moment <= loaded_at)
    counted = (moment.dt.year * 12 + moment.dt.month - 1).where(possible, loaded_at.year * 12 + loaded_at.month - 1)
    names = {
        number: f"{number // 12:04d}-{number % 12 + 1:02d}" for number in counted.astype("int64").unique().tolist()
    }
    return counted.astype("int64").map(names)


def _fresh(raw: pd.DataFrame, months: pd.Series, tally: Tally, folder: Path, engine: Engine | None) -> np.ndarray:
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
    typed: pd.DataFrame, unparsed: dict[int, tuple[str, ...]], tally: Tally, raw: pd.DataFrame, name: str
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
