"""Requests about queues and appointments that are known to succeed.

Belongs here: seeds of the day's work. Does not belong here: other domains.
"""

import secrets
from datetime import UTC, datetime
from typing import Any

from fuzz_person import Seed, World, seed, soon, word


def _queue(world: World) -> str:
    letters = "".join(secrets.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(3))
    body = {"name": word(), "facility": "Main", "ticket_prefix": letters}
    return world.ask("POST", "/api/queues", role="nurse", json=body).json()["queue_id"]


def _entry(world: World) -> tuple[str, str]:
    """Put the patient in a new line; return queue and entry."""
    queue_id, body = _queue(world), {"patient_id": world.patient_id, "acuity": 3}
    made = world.ask("POST", f"/api/queues/{queue_id}/entries", role="nurse", json=body)
    return queue_id, made.json()["entry_id"]


@seed("POST /api/queues")
def _new_queue(world: World) -> Seed:
    letters = "".join(secrets.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(3))
    return {"body": {"name": word(), "facility": "Main", "ticket_prefix": letters}}


@seed(
    "GET /api/queues/{queue_id}/entries",
    "POST /api/queues/{queue_id}/call-next",
    "POST /api/queues/{queue_id}/close-day",
    "GET /api/queues/{queue_id}/wall",
)
def _line(world: World) -> Seed:
    return {"path": {"queue_id": _entry(world)[0]}}


@seed("PATCH /api/queues/{queue_id}")
def _scale(world: World) -> Seed:
    made = world.ask("POST", "/api/queues", role="nurse", json=_new_queue(world)["body"])
    path = {"queue_id": made.json()["queue_id"]}
    return {"path": path, "body": {"acuity_scale": "MTS"}, "headers": {"If-Match": made.headers["etag"]}}


@seed("PUT /api/clinics/{facility}")
def _clinic(world: World) -> Seed:
    facility = word()
    _provider(world, facility=facility)
    body = {"portal_mode": "self_book", "rules": []}
    return {"path": {"facility": facility}, "body": body, "headers": {"If-Match": '"0"'}}


@seed("POST /api/appointments/{appointment_id}/check-in")
def _check_in(world: World) -> Seed:
    made = _appointment(world)
    appointment_id = made["path"]["appointment_id"]
    world.run(
        "UPDATE appointment SET during = tstzrange(now() + interval '5 minutes', now() + interval '35 minutes', '[)') "
        "WHERE appointment_id = %s",
        appointment_id,
    )
    return {**made, "body": {"queue_id": _queue(world), "acuity": 3}}


@seed("POST /api/queues/{queue_id}/entries")
def _join(world: World) -> Seed:
    return {"path": {"queue_id": _queue(world)}, "body": {"patient_id": world.patient_id, "acuity": 3}}


@seed(
    "GET /api/queue-entries/{entry_id}/position",
    "GET /api/queue-entries/{entry_id}/matches",
    "GET /api/queue-entries/{entry_id}/overtakes",
)
def _position(world: World) -> Seed:
    return {"path": {"entry_id": _entry(world)[1]}}


@seed("POST /api/queue-entries/{entry_id}/assignment")
def _assignment(world: World) -> Seed:
    return {"path": {"entry_id": _entry(world)[1]}, "body": {"provider_id": None}}


@seed("POST /api/shifts/mine")
def _shift(world: World) -> Seed:
    world.run("DELETE FROM duty_span WHERE user_id = %s", world.user_id)
    return {"body": {"to": "working"}}


@seed("POST /api/queue-entries/{entry_id}/transition")
def _completed(world: World) -> Seed:
    """Call the patient, so that the visit can be completed as somebody's who goes to a ward."""
    queue_id, entry_id = _entry(world)
    world.ask("POST", f"/api/queues/{queue_id}/call-next", role="nurse")
    return {"path": {"entry_id": entry_id}, "body": {"to": "completed", "disposition": "admitted"}}


@seed("POST /api/queue-entries/{entry_id}/undo")
def _undo(world: World) -> Seed:
    _, entry_id = _entry(world)
    world.ask("POST", f"/api/queue-entries/{entry_id}/transition", role=world.staff(), json={"to": "left"})
    return {"path": {"entry_id": entry_id}}


def _provider(world: World, *, facility: str = "Main") -> str:
    body = {"name": word(), "specialty": "Surgery", "facility": facility}
    return world.ask("POST", "/api/providers", role="nurse", json=body).json()["provider_id"]


def _schedule_of(provider_id: str) -> dict[str, Any]:
    weekday = datetime.now(UTC).weekday()  # noqa: TID251
    return {"provider_id": provider_id, "weekday": (weekday + 2) % 7, "starts_local": "08:00:00",
            "ends_local": "12:00:00"}  # fmt: skip


def _free_time(world: World) -> dict[str, Any]:
    """Return a free time of a new provider, as a wish of the patient's."""
    provider_id = _provider(world)
    world.ask("POST", "/api/schedules", role="nurse", json=_schedule_of(provider_id))
    query = {"provider": provider_id, "from": soon(), "to": soon(days=6)}
    slot = world.ask("GET", "/api/slots", role="nurse", params=query).json()["items"][0]
    # A new patient each time: nobody is at two places at once.
    patient_id = None if world.role == "patient" else f"walk-in-{word()}"
    return {"provider_id": provider_id, "patient_id": patient_id, "starts_at": slot["starts_at"],
            "ends_at": slot["ends_at"]}  # fmt: skip


@seed("GET /api/slots")
def _slots(world: World) -> Seed:
    return {"query": {"provider": _provider(world), "from": soon(), "to": soon(days=6)}}


@seed("POST /api/holds", "POST /api/appointments")
def _booking(world: World) -> Seed:
    if world.role == "patient":
        world.run("DELETE FROM appointment WHERE patient_id = %s", world.patient_id)
    return {"body": _free_time(world)}


def _appointment(world: World) -> Seed:
    made = world.ask("POST", "/api/appointments", json=_booking(world)["body"])
    return {"path": {"appointment_id": made.json()["appointment_id"]}, "headers": {"If-Match": made.headers["etag"]}}


@seed("GET /api/appointments/{appointment_id}", "GET /api/appointments/{appointment_id}/calendar.ics")
def _one_appointment(world: World) -> Seed:
    return {"path": _appointment(world)["path"]}


@seed("PATCH /api/appointments/{appointment_id}")
def _cancelled(world: World) -> Seed:
    return {**_appointment(world), "body": {"status": "cancelled"}}


@seed("POST /api/wait-list")
def _wish(world: World) -> Seed:
    patient_id = None if world.role == "patient" else f"walk-in-{word()}"
    body = {"provider_id": _provider(world), "patient_id": patient_id, "not_before": soon(days=1),
            "not_after": soon(days=9)}  # fmt: skip
    return {"body": body}


@seed("POST /api/providers")
def _new_provider(world: World) -> Seed:
    return {"body": {"name": word(), "specialty": "Surgery", "facility": "Main"}}


@seed("PATCH /api/providers/{provider_id}")
def _changed_provider(world: World) -> Seed:
    body = {"name": word(), "specialty": "Surgery", "facility": "Main"}
    made = world.ask("POST", "/api/providers", role="nurse", json=body)
    return {
        "path": {"provider_id": made.json()["provider_id"]},
        "body": {"specialty": "Cardiology"},
        "headers": {"If-Match": made.headers["etag"]},
    }


@seed("POST /api/rooms")
def _room(world: World) -> Seed:
    return {"body": {"name": word(), "facility": "Main"}}


@seed("POST /api/schedules")
def _schedule(world: World) -> Seed:
    return {"body": _schedule_of(_provider(world))}
