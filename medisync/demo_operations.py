"""The demo hospital's operations: a queue with weeks of history and people in line, providers, rooms, weekly hours.

Belongs here: what is put in, all of it marked synthetic. Does not belong here: how a department is simulated
(`ml.synthetic.flow`), how a queue is run (`app_api.queue`).
"""

from datetime import datetime, time, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Engine, func, insert, select, update

from app_api.queue.policy import State, ticket
from core import clock
from core.db.tables import DutySpan, Provider, Queue, QueueEntry, Registration, Room, Schedule, UserAccount
from core.ids import new_uuid
from core.vocabulary import Role
from ml.synthetic.dispositions import draw_dispositions
from ml.synthetic.flow import simulate_flow
from ml.waiting.history import Visit
from ml.waiting.order import priority

DAYS = 42
_QUEUES = (("Emergency department", "priority", "E"), ("Walk-in clinic", "fifo", "W"))
_PROVIDERS = (
    ("Dr Amara Okafor", "General medicine", "Europe/Berlin"),
    ("Dr Tomás Herrera", "Cardiology", "Europe/Berlin"),
    ("Dr Ines Laurent", "Paediatrics", "Europe/Berlin"),
)


def seed_operations(engine: Engine, *, seed: int) -> int:
    """Put queues, six weeks of visits, people in line and schedules in, once; return how many visits."""
    with engine.begin() as connection:
        if connection.execute(select(func.count()).select_from(Queue)).scalar_one():
            return 0
        now = clock.now()
        queue_ids = [new_uuid() for _ in _QUEUES]
        connection.execute(
            insert(Queue),
            [
                {"queue_id": one, "name": name, "facility": "Main", "strategy": strategy, "ticket_prefix": prefix,
                 "last_ticket": 0, "is_synthetic": True, "created_at": now}
                for one, (name, strategy, prefix) in zip(queue_ids, _QUEUES, strict=True)
            ],
        )  # fmt: skip
        # The newest first: those who stand in line now registered today.
        newest = func.max(Registration.registered_at).desc()
        people = select(Registration.patient_id).group_by(Registration.patient_id).order_by(newest).limit(500)
        patients = list(connection.execute(people).scalars())
        rows = _history(queue_ids[0], now, patients, np.random.default_rng(seed))
        own = select(UserAccount.patient_id).where(
            UserAccount.role == Role.PATIENT, UserAccount.patient_id.is_not(None)
        )
        _put_in_line(rows, connection.execute(own.limit(1)).scalar_one_or_none())
        connection.execute(insert(QueueEntry), rows)
        last = max((int(row["ticket_code"][1:]) for row in rows if row["ticket_date"] == now.date()), default=0)
        connection.execute(
            update(Queue).where(Queue.queue_id == queue_ids[0]).values(ticket_date=now.date(), last_ticket=last)
        )
        doctor = connection.execute(
            select(UserAccount.user_id).where(UserAccount.role == Role.DOCTOR).limit(1)
        ).scalar_one_or_none()
        _resources(connection, doctor, now)
        if doctor is not None:
            span = {"shift_id": new_uuid(), "shift_version": 1, "user_id": doctor, "kind": "work", "started_at": now}
            connection.execute(insert(DutySpan).values(**span))
    return len(rows)


def _history(queue_id: Any, now: datetime, patients: list[str], rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return the simulated visits up to now: whoever the simulation has in line at this moment stands in line."""
    start = (now - timedelta(days=DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)
    visits = simulate_flow(days=DAYS + 1, start=start, rng=rng)
    goings = draw_dispositions(visits, rng=rng.spawn(1)[0])
    numbers: dict[Any, int] = {}
    waiting = 0
    rows = []
    for visit, going in zip(visits, goings, strict=True):
        if visit.arrived_at > now:
            break
        day = visit.arrived_at.date()
        numbers[day] = numbers.get(day, 0) + 1
        placing = priority(visit.arrived_at, visit.acuity)
        state, called_at, ended_at = _state_at(visit, now)
        is_open = state in (State.WAITING, State.CALLED, State.IN_SERVICE)
        # Nobody stands in line twice: those who are there now are different patients.
        number = waiting if is_open else int(rng.integers(0, 500))
        name = patients[number] if number < len(patients) else f"synthetic-{number}"
        waiting += is_open
        rows.append(
            {
                "entry_id": new_uuid(),
                "queue_id": queue_id,
                "patient_id": name,
                "acuity": visit.acuity,
                "news2_score": going.news2_score,
                "age_band": going.age_band,
                "ticket_date": day,
                "ticket_code": ticket("E", numbers[day]),
                "state": state,
                "arrived_at": visit.arrived_at,
                "virtual_at": placing.virtual_at,
                "is_immediate": placing.is_immediate,
                "overtakes": 0,
                "called_at": called_at,
                "desk": None if called_at is None else f"Room {int(rng.integers(1, 7))}",
                "started_at": called_at,
                "ended_at": ended_at,
                "disposition": going.disposition if state is State.COMPLETED else None,
                "version": 1,
            }
        )
    return rows


def _put_in_line(rows: list[dict[str, Any]], own: str | None) -> None:
    """Let the patient of the demo account be the sickest of those who wait: the account sees a place in line."""
    waiting = [row for row in rows if row["state"] is State.WAITING]
    if own is None or not waiting:
        return
    place = max(waiting, key=lambda row: -1 if row["news2_score"] is None else row["news2_score"])
    for row in rows:
        if row["patient_id"] == own and row["ended_at"] is None:
            row["patient_id"] = place["patient_id"]
    place["patient_id"] = own


def _state_at(visit: Visit, now: datetime) -> tuple[State, datetime | None, datetime | None]:
    """Return state, moment of the call and end of a visit as they are at `now`."""
    if visit.ended_at > now or visit.end == "open":
        return State.WAITING, None, None
    if visit.end == "left":
        return State.LEFT, None, visit.ended_at
    if visit.finished_at is None or visit.finished_at > now:
        return State.IN_SERVICE, visit.ended_at, None
    return State.COMPLETED, visit.ended_at, visit.finished_at


def _resources(connection: Any, doctor: Any, now: datetime) -> None:
    rooms = [new_uuid() for _ in _PROVIDERS]
    connection.execute(
        insert(Room),
        [
            {"room_id": one, "name": f"Consulting room {number}", "facility": "Main", "is_synthetic": True}
            for number, one in enumerate(rooms, 1)
        ],
    )
    for number, (name, specialty, time_zone) in enumerate(_PROVIDERS):
        provider_id = new_uuid()
        connection.execute(
            insert(Provider).values(
                provider_id=provider_id,
                name=name,
                specialty=specialty,
                facility="Main",
                time_zone=time_zone,
                user_id=doctor if number == 0 else None,
                is_active=True,
                is_synthetic=True,
            )
        )
        connection.execute(
            insert(Schedule),
            [
                {"schedule_id": new_uuid(), "provider_id": provider_id, "room_id": rooms[number], "weekday": weekday,
                 "starts_local": time(8 + number), "ends_local": time(12 + number), "slot_minutes": 30,
                 "valid_from": now.date() - timedelta(days=1), "valid_to": None, "version": 1}
                for weekday in range(5)
            ],
        )  # fmt: skip
