"""HTTP of clinics: how patients may book there, and by which rules.

Belongs here: routes. Does not belong here: rules and SQL.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from app_api.appointments import clinics
from app_api.appointments.schemas import ClinicList, ClinicSettings, ClinicView
from app_api.envelope import Act, Write, problems_of_writes
from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.identity.session_book import Principal
from app_api.wire import Line

router = APIRouter(prefix="/api/clinics", tags=["schedules"])


@router.get("", dependencies=[Depends(need("clinic.read"))])
async def list_clinics(context: Context) -> ClinicList:
    """Every facility with its portal mode and rules; version 0 where nothing was set."""
    async with context.engine.connect() as connection:
        return ClinicList(items=await clinics.listed(connection))


@router.put("/{facility}", response_model=ClinicView, responses=problems_of_writes(404))
async def change_clinic(
    facility: Annotated[Line, Path(max_length=120)],
    body: ClinicSettings,
    write: Write,
    person: Annotated[Principal, Depends(need("clinic.manage"))],
) -> Response:
    """Say whether patients look, request or book at a facility, and by which rules; If-Match "0" for the first time."""

    async def act(tx: Act) -> ClinicView:
        tx.about("clinic", fields=("portal_mode", "rules"))
        clinic = await clinics.change(tx.connection, facility, body, person=person, check_version=tx.check_version)
        tx.version = clinic.version
        tx.tell("appointment", {"facility": facility})
        return clinics.view(clinic)

    return await write.once(person, "clinic.manage", act)
