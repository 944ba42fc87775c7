"""The demo hospital's people: made-up names for its synthetic patients, their charts, and the doctor's care list.

Belongs here: what the charts of the demo hold. Does not belong here: the synthetic hospital itself (`ml.synthetic`),
accounts (`demo`). Every name is drawn from two short lists; nobody of that name is meant.
"""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.dialects.postgresql import distinct_on

from app_api.patients.blind_index import digests
from core import clock
from core.db.tables import (
    CareTask,
    CareTeam,
    Medication,
    Patient,
    PatientIndex,
    Record,
    RecordVersion,
    Registration,
    UserAccount,
)
from core.ids import new_uuid
from core.key_ring import KeyRing
from core.key_store import read_ring, sealed_columns
from core.settings import Settings
from core.vocabulary import Role
from ml.features.news2 import BANDS, news2
from ml.synthetic.doubles import second_entry

_GIVEN = {
    "female": ("Amina", "Clara", "Elif", "Grace", "Hanna", "Ines", "Joana", "Leila", "Mina", "Nora", "Rosa", "Yuki"),
    "male": ("Aaron", "Bruno", "Darius", "Emil", "Hugo", "Ivan", "Jonas", "Kofi", "Luca", "Omar", "Samir", "Tomas"),
}
_FAMILY = (
    "Adler", "Baptiste", "Cohen", "Dumont", "Eriksen", "Fischer", "Garcia", "Haddad", "Ito", "Jansen", "Kowalski",
    "Larsen", "Moreau", "Novak", "Okoye", "Petrov", "Quist", "Rossi", "Silva", "Tanaka", "Umar", "Vargas", "Weiss",
)  # fmt: skip
_ASSIGNED = 40
#: Patients who stand in the register a second time, with a fault, for the stewards' list.
_TWICE = 9
#: Of the demo account of a patient (`demo`).
_PATIENT_NAME = ("Grace", "Lim")
#: Name, dose, instruction, and the hours between two doses of what is not taken when needed.
_MEDICINES = (
    ("Paracetamol", "500 mg", "up to four times a day", None),
    ("Amlodipine", "5 mg", "in the morning", 24),
    ("Metformin", "850 mg", "with a meal", 12),
    ("Salbutamol inhaler", "100 µg", "two puffs when short of breath", None),
)
_TASKS = ("Measure blood pressure at rest", "Call about the laboratory result", "Check wound dressing")


def fill(settings: Settings, engine: Engine, history: pd.DataFrame | None) -> int:
    """Give each patient of today's and yesterday's registrations a row, once; return how many.

    Parameters
    ----------
    history : DataFrame, optional
        Earlier registrations of the same hospital: they become entries of the assigned patients' charts.
    """
    with engine.begin() as connection:
        if connection.execute(select(func.count()).select_from(Patient)).scalar_one():
            return 0
        ring = read_ring(connection, settings.secrets["phi_master_key"])
        rng = np.random.default_rng(settings.demo_seed)
        newest_at = func.max(Registration.registered_at)
        query = select(
            Registration.patient_id,
            newest_at.label("at"),
            func.max(Registration.sex).label("sex"),
            func.max(Registration.age_years).label("age"),
        )
        people = connection.execute(query.group_by(Registration.patient_id).order_by(newest_at.desc())).all()
        assigned = [person.patient_id for person in people[:_ASSIGNED]]
        own = _with_most_to_read(connection, assigned)
        for number, person in enumerate(people):
            name = _PATIENT_NAME if person.patient_id == own else None
            document = _document(person._mapping, rng, name=name)
            _insert(connection, ring, settings, person._mapping, document)
            if _ASSIGNED <= number < _ASSIGNED + _TWICE:
                again = second_entry({**document, "email": None}, number=number, rng=rng)
                _insert(connection, ring, settings, {**person._mapping, "patient_id": f"{person.patient_id}-2"}, again)
        staff = {row.role: row.user_id for row in connection.execute(select(UserAccount.role, UserAccount.user_id))}
        _assign(connection, ring, staff, assigned, history, rng)
        if own is not None:
            connection.execute(
                update(UserAccount)
                .where(UserAccount.role == Role.PATIENT.value, UserAccount.patient_id.is_(None))
                .values(patient_id=own)
            )
    return len(people)


def _with_most_to_read(connection: Connection, assigned: list[str]) -> str | None:
    """Return the woman whose last visit was measured whole and worried most: her chart has something to say."""
    measured = (*BANDS, "diastolic_bp", "acuity", "comorbidity_count")
    last_visits = (
        select(Registration.patient_id, *(getattr(Registration, name) for name in measured))
        .where(Registration.patient_id.in_(assigned), Registration.sex == "female")
        .ext(distinct_on(Registration.patient_id))
        .order_by(Registration.patient_id, Registration.registered_at.desc())
    )
    women = pd.DataFrame(connection.execute(last_visits).all(), columns=["patient_id", *measured])
    chosen = women if (whole := women.dropna()).empty else whole
    if chosen.empty:
        return None
    scores = news2({name: chosen[name].astype(float) for name in BANDS})
    return str(chosen["patient_id"].iloc[int(scores.argmax())])


def _document(
    person: Mapping[str, Any], rng: np.random.Generator, *, name: tuple[str, str] | None
) -> dict[str, str | None]:
    sex = person["sex"] if person["sex"] in ("female", "male") else rng.choice(["female", "male"])
    age = int(person["age"]) if person["age"] is not None else int(rng.integers(1, 90))
    birth = (clock.now() - timedelta(days=int(age * 365.25) + int(rng.integers(0, 365)))).date()
    return {
        "given_name": str(rng.choice(_GIVEN[str(sex)])) if name is None else name[0],
        "family_name": str(rng.choice(_FAMILY)) if name is None else name[1],
        "birth_date": birth.isoformat(),
        "identifier": f"SYN-{person['patient_id']}",
        "phone": f"+49 30 5550{int(rng.integers(0, 1000)):03d}",
    }


def _insert(
    connection: Connection,
    ring: KeyRing,
    settings: Settings,
    person: Mapping[str, Any],
    fields: Mapping[str, str | None],
) -> None:
    """Add a patient's row and blind index; the application compares it with the others once it runs."""
    patient_id, now = person["patient_id"], clock.now()
    document = {field: value for field, value in fields.items() if value}
    birth_year = int(document["birth_date"][:4])
    connection.execute(
        insert(Patient).values(
            patient_id=patient_id, sex=person["sex"] or "unknown", birth_year=birth_year, is_synthetic=True, version=1,
            created_at=person["at"], updated_at=now, **sealed_columns(ring, document, "patient", patient_id),
        )
    )  # fmt: skip
    index = digests(settings.secrets["blind_index_key"], document)
    rows = [{"kind": kind, "digest": digest, "patient_id": patient_id} for kind, digest in index.items()]
    connection.execute(insert(PatientIndex), rows)


def _assign(
    connection: Connection,
    ring: KeyRing,
    staff: Mapping[str, uuid.UUID],
    assigned: list[str],
    history: pd.DataFrame | None,
    rng: np.random.Generator,
) -> None:
    doctor, now = staff.get(Role.DOCTOR.value), clock.now()
    if doctor is None:
        return
    for number, patient_id in enumerate(assigned):
        for role in (Role.DOCTOR, Role.NURSE)[: 1 + (number < _ASSIGNED // 2)]:
            row = {"patient_id": patient_id, "user_id": staff[role.value], "assigned_at": now}
            connection.execute(insert(CareTeam).values(**row))
        for name, dose, instruction, hours in (_MEDICINES[i] for i in rng.permutation(4)[: int(rng.integers(0, 4))]):
            row_id = new_uuid()
            words = {"name": name, "dose": dose, "instruction": instruction}
            due_at = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=int(rng.integers(-2, 10)))
            row = {"medication_id": row_id, "patient_id": patient_id, "status": "active", "version": 1,
                   "prescribed_by": doctor, "started_at": now - timedelta(days=int(rng.integers(1, 300))),
                   "interval_hours": hours, "next_due_at": None if hours is None else due_at}  # fmt: skip
            connection.execute(insert(Medication).values(**row, **sealed_columns(ring, words, "medication", row_id)))
        if number % 3 == 0:
            row_id = new_uuid()
            row = {"task_id": row_id, "patient_id": patient_id, "status": "open", "priority": 1 + number % 3,
                   "due_at": now + timedelta(hours=int(rng.integers(-6, 48))), "version": 1, "created_by": doctor,
                   "created_at": now}  # fmt: skip
            title = {"title": _TASKS[number // 3 % len(_TASKS)]}
            connection.execute(insert(CareTask).values(**row, **sealed_columns(ring, title, "care_task", row_id)))
    if history is not None:
        _chart(connection, ring, doctor, history[history["patient_id"].isin(assigned)])


def _chart(connection: Connection, ring: KeyRing, doctor: uuid.UUID, visits: pd.DataFrame) -> None:
    """Earlier visits as entries of the chart."""
    for visit in visits.to_dict("records"):
        record_id, moment = new_uuid(), visit["registered_at"].to_pydatetime()
        outcome = visit["outcome"] if isinstance(visit["outcome"], str) else "not known"
        text = f"Earlier visit in {visit['facility']} for {visit['condition']}. Outcome: {outcome}."
        row = {"record_id": record_id, "patient_id": visit["patient_id"], "kind": "result", "version": 1,
               "condition_code": visit["condition_code"] if isinstance(visit["condition_code"], str) else None,
               "created_by": doctor, "created_at": moment}  # fmt: skip
        connection.execute(insert(Record).values(**row))
        words = sealed_columns(ring, {"title": str(visit["condition"]), "text": text}, "record_version", record_id, 1)
        version = {"record_id": record_id, "version": 1, "patient_id": visit["patient_id"], "written_by": doctor,
                   "written_at": moment}  # fmt: skip
        connection.execute(insert(RecordVersion).values(**version, **words))
