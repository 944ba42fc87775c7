"""Our rows as FHIR R4 resources.

Belongs here: pure functions, row in and resource out. Does not belong here: SQL, HTTP, ids (`identifiers`).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import Row

from app_api.appointments.slot_states import ScheduledSlot, SlotState
from core.vocabulary import RISK_MODEL_NAME, RiskLevel
from serving.fhir.identifiers import fhir_id, reference, slot_id
from serving.fhir.resources import (
    Annotation,
    Appointment,
    Bundle,
    BundleEntry,
    BundleLink,
    CodeableConcept,
    Coding,
    Device,
    DeviceName,
    DeviceVersion,
    Identifier,
    Meta,
    Participant,
    Period,
    Prediction,
    Reference,
    RiskAssessment,
    Slot,
)
from serving.fhir.search import Search

SLOT_STATUS_SYSTEM: Final = "http://hl7.org/fhir/slotstatus"
APPOINTMENT_STATUS_SYSTEM: Final = "http://hl7.org/fhir/appointmentstatus"
_LEVELS_SYSTEM: Final = "urn:medisync:risk-level"
#: What an outcome is predicted for (`core.vocabulary`: the label of the risk models).
_HORIZON: Final = timedelta(days=30)

#: Said of everything in a synthetic hospital.
_TEST_DATA: Final = Coding(
    system="http://terminology.hl7.org/CodeSystem/v3-ActReason", code="HTEST", display="test health data"
)
SLOT_STATUS: Final[Mapping[SlotState, str]] = {
    SlotState.FREE: "free",
    SlotState.TAKEN: "busy",
    SlotState.PAST: "busy-unavailable",
    SlotState.CLOSED: "busy-unavailable",
}
#: Our status -> FHIR's. A hold is agreed on by nobody yet, a request waits for the clinic; what ended so is cancelled.
APPOINTMENT_STATUS: Final[Mapping[str, str]] = {
    "held": "proposed",
    "requested": "pending",
    "booked": "booked",
    "arrived": "arrived",
    "checked_in": "checked-in",
    "completed": "fulfilled",
    "cancelled": "cancelled",
    "expired": "cancelled",
    "no_show": "noshow",
}
_ABSTAINED: Final = "The model abstained: too little is known of this visit, or it cannot be so."
_OUTCOMES: Final[Mapping[RiskLevel, str]] = {
    RiskLevel.LOW: "Discharged, or left, within 30 days",
    RiskLevel.MODERATE: "Admitted within 30 days",
    RiskLevel.HIGH: "Intensive care or death within 30 days",
}


def meanings(statuses: Mapping[Any, str]) -> dict[str, set[str]]:
    """Return FHIR's code -> ours."""
    found: dict[str, set[str]] = {}
    for ours, code in statuses.items():
        found.setdefault(code, set()).add(str(ours))
    return found


def _meta(*, is_synthetic: bool, version: int | None = None, updated: datetime | None = None) -> Meta:
    return Meta(
        version_id=None if version is None else str(version),
        last_updated=updated,
        security=[_TEST_DATA] if is_synthetic else None,
    )


def slot(one: ScheduledSlot, *, is_synthetic: bool) -> Slot:
    """Return a slot of weekly hours; whose it is stands in its schedule's display."""
    return Slot(
        id=slot_id(one.hours.schedule_id, one.slot.starts_at),
        meta=_meta(is_synthetic=True) if is_synthetic else None,
        specialty=[CodeableConcept(text=one.hours.specialty)],
        schedule=reference("Schedule", str(one.hours.schedule_id), display=one.hours.provider_name),
        status=SLOT_STATUS[one.state],
        start=one.slot.starts_at,
        end=one.slot.ends_at,
    )


def appointment(row: Row[Any], *, is_synthetic: bool) -> Appointment:
    """Return an appointment with patient, provider and room as participants, without what staff wrote about it."""
    is_open = row.status in ("held", "requested")
    patient = "needs-action" if row.is_offer else "tentative" if row.status == "held" else "accepted"
    taking_part = [
        Participant(actor=reference("Patient", row.patient_id), required="required", status=patient),
        Participant(
            actor=reference("Practitioner", str(row.provider_id), display=row.provider_name),
            required="required",
            status="needs-action" if is_open else "accepted",
        ),
    ]
    if row.room_id is not None:
        room = reference("Location", str(row.room_id), display=row.room_name)
        taking_part.append(Participant(actor=room, status="accepted"))
    return Appointment(
        id=str(row.appointment_id),
        meta=_meta(is_synthetic=is_synthetic, version=row.version),
        status=APPOINTMENT_STATUS[row.status],
        cancelation_reason=CodeableConcept(text="not confirmed in time") if row.status == "expired" else None,
        specialty=[CodeableConcept(text=row.specialty)],
        start=row.starts_at,
        end=row.ends_at,
        minutes_duration=max(1, round((row.ends_at - row.starts_at) / timedelta(minutes=1))),
        created=row.created_at,
        participant=taking_part,
    )


def risk_assessment(row: Row[Any], visit: Row[Any], *, is_synthetic: bool) -> RiskAssessment:
    """Return what a version of the model said of a visit; where it abstained, that instead of predictions."""
    written = fhir_id(row.receipt_id)
    assert written is not None
    model = Device(
        id="model", device_name=[DeviceName(name=RISK_MODEL_NAME)], version=[DeviceVersion(value=str(row.version))]
    )
    return RiskAssessment(
        id=written,
        meta=_meta(is_synthetic=is_synthetic, updated=row.assessed_at),
        contained=[model],
        identifier=[Identifier(system="urn:medisync:receipt", value=row.receipt_id)],
        method=CodeableConcept(
            coding=[Coding(system="urn:medisync:risk-model", version=str(row.version), code=RISK_MODEL_NAME)],
            text=f"{RISK_MODEL_NAME} version {row.version}: consensus of a network and a forest",
        ),
        code=CodeableConcept(text="What becomes of an emergency visit within 30 days of registration"),
        subject=reference("Patient", visit.patient_id),
        encounter=Reference(
            type="Encounter", identifier=Identifier(system="urn:medisync:registration", value=visit.registration_id)
        ),
        occurrence_date_time=row.assessed_at,
        performer=Reference(reference="#model", type="Device"),
        prediction=None if row.level is None else _predictions(row, visit.registered_at),
        note=[Annotation(text=_ABSTAINED)] if row.level is None else None,
    )


def _predictions(row: Row[Any], registered_at: datetime) -> list[Prediction]:
    """Return the chance of each outcome; the level that is said stands at its outcome, which comes first."""
    chances = {
        RiskLevel.LOW: row.probability_low,
        RiskLevel.MODERATE: row.probability_moderate,
        RiskLevel.HIGH: row.probability_high,
    }
    said = RiskLevel.HIGH if row.level == RiskLevel.CRITICAL else RiskLevel(row.level)
    return [
        Prediction(
            outcome=CodeableConcept(coding=[Coding(system=_LEVELS_SYSTEM, code=level)], text=_OUTCOMES[level]),
            probability_decimal=None if chance is None else round(100 * chance, 2),
            qualitative_risk=CodeableConcept(coding=[Coding(system=_LEVELS_SYSTEM, code=row.level)])
            if level is said
            else None,
            when_period=Period(start=registered_at, end=registered_at + _HORIZON),
        )
        for level, chance in sorted(chances.items(), key=lambda one: one[0] is not said)
        if chance is not None or level is said
    ]


def bundle(found: list[Any], search: Search, *, base: str, kind: str, following: int | None) -> Bundle:
    """Return one page of what a search found, with the address of this page and of the next."""
    asked = [(name, value) for name, value in search.given if name not in ("_count", "_cursor", "_format")]
    here = [*asked, ("_count", str(search.limit))]

    def link(relation: str, offset: int) -> BundleLink:
        paged = [*here, ("_cursor", str(offset))] if offset else here
        return BundleLink(relation=relation, url=f"{base}/{kind}?{urlencode(paged)}")

    return Bundle(
        link=[link("self", search.offset), *([] if following is None else [link("next", following)])],
        entry=[BundleEntry(full_url=f"{base}/{kind}/{one.id}", resource=one) for one in found],
    )
