"""All SQL of patients and of the right to see them.

Belongs here: queries on `patient`, `patient_index`, `care_team`, `break_glass`. Does not belong here: rules, `commit`,
and opening what is sealed (`service`).
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, exists, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.identity.session_book import Principal
from app_api.locks import hold_digest
from app_api.patients.policy import PRESENT, Ties
from core.db.tables import BreakGlass, CareTeam, Patient, PatientIndex, Registration, UserAccount
from core.vocabulary import Role

_PATIENT = tuple(Patient.__table__.columns)


async def is_known(connection: AsyncConnection, patient_id: str) -> bool:
    """Say whether a patient has a row; for domains that refer to patients (run it outside the second wall)."""
    return bool((await connection.execute(select(exists().where(Patient.patient_id == patient_id)))).scalar_one())


async def ties(connection: AsyncConnection, person: Principal, patient_id: str, *, now: datetime) -> Ties:
    """Return what stands between a person and a patient."""
    assigned = exists().where(
        CareTeam.patient_id == patient_id,
        CareTeam.user_id == person.user_id,
        or_(CareTeam.ends_at.is_(None), CareTeam.ends_at > now),
    )
    present = exists().where(Registration.patient_id == patient_id, Registration.registered_at > now - PRESENT)
    emergency = exists().where(
        BreakGlass.patient_id == patient_id, BreakGlass.user_id == person.user_id, BreakGlass.expires_at > now
    )
    row = (await connection.execute(select(assigned, present, emergency))).one()
    return Ties(person.patient_id == patient_id, *row)


async def patient(connection: AsyncConnection, patient_id: str, *, is_change: bool = False) -> Row[Any] | None:
    query = select(*_PATIENT).where(Patient.patient_id == patient_id)
    if is_change:
        query = query.with_for_update()
    return (await connection.execute(query)).one_or_none()


def is_seen(person: Principal, *, now: datetime) -> ColumnElement[bool]:
    """Return the rule that picks the patients whom a person may see without breaking the glass."""
    mine = select(CareTeam.patient_id).where(
        CareTeam.user_id == person.user_id, or_(CareTeam.ends_at.is_(None), CareTeam.ends_at > now)
    )
    rule = Patient.patient_id.in_(mine)
    if person.role is Role.NURSE:
        here = select(Registration.patient_id).where(Registration.registered_at > now - PRESENT)
        rule = or_(rule, Patient.patient_id.in_(here))
    elif person.role is Role.PATIENT:
        rule = Patient.patient_id == (person.patient_id or "")
    return rule


async def seen_by(
    connection: AsyncConnection, person: Principal, *, now: datetime, offset: int, limit: int
) -> Sequence[Row[Any]]:
    """Return the patients that a person may see without breaking the glass, the newest first."""
    query = select(*_PATIENT).where(is_seen(person, now=now)).order_by(Patient.created_at.desc(), Patient.patient_id)
    return (await connection.execute(query.offset(offset).limit(limit))).all()


async def add(connection: AsyncConnection, columns: Mapping[str, Any]) -> bool:
    """Insert a patient; False when the id is taken."""
    query = upsert(Patient).values(**columns).on_conflict_do_nothing()
    return (await connection.execute(query)).rowcount == 1


async def change(connection: AsyncConnection, patient_id: str, **columns: Any) -> None:
    await connection.execute(update(Patient).where(Patient.patient_id == patient_id).values(**columns))


async def index(connection: AsyncConnection, patient_id: str, digests: Mapping[str, bytes]) -> None:
    """Replace a patient's blind index."""
    await connection.execute(delete(PatientIndex).where(PatientIndex.patient_id == patient_id))
    if digests:
        rows = [{"patient_id": patient_id, "kind": kind, "digest": digest} for kind, digest in digests.items()]
        await connection.execute(insert(PatientIndex), rows)


async def holder_of(connection: AsyncConnection, identifier: bytes | None, *, but: str) -> str | None:
    """Return the patient who has this identifier, by its digest."""
    if identifier is None:
        return None
    query = select(PatientIndex.patient_id).where(
        PatientIndex.kind == "identifier", PatientIndex.digest == identifier, PatientIndex.patient_id != but
    )
    return (await connection.execute(query.limit(1))).scalar_one_or_none()


async def lock_digests(connection: AsyncConnection, digests: Mapping[str, bytes]) -> None:
    """Let nobody else enter a patient with one of these digests until the commit: two desks make no duplicate."""
    for digest in sorted(digests.values()):
        await hold_digest(connection, digest)


async def assign(connection: AsyncConnection, patient_id: str, user_id: uuid.UUID, *, now: datetime) -> None:
    query = upsert(CareTeam).values(patient_id=patient_id, user_id=user_id, assigned_at=now)
    await connection.execute(
        query.on_conflict_do_update(index_elements=["patient_id", "user_id"], set_={"ends_at": None})
    )


async def care_team(connection: AsyncConnection, patient_id: str, *, now: datetime) -> Sequence[Row[Any]]:
    query = (
        select(UserAccount.user_id, UserAccount.display_name, UserAccount.role, CareTeam.assigned_at)
        .join(CareTeam, CareTeam.user_id == UserAccount.user_id)
        .where(CareTeam.patient_id == patient_id, or_(CareTeam.ends_at.is_(None), CareTeam.ends_at > now))
        .order_by(UserAccount.display_name)
    )
    return (await connection.execute(query)).all()


async def add_grant(connection: AsyncConnection, columns: Mapping[str, Any]) -> None:
    await connection.execute(insert(BreakGlass).values(**columns))


async def lock_grant(connection: AsyncConnection, grant_id: uuid.UUID) -> Row[Any] | None:
    """Return an emergency access and hold its row."""
    query = select(*BreakGlass.__table__.columns).where(BreakGlass.grant_id == grant_id).with_for_update()
    return (await connection.execute(query)).one_or_none()


async def grants(connection: AsyncConnection, *, offset: int, limit: int) -> Sequence[Row[Any]]:
    """Return emergency accesses with who took them, those not yet reviewed first."""
    query = (
        select(*BreakGlass.__table__.columns, UserAccount.display_name, UserAccount.role)
        .join(UserAccount, UserAccount.user_id == BreakGlass.user_id)
        .order_by(BreakGlass.reviewed_at.is_not(None), BreakGlass.granted_at.desc(), BreakGlass.grant_id)
    )
    return (await connection.execute(query.offset(offset).limit(limit))).all()


async def change_grant(connection: AsyncConnection, grant_id: uuid.UUID, **columns: Any) -> None:
    await connection.execute(update(BreakGlass).where(BreakGlass.grant_id == grant_id).values(**columns))
