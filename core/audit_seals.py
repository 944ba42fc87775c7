"""Seals over the audit: what makes it impossible to change, drop, add or reorder events unnoticed.

Belongs here: the canonical form of an event, Merkle roots, sealing and verification. Does not belong here: writing
events (`app_api.envelope.audit`), when sealing happens (`serving.audit_sealer`).

Each seal covers a batch of events by the root of a Merkle tree (RFC 6962 hashing), is chained to the seal before and
signed with Ed25519 by a key that is not in the database. Its number and hash also go to an anchor file outside the
database: without it, cutting off the newest seals together with their events would not show.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Row, delete, func, insert, select

from core import clock
from core.db.tables import AuditEvent, AuditSeal, AuditUnsealed
from core.errors import IntegrityError
from core.sealing import sign, verify

SEAL_LOCK = 6_021_025
_GENESIS = b"\x00" * 32
MAX_BATCH = 5000
#: An event that waits longer than this for its seal is a finding.
LONGEST_WAIT = timedelta(minutes=5)


@dataclass(frozen=True)
class Findings:
    """The outcome of a verification; `faults` is empty when everything holds."""

    events: int
    seals: int
    waiting: int
    faults: list[str] = field(default_factory=list)


def canonical(event: Mapping[str, Any]) -> bytes:
    """Return an event in the one form that is hashed: names sorted, UTC to the microsecond."""
    values = {str(name): _text(value) for name, value in event.items()}
    return orjson.dumps(values, option=orjson.OPT_SORT_KEYS)


def _text(value: Any) -> Any:
    if isinstance(value, datetime):
        return clock.iso(value)
    if value is None or isinstance(value, list):
        return value
    return str(value)


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaves, hashed as in RFC 6962 (leaves and nodes cannot be taken for each other)."""
    level = [hashlib.sha256(b"\x00" + leaf).digest() for leaf in leaves]
    while len(level) > 1:
        pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
        level = [hashlib.sha256(b"\x01" + b"".join(pair)).digest() if len(pair) == 2 else pair[0] for pair in pairs]
    return level[0] if level else _GENESIS


def seal_waiting(connection: Connection, *, seed_hex: str) -> tuple[int, bytes] | None:
    """Seal the events that wait, in the caller's transaction; return the seal's number and hash, None without any.

    Only one sealer works at a time; another one returns None at once.
    """
    if not connection.execute(select(func.pg_try_advisory_xact_lock(SEAL_LOCK))).scalar_one():
        return None
    waiting = select(AuditUnsealed.event_id).order_by(AuditUnsealed.event_id).limit(MAX_BATCH)
    ids = list(connection.execute(waiting).scalars())
    if not ids:
        return None
    rows = connection.execute(_events().where(AuditEvent.event_id.in_(ids))).mappings()
    events = {row["event_id"]: row for row in rows}
    ids = [one for one in ids if one in events]
    newest = select(AuditSeal.seal_seq, AuditSeal.seal_hash).order_by(AuditSeal.seal_seq.desc()).limit(1)
    last = connection.execute(newest).one_or_none()
    seq, previous = (1, _GENESIS) if last is None else (last.seal_seq + 1, last.seal_hash)
    root, sealed_at = merkle_root([canonical(dict(events[one])) for one in ids]), clock.now()
    hashed = _seal_hash(seq, len(ids), root, previous, sealed_at)
    connection.execute(
        insert(AuditSeal).values(
            seal_seq=seq,
            event_ids=ids,
            root=root,
            previous_hash=previous,
            seal_hash=hashed,
            signature=sign(hashed, seed_hex=seed_hex),
            sealed_at=sealed_at,
        )
    )
    connection.execute(delete(AuditUnsealed).where(AuditUnsealed.event_id.in_(ids)))
    return seq, hashed


def anchor(path: Path, seq: int, hashed: bytes) -> None:
    """Append a seal's number and hash to the anchor file, and have it on the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{seq} {hashed.hex()}\n")
        file.flush()
        os.fsync(file.fileno())


def verify_all(connection: Connection, *, public: bytes, anchor_path: Path | None) -> Findings:
    """Verify every seal and every event; what is wrong is named by number or id."""
    faults: list[str] = []
    known: dict[int, bytes] = {}
    covered, previous, expected = 0, _GENESIS, 1
    for seal in connection.execute(select(*AuditSeal.__table__.columns).order_by(AuditSeal.seal_seq)):
        faults += _faults_of_seal(connection, seal, previous=previous, expected=expected, public=public)
        known[seal.seal_seq] = seal.seal_hash
        covered += len(seal.event_ids)
        previous, expected = seal.seal_hash, seal.seal_seq + 1
    events = connection.execute(select(func.count()).select_from(AuditEvent)).scalar_one()
    waiting = connection.execute(select(func.count()).select_from(AuditUnsealed)).scalar_one()
    faults += _faults_of_strays(connection)
    if anchor_path is not None:
        faults += list(_faults_of_anchor(anchor_path, known))
    return Findings(events, len(known), waiting, faults)


def _events() -> Any:
    return select(*AuditEvent.__table__.columns)


def _seal_hash(seq: int, count: int, root: bytes, previous: bytes, sealed_at: datetime) -> bytes:
    return hashlib.sha256(
        b"|".join((str(seq).encode(), str(count).encode(), root.hex().encode(), previous.hex().encode(),
                   clock.iso(sealed_at).encode()))
    ).digest()  # fmt: skip


def _faults_of_seal(
    connection: Connection, seal: Row[Any], *, previous: bytes, expected: int, public: bytes
) -> list[str]:
    found, name = [], f"seal {seal.seal_seq}"
    if seal.seal_seq != expected:
        found.append(f"{name}: seal {expected} is missing before it")
    elif seal.previous_hash != previous:
        found.append(f"{name}: not chained to the seal before")
    hashed = _seal_hash(seal.seal_seq, len(seal.event_ids), seal.root, seal.previous_hash, seal.sealed_at)
    if hashed != seal.seal_hash:
        found.append(f"{name}: its hash does not fit its contents")
    try:
        verify(seal.seal_hash, seal.signature, public=public)
    except IntegrityError:
        found.append(f"{name}: its signature is not ours")
    rows = connection.execute(_events().where(AuditEvent.event_id.in_(seal.event_ids))).mappings()
    events = {row["event_id"]: canonical(dict(row)) for row in rows}
    missing = [one for one in seal.event_ids if one not in events]
    if missing:
        found.append(f"{name}: {len(missing)} events are missing, the first is {missing[0]}")
    elif merkle_root([events[one] for one in seal.event_ids]) != seal.root:
        found.append(f"{name}: an event was changed or the order is another")
    return found


def _faults_of_strays(connection: Connection) -> list[str]:
    """Events that neither a seal covers nor the sealer awaits, and events that wait too long."""
    sealed = select(func.unnest(AuditSeal.event_ids).label("event_id")).subquery()
    waiting = select(AuditUnsealed.event_id)
    strays = select(AuditEvent.event_id).where(
        AuditEvent.event_id.not_in(select(sealed.c.event_id)), AuditEvent.event_id.not_in(waiting)
    )
    found = [f"event {one} is covered by no seal" for one in connection.execute(strays.limit(20)).scalars()]
    late = select(func.count()).where(
        AuditEvent.event_id.in_(waiting), AuditEvent.occurred_at < clock.now() - LONGEST_WAIT
    )
    count = connection.execute(late).scalar_one()
    if count:
        found.append(f"{count} events have waited more than {LONGEST_WAIT.seconds // 60} minutes for their seal")
    return found


def _faults_of_anchor(path: Path, known: dict[int, bytes]) -> Iterator[str]:
    if not path.exists():
        if known:
            yield f"the anchor file {path.name} is missing"
        return
    for line in path.read_text().splitlines():
        seq, _, hashed = line.partition(" ")
        if not seq.isdigit() or known.get(int(seq), b"").hex() != hashed:
            yield f"seal {seq[:20]} of the anchor file is not in the database, or is another one"
