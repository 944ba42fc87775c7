"""An appointment as an iCalendar file (RFC 5545).

Belongs here: the VEVENT. Does not belong here: who may fetch it. It names the provider, never the patient.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Row

from app_api.appointments.spanish import SENTENCES
from app_api.sentences import PhraseBook
from core.vocabulary import Language

_STATUS = {
    "held": "TENTATIVE",
    "requested": "TENTATIVE",
    "cancelled": "CANCELLED",
    "expired": "CANCELLED",
    "no_show": "CANCELLED",
}

_SPANISH = PhraseBook(SENTENCES)


def calendar_of(row: Row[Any], *, now: datetime, language: Language) -> bytes:
    """Return the file; its UID stays the same, its SEQUENCE grows, so that a calendar replaces the earlier entry."""
    from icalendar import Calendar, Event  # at the first use: a worker's start need not wait for it

    event = Event()
    event.add("uid", f"{row.appointment_id}@medisync")
    event.add("dtstamp", now)
    event.add("dtstart", row.starts_at)
    event.add("dtend", row.ends_at)
    summary = f"Appointment with {row.provider_name}"
    event.add("summary", (_SPANISH.say(summary) if language is Language.SPANISH else None) or summary)
    if row.room_name is not None:
        event.add("location", row.room_name)
    event.add("status", _STATUS.get(row.status, "CONFIRMED"))
    event.add("sequence", row.version)
    calendar = Calendar()
    calendar.add("prodid", "-//MediSync//Appointments//EN")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    return calendar.to_ical()
