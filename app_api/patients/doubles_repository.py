"""All SQL of candidates, pairs and weights.

Belongs here: queries on `patient_pair`, `linkage_estimate` and on candidates. Does not belong here: rules, `commit`,
and opening what is sealed (`doubles`). All of it runs as the tables' owner: a candidate is compared, not shown.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, delete, exists, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db.tables import LinkageEstimate, Patient, PatientIndex, PatientPair, UserAccount

#: Of `pg_try_advisory_xact_lock`: two workers do not take the same rows.
_COMPARING = 6_021_031
#: Entries that are compared with one: those that share most keys.
_MOST_CANDIDATES = 100
_OPENED = (Patient.patient_id, Patient.sealed, Patient.sex)


async def candidates(connection: AsyncConnection, digests: Mapping[str, bytes], *, but: str = "") -> Sequence[Row[Any]]:
    """Return patients who share a key, with their seal; those who share most keys first."""
    rules = [and_(PatientIndex.kind == kind, PatientIndex.digest == digest) for kind, digest in digests.items()]
    if not rules:
        return []
    shared = (
        select(PatientIndex.patient_id)
        .where(or_(*rules), PatientIndex.patient_id != but)
        .group_by(PatientIndex.patient_id)
        .order_by(func.count().desc(), PatientIndex.patient_id)
        .limit(_MOST_CANDIDATES)
    )
    query = select(*_OPENED).where(Patient.patient_id.in_(shared)).order_by(Patient.patient_id)
    return (await connection.execute(query)).all()


async def begin_comparing(connection: AsyncConnection) -> bool:
    """Say whether this transaction may compare: one does at a time."""
    return bool((await connection.execute(select(func.pg_try_advisory_xact_lock(_COMPARING)))).scalar_one())


async def not_compared(connection: AsyncConnection, *, limit: int) -> Sequence[Row[Any]]:
    """Return patients who were not compared since they were entered or changed, and hold their rows."""
    query = (
        select(*_OPENED, Patient.version).where(Patient.compared_form == 0).order_by(Patient.patient_id).limit(limit)
    )
    return (await connection.execute(query.with_for_update(skip_locked=True, key_share=True))).all()


async def is_anybody_waiting(connection: AsyncConnection) -> bool:
    """Say whether somebody was not compared since they were entered or changed."""
    return bool((await connection.execute(select(exists().where(Patient.compared_form == 0)))).scalar_one())


async def mark_compared(connection: AsyncConnection, patient_id: str, version: int, form: int) -> bool:
    """Mark a patient as compared; False when the row was changed since that version."""
    query = update(Patient).where(Patient.patient_id == patient_id, Patient.version == version)
    return (await connection.execute(query.values(compared_form=form))).rowcount == 1


async def forget_older_forms(connection: AsyncConnection, form: int) -> None:
    """Have patients whose keys have an older form indexed and compared anew."""
    older = update(Patient).where(Patient.compared_form.not_in((0, form))).values(compared_form=0)
    await connection.execute(older)


async def replace_open_pairs(connection: AsyncConnection, patient_id: str, pairs: Sequence[Mapping[str, Any]]) -> None:
    """Put a patient's pairs in place of the open ones; what a steward decided stays as it is."""
    of = or_(PatientPair.first_id == patient_id, PatientPair.second_id == patient_id)
    await connection.execute(delete(PatientPair).where(of, PatientPair.status == "open"))
    if pairs:
        await connection.execute(upsert(PatientPair).values(list(pairs)).on_conflict_do_nothing())


async def pairs(connection: AsyncConnection, status: str, *, offset: int, limit: int) -> Sequence[Row[Any]]:
    """Return pairs of a status with who decided, the likeliest first."""
    query = (
        select(*PatientPair.__table__.columns, UserAccount.display_name.label("decided_by_name"))
        .outerjoin(UserAccount, UserAccount.user_id == PatientPair.decided_by)
        .where(PatientPair.status == status)
        .order_by(PatientPair.probability.desc(), PatientPair.pair_id)
    )
    return (await connection.execute(query.offset(offset).limit(limit))).all()


async def open_counts(connection: AsyncConnection) -> dict[str, int]:
    """Return state -> number of open pairs."""
    query = select(PatientPair.state, func.count()).where(PatientPair.status == "open").group_by(PatientPair.state)
    return dict((await connection.execute(query)).all())


async def lock_pair(connection: AsyncConnection, pair_id: uuid.UUID) -> Row[Any] | None:
    query = select(*PatientPair.__table__.columns).where(PatientPair.pair_id == pair_id).with_for_update()
    return (await connection.execute(query)).one_or_none()


async def decide(connection: AsyncConnection, pair_id: uuid.UUID, **columns: Any) -> None:
    await connection.execute(update(PatientPair).where(PatientPair.pair_id == pair_id).values(**columns))


async def estimate(connection: AsyncConnection) -> Row[Any] | None:
    """Return the newest weights."""
    query = select(*LinkageEstimate.__table__.columns).order_by(LinkageEstimate.estimated_at.desc()).limit(1)
    return (await connection.execute(query)).one_or_none()


async def add_estimate(
    connection: AsyncConnection, *, now: datetime, size: int, sample_count: int, u: Mapping[str, Any]
) -> None:
    row = {"estimated_at": now, "size": size, "sample_count": sample_count, "u": u}
    await connection.execute(insert(LinkageEstimate).values(**row))


async def patient_count(connection: AsyncConnection) -> int:
    return (await connection.execute(select(func.count()).select_from(Patient))).scalar_one()


async def drawn(connection: AsyncConnection, count: int) -> Sequence[Row[Any]]:
    """Return patients drawn at random."""
    return (await connection.execute(select(*_OPENED).order_by(text("random()")).limit(count))).all()
