"""Requests of the FHIR facade that are known to succeed.

Belongs here: seeds of `/fhir/R4`. Does not belong here: other domains.
"""

import time
from typing import Any

from fuzz_person import Seed, World, seed, soon
from fuzz_seeds_queues import _appointment, _provider, _schedule_of


@seed("GET /fhir/R4/Appointment/{appointment_id}")
def _one_appointment(world: World) -> Seed:
    return {"path": _appointment(world)["path"]}


@seed("GET /fhir/R4/Appointment")
def _appointments(world: World) -> Seed:
    return {"query": {"patient": world.patient_id, "status": ["booked,arrived"], "date": ["ge2026-01-01"], "_count": 5}}


def _slots_of(world: World) -> dict[str, Any]:
    provider_id = _provider(world)
    world.ask("POST", "/api/schedules", role="nurse", json=_schedule_of(provider_id))
    return {"schedule.actor": f"Practitioner/{provider_id}", "start": [f"ge{soon()}", f"lt{soon(days=6)}"]}


@seed("GET /fhir/R4/Slot")
def _slots(world: World) -> Seed:
    return {"query": _slots_of(world)}


@seed("GET /fhir/R4/Slot/{slot_id}")
def _one_slot(world: World) -> Seed:
    found = world.ask("GET", "/fhir/R4/Slot", role="nurse", params=_slots_of(world)).json()
    return {"path": {"slot_id": found["entry"][0]["resource"]["id"]}}


@seed("GET /fhir/R4/RiskAssessment")
def _assessments(world: World) -> Seed:
    return {"query": {"patient": f"Patient/{world.patient_id}"}}


@seed("GET /fhir/R4/RiskAssessment/{assessment_id}")
def _one_assessment(world: World) -> Seed:
    world.ask("GET", f"/api/patients/{world.patient_id}/risk", role=world.staff())
    for _ in range(50):
        found = world.ask("GET", "/fhir/R4/RiskAssessment", role=world.staff(), params=_assessments(world)["query"])
        if "entry" in found.json():
            return {"path": {"assessment_id": found.json()["entry"][0]["resource"]["id"]}}
        time.sleep(0.05)  # receipts gather before they are written
    raise LookupError("the assessment was not kept")
