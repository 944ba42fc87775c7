"""HTTP of check-in.

Belongs here: the route. Does not belong here: rules and SQL.
"""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from app_api.appointments.schemas import AppointmentView
from app_api.checkin import service
from app_api.checkin.schemas import CheckedIn, CheckIn
from app_api.envelope import Act, Write, problems_of_writes
from app_api.identity.access import need
from app_api.identity.session_book import Principal
from app_api.queue.views import entry_views, tell

router = APIRouter(tags=["appointments"])


@router.post(
    "/api/appointments/{appointment_id}/check-in",
    status_code=201,
    response_model=CheckedIn,
    responses=problems_of_writes(404),
)
async def check_in(
    appointment_id: uuid.UUID,
    body: CheckIn,
    write: Write,
    person: Annotated[Principal, Depends(need("appointment.check_in"))],
) -> Response:
    """Check a patient in: the appointment is marked and its patient stands in line, with one clock from the arrival."""

    async def act(tx: Act) -> CheckedIn:
        tx.about("appointment", appointment_id, relation="any")
        appointment, entry = await service.check_in(
            tx.connection, appointment_id, body, actor_id=person.user_id, check_version=tx.check_version_if_given
        )
        tx.about("appointment", appointment_id, entry.entry_id, patient_id=entry.patient_id, relation="any")
        tx.version = appointment.version
        tx.tell("appointment", {"provider_id": str(appointment.provider_id)})
        tell(tx, entry.queue_id)
        [shown] = await entry_views(tx.connection, [entry], person)
        return CheckedIn(appointment=AppointmentView.model_validate(appointment, from_attributes=True), entry=shown)

    return await write.once(person, "appointment.check_in", act, status=201)
