"""SQL of matching and assigning: providers with what speaks for each, and whom a person may call.

Belongs here: queries. Does not belong here: the score (`matching`), `commit`.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.queue.policy import OPEN
from core.db.tables import Appointment, CareTeam, DutySpan, Provider, QueueEntry, Registration, UserAccount
from core.vocabulary import Role
from ml.waiting.order import MAX_OVERTAKES

_YEAR = timedelta(days=365)
_RECENT = timedelta(hours=24)


async def provider_of(connection: AsyncConnection, user_id: uuid.UUID) -> Row[Any] | None:
    """Return as whom a person sees patients; None for one who is no provider."""
    query = select(Provider.provider_id, Provider.name).where(Provider.user_id == user_id, Provider.is_active)
    return (await connection.execute(query.order_by(Provider.name).limit(1))).one_or_none()


async def provider(connection: AsyncConnection, provider_id: uuid.UUID) -> Row[Any] | None:
    query = select(Provider.provider_id, Provider.name, Provider.user_id, Provider.is_active)
    return (await connection.execute(query.where(Provider.provider_id == provider_id))).one_or_none()


async def providers_of(connection: AsyncConnection, provider_ids: set[uuid.UUID]) -> Mapping[uuid.UUID, Row[Any]]:
    """Return names and accounts of providers by their id."""
    if not provider_ids:
        return {}
    query = select(Provider.provider_id, Provider.name, Provider.user_id).where(Provider.provider_id.in_(provider_ids))
    return {row.provider_id: row for row in (await connection.execute(query)).all()}


async def newest_condition(connection: AsyncConnection, patient_id: str, *, now: datetime) -> Row[Any] | None:
    """Return condition and age of a patient's newest registration of the last day."""
    query = (
        select(Registration.condition_code, Registration.age_years)
        .where(Registration.patient_id == patient_id, Registration.registered_at > now - _RECENT)
        .order_by(Registration.registered_at.desc())
        .limit(1)
    )
    return (await connection.execute(query)).one_or_none()


async def candidates(connection: AsyncConnection, entry: Row[Any], *, now: datetime) -> Sequence[Row[Any]]:
    """Return the providers with an account of a doctor, and of each what the score is made of."""
    load = (
        select(func.count())
        .where(QueueEntry.provider_id == Provider.provider_id, QueueEntry.state.in_(OPEN))
        .where(QueueEntry.entry_id != entry.entry_id)
    )
    last = select(func.max(QueueEntry.arrived_at)).where(
        QueueEntry.provider_id == Provider.provider_id, QueueEntry.entry_id != entry.entry_id
    )
    team = exists().where(
        CareTeam.patient_id == entry.patient_id,
        CareTeam.user_id == Provider.user_id,
        or_(CareTeam.ends_at.is_(None), CareTeam.ends_at > now),
    )
    stays = select(func.count()).where(
        QueueEntry.patient_id == entry.patient_id,
        QueueEntry.called_by == Provider.user_id,
        QueueEntry.state == "completed",
        QueueEntry.arrived_at > now - _YEAR,
    )
    kept = select(func.count()).where(
        Appointment.patient_id == entry.patient_id,
        Appointment.provider_id == Provider.provider_id,
        Appointment.status == "completed",
        func.lower(Appointment.during) > now - _YEAR,
    )
    query = (
        select(
            Provider.provider_id,
            Provider.name,
            Provider.specialty,
            _is_at_work().label("is_on_duty"),
            load.scalar_subquery().label("load"),
            team.label("is_on_care_team"),
            (stays.scalar_subquery() + kept.scalar_subquery()).label("seen_count"),
            last.scalar_subquery().label("last_assigned_at"),
        )
        .join(UserAccount, UserAccount.user_id == Provider.user_id)
        .where(Provider.is_active, UserAccount.is_active, UserAccount.role == Role.DOCTOR.value)
        .order_by(Provider.name)
        .limit(200)
    )
    return (await connection.execute(query)).all()


def _is_at_work() -> ColumnElement[bool]:
    return exists().where(DutySpan.user_id == Provider.user_id, DutySpan.ended_at.is_(None), DutySpan.kind == "work")


def may_be_called_by(user_id: uuid.UUID) -> ColumnElement[bool]:
    """Return the rule that picks those whom a person may call.

    They are assigned to nobody or to that person; or to somebody who pauses; or they are at level 1 or owed, so that
    an assignment makes nobody wait past the bound on overtakes.
    """
    is_mine = exists().where(Provider.provider_id == QueueEntry.provider_id, Provider.user_id == user_id)
    pauses = (
        exists()
        .where(Provider.provider_id == QueueEntry.provider_id, Provider.user_id == DutySpan.user_id)
        .where(DutySpan.ended_at.is_(None), DutySpan.kind == "pause")
    )
    return or_(
        QueueEntry.provider_id.is_(None),
        QueueEntry.is_immediate,
        QueueEntry.overtakes >= MAX_OVERTAKES,
        is_mine,
        pauses,
    )


async def waiting_of(connection: AsyncConnection, user_id: uuid.UUID) -> Sequence[Row[Any]]:
    """Return those who wait for a person: entry and queue."""
    query = (
        select(QueueEntry.entry_id, QueueEntry.queue_id)
        .join(Provider, Provider.provider_id == QueueEntry.provider_id)
        .where(Provider.user_id == user_id, QueueEntry.state == "waiting")
        .order_by(QueueEntry.queue_id, QueueEntry.entry_seq)
    )
    return (await connection.execute(query)).all()
