"""HTTP of appointments, holds, slots and the wait list.

Belongs here: routes. Does not belong here: rules, SQL, the set-up of providers (`resources_router`).
"""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import Row

from app_api.appointments import changes, free_slots, repository, service
from app_api.appointments.calendar_file import calendar_of
from app_api.appointments.policy import Preference
from app_api.appointments.schemas import (
    AppointmentChange,
    AppointmentPage,
    AppointmentView,
    NewAppointment,
    NewHold,
    NewWaitListEntry,
    PartOfDay,
    SlotList,
    SlotView,
    WaitList,
    WaitListView,
    WeekdayInQuery,
)
from app_api.envelope import Act, Write, problems_of_writes
from app_api.identity.access import ReaderLanguage, need
from app_api.identity.context import Context
from app_api.identity.session_book import Principal
from app_api.problem_docs import problems
from app_api.wire import Cursor, Limit, Moment, offset_of, offset_page
from core import clock
from core.vocabulary import Role

router = APIRouter(tags=["appointments"])
TOPIC = "appointment"
From = Annotated[Moment, Query(alias="from")]
To = Annotated[Moment, Query(alias="to")]
Booker = Annotated[Principal, Depends(need("appointment.book"))]
Reader = Annotated[Principal, Depends(need("appointment.read"))]


def _relation(person: Principal) -> str:
    return "own" if person.role is Role.PATIENT else "any"


def _answer(tx: Act, row: Row[Any], person: Principal) -> AppointmentView:
    tx.about("appointment", row.appointment_id, patient_id=row.patient_id, relation=_relation(person))
    tx.version = row.version
    tx.tell(TOPIC, {"provider_id": str(row.provider_id)})
    return AppointmentView.model_validate(row, from_attributes=True)


@router.get("/api/slots", dependencies=[Depends(need("schedule.read"))], responses=problems(404))
async def list_slots(
    provider: uuid.UUID,
    start: From,
    end: To,
    context: Context,
    part_of_day: Annotated[PartOfDay | None, Query(description="When the patient would rather come")] = None,
    weekday: Annotated[
        list[WeekdayInQuery] | None, Query(description="On which days; 0 is Monday", max_length=7)
    ] = None,
) -> SlotList:
    """Free slots of a provider; the quietest by the forecast, of those that the patient prefers, are suggested."""
    preference = Preference(part_of_day, frozenset(weekday or ())) if part_of_day or weekday else None
    async with context.engine.connect() as connection:
        time_zone, offered = await free_slots.free_slots(
            connection, provider, start=start, end=end, preference=preference
        )
    items = [
        SlotView(
            provider_id=provider,
            room_id=one.room_id,
            starts_at=one.slot.starts_at,
            ends_at=one.slot.ends_at,
            expected_load=None if one.expected_load is None else round(one.expected_load, 2),
            is_preferred=one.is_preferred,
            is_suggested=one.is_suggested,
        )
        for one in offered
    ]
    return SlotList(time_zone=time_zone, items=items)


@router.post("/api/holds", status_code=201, response_model=AppointmentView, responses=problems_of_writes(404))
async def hold_slot(body: NewHold, write: Write, person: Booker) -> Response:
    """Hold a time for five minutes; confirm it by PATCH `{"status": "booked"}`."""

    async def act(tx: Act) -> AppointmentView:
        tx.about("appointment", relation=_relation(person))
        return _answer(tx, await service.hold(tx.connection, body, person=person), person)

    return await write.once(person, "appointment.book", act, status=201)


@router.post("/api/appointments", status_code=201, response_model=AppointmentView, responses=problems_of_writes(404))
async def book_appointment(body: NewAppointment, write: Write, person: Booker) -> Response:
    """Book a time, or a weekly series (all of it or nothing); 409 with the next free times when it is taken."""

    async def act(tx: Act) -> AppointmentView:
        tx.about("appointment", relation=_relation(person))
        return _answer(tx, await service.book(tx.connection, body, person=person), person)

    return await write.once(person, "appointment.book", act, status=201)


@router.get("/api/appointments", response_model=AppointmentPage)
async def list_appointments(
    write: Write,
    person: Reader,
    provider: uuid.UUID | None = None,
    start: Annotated[Moment | None, Query(alias="from")] = None,
    end: Annotated[Moment | None, Query(alias="to")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List appointments by time; a patient sees their own."""

    async def look(tx: Act) -> AppointmentPage:
        tx.about("appointment", relation=_relation(person))
        if person.role is Role.PATIENT and person.patient_id is None:
            return AppointmentPage(items=[], next=None)
        offset = offset_of(cursor)
        rows = await repository.listed(
            tx.connection,
            patient_id=person.patient_id if person.role is Role.PATIENT else None,
            provider_id=provider,
            start=start,
            end=end,
            offset=offset,
            limit=limit + 1,
        )
        shown, following = offset_page(rows, offset=offset, limit=limit)
        items = [AppointmentView.model_validate(row, from_attributes=True) for row in shown]
        return AppointmentPage(items=items, next=following)

    return await write.look(person, "appointment.read", look)


@router.get("/api/appointments/{appointment_id}", response_model=AppointmentView, responses=problems(404))
async def read_appointment(appointment_id: uuid.UUID, write: Write, person: Reader) -> Response:
    """One appointment; its ETag is what a change names in If-Match."""

    async def look(tx: Act) -> AppointmentView:
        tx.about("appointment", appointment_id, relation=_relation(person))
        row = await service.read_for(tx.connection, appointment_id, person)
        tx.version = row.version
        return AppointmentView.model_validate(row, from_attributes=True)

    return await write.look(person, "appointment.read", look)


@router.patch("/api/appointments/{appointment_id}", response_model=AppointmentView, responses=problems_of_writes(404))
async def change_appointment(
    appointment_id: uuid.UUID,
    body: AppointmentChange,
    write: Write,
    person: Annotated[Principal, Depends(need("appointment.change"))],
) -> Response:
    """Confirm, cancel, mark or move; a freed time is held for the first on the wait list whom it fits."""

    async def act(tx: Act) -> AppointmentView:
        tx.about("appointment", appointment_id, relation=_relation(person))
        row = await changes.change(
            tx.connection, appointment_id, body, person=person, check_version=tx.check_version_if_given
        )
        return _answer(tx, row, person)

    return await write.once(person, "appointment.change", act)


@router.get(
    "/api/appointments/{appointment_id}/calendar.ics",
    response_class=Response,
    responses={200: {"content": {"text/calendar": {"schema": {"type": "string"}}}}} | problems(404),
)
async def read_calendar_file(
    appointment_id: uuid.UUID, context: Context, person: Reader, language: ReaderLanguage
) -> Response:
    """The appointment as an iCalendar file, without the patient."""
    async with context.engine.connect() as connection:
        row = await service.read_for(connection, appointment_id, person)
    return Response(
        calendar_of(row, now=clock.now(), language=language),
        media_type="text/calendar",
        headers={"content-disposition": 'attachment; filename="appointment.ics"'},
    )


@router.post("/api/wait-list", status_code=201, response_model=WaitListView, responses=problems_of_writes(404))
async def join_wait_list(body: NewWaitListEntry, write: Write, person: Booker) -> Response:
    """Ask for an earlier time: what becomes free is held for the first whom it fits."""

    async def act(tx: Act) -> WaitListView:
        tx.about("wait_list_entry", relation=_relation(person))
        row = await service.ask_to_wait(tx.connection, body, person=person)
        tx.about("wait_list_entry", row.wait_list_id, patient_id=row.patient_id, relation=_relation(person))
        return WaitListView.model_validate(row, from_attributes=True)

    return await write.once(person, "appointment.book", act, status=201)


@router.get("/api/wait-list", response_model=WaitList)
async def list_wait_list(write: Write, person: Reader) -> Response:
    """Who waits for an earlier time, the first to ask first; a patient sees their own."""

    async def look(tx: Act) -> WaitList:
        tx.about("wait_list_entry", relation=_relation(person))
        if person.role is Role.PATIENT and person.patient_id is None:
            return WaitList(items=[])
        mine = person.patient_id if person.role is Role.PATIENT else None
        rows = await repository.wait_list(tx.connection, patient_id=mine)
        return WaitList(items=[WaitListView.model_validate(row, from_attributes=True) for row in rows])

    return await write.look(person, "appointment.read", look)
