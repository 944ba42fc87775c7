"""HTTP of what can be booked: providers, rooms, weekly schedules.

Belongs here: routes. Does not belong here: bookings (`router`).
"""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.appointments import repository
from app_api.appointments.errors import NameTakenError, ProviderNotFoundError, RoomNotFoundError
from app_api.appointments.schemas import (
    NewProvider,
    NewRoom,
    NewSchedule,
    ProviderChange,
    ProviderList,
    ProviderView,
    RoomList,
    RoomView,
    ScheduleList,
    ScheduleView,
)
from app_api.envelope import Act, Write, problems_of_writes
from app_api.identity import repository as identity
from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.identity.session_book import Principal
from app_api.time_zones import zone
from core import clock
from core.db.tables import Provider, Room
from core.errors import InputError
from core.ids import new_uuid
from core.vocabulary import Role

router = APIRouter(tags=["schedules"])
Manager = Annotated[Principal, Depends(need("schedule.manage"))]
_READ = [Depends(need("schedule.read"))]


@router.get("/api/providers", dependencies=_READ)
async def list_providers(context: Context) -> ProviderList:
    """Those who see patients by appointment."""
    async with context.engine.connect() as connection:
        rows = await repository.providers(connection)
    return ProviderList(items=[_provider_view(row) for row in rows])


@router.post("/api/providers", status_code=201, response_model=ProviderView, responses=problems_of_writes())
async def create_provider(body: NewProvider, write: Write, person: Manager) -> Response:
    """Add a provider."""

    async def act(tx: Act) -> ProviderView:
        zone(body.time_zone)
        await _check_account(tx.connection, body.user_id)
        columns = {**body.model_dump(), "provider_id": new_uuid(), "is_active": True, "version": 1}
        row = await repository.add_named(tx.connection, Provider, columns | {"is_synthetic": False})
        assert row is not None, "a provider's name need not be unique"
        return _answer_provider(tx, row)

    return await write.once(person, "schedule.manage", act, status=201)


@router.patch("/api/providers/{provider_id}", response_model=ProviderView, responses=problems_of_writes(404))
async def change_provider(provider_id: uuid.UUID, body: ProviderChange, write: Write, person: Manager) -> Response:
    """Change specialty, give a provider to a doctor's account, or take it out of use: what is booked stays."""

    async def act(tx: Act) -> ProviderView:
        given = body.model_dump(exclude_unset=True)
        tx.about("provider", provider_id, fields=sorted(given))
        before = await repository.lock_provider(tx.connection, provider_id)
        if before is None:
            raise ProviderNotFoundError("no such provider")
        tx.check_version(before.version)
        await _check_account(tx.connection, given.get("user_id"))
        columns = {name: value for name, value in given.items() if value is not None or name == "user_id"}
        return _answer_provider(tx, await repository.change_provider(tx.connection, provider_id, columns))

    return await write.once(person, "schedule.manage", act)


def _answer_provider(tx: Act, row: Row[Any]) -> ProviderView:
    tx.about("provider", row.provider_id)
    tx.version = row.version
    tx.tell("appointment", {"provider_id": str(row.provider_id)})
    return _provider_view(row)


def _provider_view(row: Row[Any]) -> ProviderView:
    return ProviderView.model_validate({**row._mapping, "has_account": row.user_id is not None})


async def _check_account(connection: AsyncConnection, user_id: uuid.UUID | None) -> None:
    """Refuse an account that is not a doctor's."""
    if user_id is None:
        return
    account = await identity.account(connection, user_id)
    if account is None or account.role != Role.DOCTOR:
        raise InputError("user_id must be the account of a doctor", code="account_not_a_doctor")


@router.get("/api/rooms", dependencies=_READ)
async def list_rooms(context: Context) -> RoomList:
    """Rooms that can be booked."""
    async with context.engine.connect() as connection:
        rows = await repository.rooms(connection)
    return RoomList(items=[RoomView.model_validate(row, from_attributes=True) for row in rows])


@router.post("/api/rooms", status_code=201, response_model=RoomView, responses=problems_of_writes())
async def create_room(body: NewRoom, write: Write, person: Manager) -> Response:
    """Add a room."""

    async def act(tx: Act) -> RoomView:
        columns = {**body.model_dump(), "room_id": new_uuid(), "is_synthetic": False}
        row = await repository.add_named(tx.connection, Room, columns)
        if row is None:
            raise NameTakenError("a room with this name exists")
        tx.about("room", row.room_id)
        return RoomView.model_validate(row, from_attributes=True)

    return await write.once(person, "schedule.manage", act, status=201)


@router.get("/api/schedules", dependencies=_READ)
async def list_schedules(context: Context, provider: uuid.UUID | None = None) -> ScheduleList:
    """Weekly hours, on the wall clock of each provider's time zone."""
    async with context.engine.connect() as connection:
        rows = await repository.schedules(connection, provider_id=provider)
    return ScheduleList(items=[ScheduleView.model_validate(row, from_attributes=True) for row in rows])


@router.post("/api/schedules", status_code=201, response_model=ScheduleView, responses=problems_of_writes(404))
async def create_schedule(body: NewSchedule, write: Write, person: Manager) -> Response:
    """Add weekly hours to a provider."""

    async def act(tx: Act) -> ScheduleView:
        if body.ends_local <= body.starts_local:
            raise InputError("ends_local must be after starts_local, on the same day", code="span_empty")
        provider = await repository.provider(tx.connection, body.provider_id)
        if provider is None:
            raise ProviderNotFoundError("no such provider")
        if body.room_id is not None and not await repository.has_room(tx.connection, body.room_id):
            raise RoomNotFoundError("no such room")
        columns = {
            **body.model_dump(),
            "valid_from": body.valid_from or clock.now().astimezone(zone(provider.time_zone)).date(),
            "schedule_id": new_uuid(),
            "version": 1,
        }
        await repository.add_schedule(tx.connection, columns)
        [row] = await repository.schedules(tx.connection, schedule_id=columns["schedule_id"])
        tx.about("schedule", row.schedule_id)
        tx.tell("appointment", {"provider_id": str(row.provider_id)})
        return ScheduleView.model_validate(row, from_attributes=True)

    return await write.once(person, "schedule.manage", act, status=201)
