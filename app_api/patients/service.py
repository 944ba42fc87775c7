"""The acts on patients: enter, read, change, find doubles, break the glass.

Belongs here: rules applied to rows, sealing and opening. Does not belong here: HTTP, SQL text, `commit`.
"""

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Row

from app_api.envelope import Act
from app_api.identity.context import AppContext
from app_api.identity.session_book import Principal
from app_api.patients import policy, repository, wall
from app_api.patients.errors import (
    GrantNotFoundError,
    GrantReviewedError,
    PatientExistsError,
    PatientNotFoundError,
    PossibleDuplicateError,
)
from app_api.patients.policy import Relation
from app_api.patients.schemas import (
    EmergencyAccess,
    EmergencyReview,
    EmergencyWish,
    NewPatient,
    PatientChange,
    PatientLine,
    PatientView,
    PersonFields,
)
from core import clock
from core.errors import InputError
from core.ids import new_uuid
from core.key_ring import blind_digest
from core.vocabulary import Role

_PERSON = tuple(PersonFields.model_fields)


async def admit(tx: Act, person: Principal, patient_id: str, kind: str = "patient") -> Relation:
    """Let a person near a patient, or answer that there is no such patient; behind it the second wall stands.

    Every act on one patient begins with this: it says in the audit by which right.

    Raises
    ------
    PatientNotFoundError
    """
    found = await repository.ties(tx.connection, person, patient_id, now=clock.now())
    relation = policy.relation(person.role, found)
    tx.about(kind, patient_id, patient_id=patient_id, relation=relation)
    if relation is Relation.OTHER:
        raise PatientNotFoundError("no such patient among those that you may see")
    await wall.enter(tx.connection, person)
    return relation


def digests(context: AppContext, document: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the blind index of a person: number, phone, e-mail, and family name with birth date."""
    key = context.settings.secrets["blind_index_key"]
    texts = {kind: document.get(kind) for kind in ("identifier", "phone", "email")}
    if document.get("birth_date"):
        texts["family_name_birth_date"] = f"{document['family_name']} {document['birth_date']}"
    return {kind: blind_digest(key, kind, text) for kind, text in texts.items() if text}


async def enter(context: AppContext, tx: Act, person: Principal, wish: NewPatient) -> PatientView:
    """Add a patient; whoever treats patients and enters one is on its care team.

    Raises
    ------
    PatientExistsError, PossibleDuplicateError, InputError
    """
    _check_birth(wish.birth_date)
    patient_id = wish.patient_id or f"pat_{new_uuid().hex}"
    tx.about("patient", patient_id, patient_id=patient_id, relation="any")
    document = {name: value for name, value in wish.model_dump(mode="json", include=set(_PERSON)).items() if value}
    index = digests(context, document)
    await repository.lock_digests(tx.connection, index)
    await _refuse_doubles(tx, index, is_new_person=wish.is_new_person)
    now = clock.now()
    columns = {
        "patient_id": patient_id,
        "sex": wish.sex.value,
        "birth_year": None if wish.birth_date is None else wish.birth_date.year,
        "is_synthetic": False,
        "version": 1,
        "created_by": person.user_id,
        "created_at": now,
        "updated_at": now,
        **await context.vault.seal(tx.connection, document, "patient", patient_id),
    }
    if not await repository.add(tx.connection, columns):
        raise PatientExistsError("a patient with this patient_id exists")
    await repository.index(tx.connection, patient_id, index)
    relation = Relation.OTHER
    if person.role in (Role.DOCTOR, Role.NURSE):
        await repository.assign(tx.connection, patient_id, person.user_id, now=now)
        relation = Relation.ASSIGNED
    tx.version = 1
    tx.tell("patients", {"patient_id": patient_id})
    return PatientView(**document, **_clear(columns), relation=relation)


async def read(context: AppContext, tx: Act, person: Principal, patient_id: str) -> PatientView:
    """Return one patient.

    Raises
    ------
    PatientNotFoundError
    """
    relation = await admit(tx, person, patient_id)
    row = await repository.patient(tx.connection, patient_id)
    if row is None:
        raise PatientNotFoundError("no such patient among those that you may see")
    tx.version = row.version
    document = await context.vault.open(tx.connection, row.sealed, "patient", patient_id)
    return PatientView(**document, **_clear(row._mapping), relation=relation)


async def change(context: AppContext, tx: Act, person: Principal, patient_id: str, wish: PatientChange) -> PatientView:
    """Change what is said of a patient.

    Raises
    ------
    PatientNotFoundError, PatientExistsError, VersionStaleError, VersionMissingError, InputError
    """
    relation = await admit(tx, person, patient_id)
    row = await repository.patient(tx.connection, patient_id, is_change=True)
    if row is None:
        raise PatientNotFoundError("no such patient among those that you may see")
    given = wish.model_dump(mode="json", exclude_unset=True)
    tx.about("patient", patient_id, patient_id=patient_id, relation=relation, fields=sorted(given))
    tx.check_version(row.version)
    _check_birth(wish.birth_date)
    document = await context.vault.open(tx.connection, row.sealed, "patient", patient_id)
    document = {k: v for k, v in (document | given).items() if v is not None and k in _PERSON}
    index = digests(context, document)
    await repository.lock_digests(tx.connection, index)
    await _refuse_doubles(tx, index, is_new_person=True, but=patient_id)
    tx.version = row.version + 1
    birth = document.get("birth_date")
    columns = {
        "sex": given.get("sex", row.sex),
        "birth_year": int(birth[:4]) if birth else None,
        "version": tx.version,
        "updated_at": clock.now(),
        **await context.vault.seal(tx.connection, document, "patient", patient_id),
    }
    await repository.change(tx.connection, patient_id, **columns)
    await repository.index(tx.connection, patient_id, index)
    tx.tell("patients", {"patient_id": patient_id})
    return PatientView(**document, **_clear({**row._mapping, **columns}), relation=relation)


async def listed(context: AppContext, tx: Act, person: Principal, *, offset: int, limit: int) -> list[PatientLine]:
    """Return the patients that a person may see (one more than a page), with names."""
    await wall.enter(tx.connection, person)
    rows = await repository.seen_by(tx.connection, person, now=clock.now(), offset=offset, limit=limit + 1)
    tx.about("patient", *(row.patient_id for row in rows[:limit]), relation="own" if _is_self(person) else "assigned")
    lines = []
    for row in rows:
        document = await context.vault.open(tx.connection, row.sealed, "patient", row.patient_id)
        name = f"{document['family_name']}, {document['given_name']}"
        lines.append(PatientLine(display_name=name, **{k: row._mapping[k] for k in _LINE}))
    return lines


_LINE = ("patient_id", "birth_year", "sex", "is_synthetic")
_CLEAR = ("patient_id", "sex", "is_synthetic", "version", "created_at", "updated_at")


async def break_glass(
    context: AppContext, tx: Act, person: Principal, patient_id: str, wish: EmergencyWish
) -> EmergencyAccess:
    """Give a person access to any patient for an hour; the patient sees it and an administrator reviews it.

    Raises
    ------
    PatientNotFoundError
    """
    tx.about("patient", patient_id, patient_id=patient_id, relation="break_glass")
    if not await repository.is_known(tx.connection, patient_id):
        raise PatientNotFoundError("no such patient")
    grant_id, now = new_uuid(), clock.now()
    columns = {
        "grant_id": grant_id,
        "patient_id": patient_id,
        "user_id": person.user_id,
        "granted_at": now,
        "expires_at": now + policy.EMERGENCY_ACCESS,
        **await context.vault.seal(tx.connection, {"reason": wish.reason}, "break_glass", grant_id),
    }
    await repository.add_grant(tx.connection, columns)
    tx.tell("break_glass", {"grant_id": str(grant_id)})
    return EmergencyAccess(
        grant_id=grant_id,
        patient_id=patient_id,
        granted_at=now,
        expires_at=columns["expires_at"],
        review_due_at=now + policy.REVIEW_DUE,
    )


async def review_line(context: AppContext, tx: Act, row: Row[Any]) -> EmergencyReview:
    """Return an emergency access with its reason."""
    document = await context.vault.open(tx.connection, row.sealed, "break_glass", row.grant_id)
    return EmergencyReview(
        review_due_at=row.granted_at + policy.REVIEW_DUE,
        reason=document["reason"],
        **{k: row._mapping[k] for k in _REVIEW},
    )


_REVIEW = (
    "grant_id", "patient_id", "user_id", "display_name", "role", "granted_at", "expires_at", "reviewed_at", "verdict",
)  # fmt: skip


async def review(tx: Act, person: Principal, grant_id: uuid.UUID, *, is_justified: bool) -> None:
    """Close the review of an emergency access; nobody reviews their own.

    Raises
    ------
    GrantNotFoundError, GrantReviewedError
    """
    row = await repository.grant(tx.connection, grant_id)
    if row is None:
        raise GrantNotFoundError(f"no emergency access {grant_id}")
    verdict = "justified" if is_justified else "not_justified"
    tx.about("break_glass", grant_id, patient_id=row.patient_id, relation="any", reason_code=verdict)
    if row.reviewed_at is not None:
        raise GrantReviewedError("this emergency access was reviewed already")
    await repository.change_grant(
        tx.connection, grant_id, reviewed_at=clock.now(), reviewed_by=person.user_id, verdict=verdict
    )


async def _refuse_doubles(tx: Act, index: Mapping[str, bytes], *, is_new_person: bool, but: str = "") -> None:
    known = [row for row in await repository.found(tx.connection, index) if row.patient_id != but]
    same_number = [row.patient_id for row in known if row.kind == "identifier"]
    if same_number:
        raise PatientExistsError(f"this identifier belongs to the patient {same_number[0]}")
    alike = [row.patient_id for row in known if row.kind == "family_name_birth_date"]
    if alike and not is_new_person:
        raise PossibleDuplicateError(
            f"family name and birth date fit the patient {', '.join(alike[:3])}; say is_new_person if it is another"
        )


def _check_birth(birth: date | None) -> None:
    if birth is not None and birth > clock.today():
        raise InputError("birth_date is in the future", code="future_time")


def _is_self(person: Principal) -> bool:
    return person.role is Role.PATIENT


def _clear(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: columns[name] for name in _CLEAR}
