"""The acts on patients: enter, read, change, find doubles, break the glass.

Belongs here: rules applied to rows, sealing and opening. Does not belong here: HTTP, SQL text, `commit`.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from app_api.envelope import Act
from app_api.identity.context import AppContext
from app_api.identity.session_book import Principal
from app_api.patients import doubles, policy, repository, wall
from app_api.patients.errors import (
    GrantNotFoundError,
    GrantReviewedError,
    OwnGrantError,
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
from core.ids import new_uuid
from core.vocabulary import Role
from ml.linkage import Person

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
    # What is no patient's id may be a name that somebody typed: the audit, which forgets nothing, does not hold it.
    if relation is not Relation.OTHER or await repository.is_known(tx.connection, patient_id):
        tx.about(kind, patient_id, patient_id=patient_id, relation=relation)
    else:
        tx.about(kind, relation=relation)
    if relation is Relation.OTHER:
        raise PatientNotFoundError("no such patient among those that you may see")
    await wall.enter(tx.connection, person)
    return relation


async def enter(context: AppContext, tx: Act, person: Principal, wish: NewPatient) -> PatientView:
    """Add a patient; whoever treats patients and enters one is on its care team.

    Raises
    ------
    PatientExistsError, PossibleDuplicateError, InputError
    """
    policy.check_birth(wish.birth_date, now=clock.now())
    patient_id = wish.patient_id or f"pat_{new_uuid().hex}"
    tx.about("patient", patient_id, patient_id=patient_id, relation="any")
    document = {name: value for name, value in wish.model_dump(mode="json", include=set(_PERSON)).items() if value}
    index = doubles.digests(context, document)
    await repository.lock_digests(tx.connection, index)
    await _refuse_same_number(tx, index)
    if not wish.is_new_person:
        await _refuse_likely_double(context, tx, patient_id, {**document, "sex": wish.sex.value})
    now = clock.now()
    columns = {
        "patient_id": patient_id,
        "sex": wish.sex.value,
        "birth_year": None if wish.birth_date is None else wish.birth_date.year,
        "is_synthetic": False,
        "version": 1,
        "compared_form": 0,
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
    policy.check_birth(wish.birth_date, now=clock.now())
    document = await context.vault.open(tx.connection, row.sealed, "patient", patient_id)
    document = {k: v for k, v in (document | given).items() if v is not None and k in _PERSON}
    index = doubles.digests(context, document)
    await repository.lock_digests(tx.connection, index)
    await _refuse_same_number(tx, index, but=patient_id)
    tx.version = row.version + 1
    birth = document.get("birth_date")
    columns = {
        "sex": given.get("sex", row.sex),
        "birth_year": int(birth[:4]) if birth else None,
        "version": tx.version,
        "compared_form": 0,
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
        name = await display_name(context, tx, row.sealed, row.patient_id)
        lines.append(PatientLine(display_name=name, **{k: row._mapping[k] for k in _LINE}))
    return lines


async def display_name(context: AppContext, tx: Act, sealed: bytes, patient_id: str) -> str:
    """Return a patient's name as lists show it; the caller has made sure that it may be seen."""
    document = await context.vault.open(tx.connection, sealed, "patient", patient_id)
    return f"{document['family_name']}, {document['given_name']}"


async def take_on(tx: Act, person: Principal, patient_id: str) -> None:
    """Put whoever was given a patient on its care team; nothing where the hospital has no record of the patient."""
    if await repository.is_known(tx.connection, patient_id):
        await repository.assign(tx.connection, patient_id, person.user_id, now=clock.now())


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
    tx.about("patient", relation="break_glass")
    if not await repository.is_known(tx.connection, patient_id):
        raise PatientNotFoundError("no such patient")
    tx.about("patient", patient_id, patient_id=patient_id, relation="break_glass")
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
    GrantNotFoundError, OwnGrantError, GrantReviewedError
    """
    tx.about("break_glass", grant_id, relation="any")
    row = await repository.lock_grant(tx.connection, grant_id)
    if row is None:
        raise GrantNotFoundError(f"no emergency access {grant_id}")
    verdict = "justified" if is_justified else "not_justified"
    tx.about("break_glass", grant_id, patient_id=row.patient_id, relation="any", reason_code=verdict)
    if row.user_id == person.user_id:
        raise OwnGrantError("somebody else must review your emergency access")
    if row.reviewed_at is not None:
        raise GrantReviewedError("this emergency access was reviewed already")
    await repository.change_grant(
        tx.connection, grant_id, reviewed_at=clock.now(), reviewed_by=person.user_id, verdict=verdict
    )


async def _refuse_same_number(tx: Act, index: Mapping[str, bytes], *, but: str = "") -> None:
    holder = await repository.holder_of(tx.connection, index.get("identifier"), but=but)
    if holder is not None:
        raise PatientExistsError(f"this identifier belongs to the patient {holder}")


async def _refuse_likely_double(context: AppContext, tx: Act, patient_id: str, entry: Person) -> None:
    found, opened = await doubles.likely(context, tx.connection, entry)
    tx.about("patient", patient_id, *opened, patient_id=patient_id, relation="any")
    if found:
        raise PossibleDuplicateError(f"may be {doubles.in_words(found)}; say is_new_person if it is another person")


def _is_self(person: Principal) -> bool:
    return person.role is Role.PATIENT


def _clear(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: columns[name] for name in _CLEAR}
