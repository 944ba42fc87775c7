"""HTTP of slots as FHIR.

Belongs here: `/fhir/R4/Slot`. Does not belong here: what is free (`app_api.appointments.slot_states`), what a slot says
(`mapping`).
"""

from datetime import timedelta
from typing import Final

from fastapi import APIRouter, Depends, Request, Response

from app_api.appointments import repository
from app_api.appointments.policy import LONGEST_SEARCH
from app_api.appointments.slot_states import slots_of
from app_api.identity.context import Context
from app_api.wire import offset_page
from core import clock
from serving.fhir import mapping, parameters
from serving.fhir.answers import HOW, FhirId, base_of, is_synthetic, search_of, told
from serving.fhir.errors import SearchRefusedError, SlotNotFoundError
from serving.fhir.identifiers import parse_slot_id
from serving.fhir.readers import reads
from serving.fhir.resources import Bundle, Slot
from serving.outcomes import outcomes

router = APIRouter(prefix="/fhir/R4/Slot", tags=["fhir"])
_READS: Final = [Depends(reads("Slot.r", "schedule.read"))]
_SEARCHES: Final = [Depends(reads("Slot.s", "schedule.read"))]
_CODES: Final = mapping.meanings(mapping.SLOT_STATUS)
#: A slot that begins before a moment ends at most so long after it.
_LONGEST_SLOT: Final = timedelta(minutes=240)


@router.get("/{slot_id}", dependencies=_READS, response_model=Slot, responses=outcomes(404), **HOW)
async def read_slot(slot_id: FhirId, context: Context) -> Response:
    """One slot of a provider's weekly hours, free or not."""
    named, found = parse_slot_id(slot_id), []
    if named is not None:
        schedule_id, start = named
        async with context.engine.connect() as connection:
            lines = await repository.schedules(connection, schedule_id=schedule_id)
            length = timedelta(minutes=lines[0].slot_minutes if lines else 0)
            found = await slots_of(connection, lines, start=start, end=start + length, now=clock.now())
    if not found:
        raise SlotNotFoundError("no such slot")
    return told(mapping.slot(found[0], is_synthetic=is_synthetic(context)))


@router.get(
    "",
    dependencies=_SEARCHES,
    response_model=Bundle,
    responses=outcomes(400),
    openapi_extra=parameters.in_document(parameters.SLOT),
    **HOW,
)
async def search_slots(request: Request, context: Context) -> Response:
    """Slots of a schedule, or of all schedules of a provider, by time."""
    search = search_of(request, "Slot", parameters.SLOT)
    schedule_id = search.uuid("schedule", "Schedule")
    provider_id = search.uuid("schedule.actor", "Practitioner")
    wanted, span = search.codes("status", mapping.SLOT_STATUS_SYSTEM, _CODES), search.span("start")
    if schedule_id is None and provider_id is None:
        raise SearchRefusedError(
            "schedule or schedule.actor is missing; allowed is Schedule/[id] or Practitioner/[id]",
            parameter="schedule",
            rule="missing",
        )
    if span.since is None or span.until is None:
        raise SearchRefusedError(
            "start is missing a lower or an upper bound; allowed is such as start=ge2026-11-30&start=lt2026-12-07",
            parameter="start",
            rule="missing",
        )
    if span.until - span.since > LONGEST_SEARCH:
        raise SearchRefusedError("start spans more than 31 days; allowed are at most 31", parameter="start")
    async with context.engine.connect() as connection:
        lines = await repository.schedules(connection, provider_id=provider_id, schedule_id=schedule_id)
        end = span.until + _LONGEST_SLOT
        slots = await slots_of(connection, lines, start=span.since, end=end, now=clock.now())
    asked = [one for one in slots if one.slot.starts_at < span.until and (wanted is None or one.state in wanted)]
    asked.sort(key=lambda one: (one.slot.starts_at, one.hours.schedule_id))
    rest = asked[search.offset : search.offset + search.limit + 1]
    shown, following = offset_page(rest, offset=search.offset, limit=search.limit)
    found = [mapping.slot(one, is_synthetic=is_synthetic(context)) for one in shown]
    return told(mapping.bundle(found, search, base=base_of(request), kind="Slot", following=following))
