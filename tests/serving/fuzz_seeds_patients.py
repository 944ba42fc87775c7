"""Requests about patients and their charts that are known to succeed.

Belongs here: seeds of patients, records, emergency access. Does not belong here: other domains.
"""

import secrets
import uuid
from datetime import date, timedelta
from typing import Any

from fuzz_person import Seed, World, picture, seed, word


@seed(
    *(f"GET /api/patients/{{patient_id}}{part}"
      for part in ("", "/care-team", "/access-log", "/visits", "/records", "/medications", "/tasks", "/insights",
                   "/documents", "/protocols", "/risk"))
)  # fmt: skip
def _patient(world: World) -> Seed:
    return {"path": {"patient_id": world.patient_id}}


@seed("POST /api/patients", "POST /api/patients/matches")
def _new_patient(world: World) -> Seed:
    """Somebody whom nobody here resembles: a name and a birth date of their own."""
    day = date(1920, 1, 1) + timedelta(days=secrets.randbelow(36_000))
    return {"body": {"given_name": word(), "family_name": word(), "birth_date": day.isoformat()}}


@seed("PATCH /api/patients/{patient_id}")
def _patient_changes(world: World) -> Seed:
    seen = world.ask("GET", f"/api/patients/{world.patient_id}", role=world.staff())
    return {**_patient(world), "body": {"phone": "+49 30 1234567"}, "headers": {"If-Match": seen.headers["etag"]}}


@seed("POST /api/patients/{patient_id}/break-glass")
def _glass(world: World) -> Seed:
    return {**_patient(world), "body": {"reason": "unconscious in the shock room"}}


RECORD = {"kind": "note", "title": "Seen", "text": "Stable."}
MEDICATION = {"name": "Ibuprofen", "dose": "400 mg", "instruction": "thrice a day"}


@seed("POST /api/patients/{patient_id}/records")
def _record(world: World) -> Seed:
    return {**_patient(world), "body": RECORD}


@seed("POST /api/patients/{patient_id}/medications")
def _medication(world: World) -> Seed:
    return {**_patient(world), "body": MEDICATION}


@seed("POST /api/patients/{patient_id}/tasks")
def _task(world: World) -> Seed:
    return {**_patient(world), "body": {"title": "Blood pressure"}}


def _part(world: World, kind: str, body: dict[str, Any], id_name: str) -> Seed:
    """Enter a part of the chart and return the request's place and version."""
    made = world.ask("POST", f"/api/patients/{world.patient_id}/{kind}", role="doctor", json=body)
    path = {"patient_id": world.patient_id, id_name: made.json()[id_name]}
    return {"path": path, "headers": {"If-Match": made.headers["etag"]}}


@seed("GET /api/patients/{patient_id}/records/{record_id}")
def _one_record(world: World) -> Seed:
    return {"path": _part(world, "records", RECORD, "record_id")["path"]}


@seed("PATCH /api/patients/{patient_id}/records/{record_id}")
def _corrected(world: World) -> Seed:
    return {**_part(world, "records", RECORD, "record_id"), "body": {"title": "Seen again", "text": "Well."}}


@seed("PATCH /api/patients/{patient_id}/medications/{medication_id}")
def _stopped(world: World) -> Seed:
    return {**_part(world, "medications", MEDICATION, "medication_id"), "body": {"status": "stopped"}}


@seed("GET /api/patients/{patient_id}/medications/{medication_id}/doses")
def _doses(world: World) -> Seed:
    return {"path": _part(world, "medications", MEDICATION, "medication_id")["path"]}


@seed("POST /api/patients/{patient_id}/medications/{medication_id}/doses")
def _dose(world: World) -> Seed:
    due = {**MEDICATION, "interval_hours": 8}
    return {**_part(world, "medications", due, "medication_id"), "body": {"outcome": "given"}}


@seed("PATCH /api/patients/{patient_id}/tasks/{task_id}")
def _done(world: World) -> Seed:
    return {**_part(world, "tasks", {"title": "Blood pressure"}, "task_id"), "body": {"status": "done"}}


_FORM = {"kind": "result", "title": "Letter"}


def _document(world: World) -> Seed:
    files = {"file": ("letter.png", picture(), "image/png")}
    made = world.ask("POST", f"/api/patients/{world.patient_id}/documents", role="doctor", files=files, data=_FORM)
    return {
        "path": {"patient_id": world.patient_id, "document_id": made.json()["document_id"]},
        "headers": {"If-Match": made.headers["etag"]},
    }


@seed("POST /api/patients/{patient_id}/documents")
def _filed(world: World) -> Seed:
    return {**_patient(world), "body": {"file": picture(), **_FORM}, "media_type": "multipart/form-data"}


@seed("GET /api/patients/{patient_id}/documents/{document_id}/file")
def _file(world: World) -> Seed:
    return {"path": _document(world)["path"]}


@seed("POST /api/patients/{patient_id}/documents/{document_id}/entered-in-error")
def _marked(world: World) -> Seed:
    return {**_document(world), "body": {"reason": "belongs to another patient"}}


@seed("POST /api/patient-pairs/{pair_id}/decision")
def _pair_verdict(world: World) -> Seed:
    ids = sorted(
        world.ask("POST", "/api/patients", role="nurse", json=_new_patient(world)["body"]).json()["patient_id"]
        for _ in range(2)
    )
    pair_id = str(uuid.uuid4())
    world.run(
        "INSERT INTO patient_pair (pair_id, first_id, second_id, state, bits, probability, contributions, scored_at, "
        "status, version) VALUES (%s, %s, %s, 'match', 20, 0.99, '[]', now(), 'open', 1)",
        pair_id, *ids,
    )  # fmt: skip
    return {"path": {"pair_id": pair_id}, "body": {"decision": "different_people"}, "headers": {"If-Match": '"1"'}}


@seed("POST /api/break-glass/{grant_id}/review")
def _review(world: World) -> Seed:
    world.ask("POST", f"/api/patients/{world.patient_id}/break-glass", role="doctor", json=_glass(world)["body"])
    grants = world.ask("GET", "/api/break-glass", role="admin").json()["items"]
    return {"path": {"grant_id": grants[0]["grant_id"]}, "body": {"is_justified": True}}
