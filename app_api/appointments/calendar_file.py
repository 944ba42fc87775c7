"""An appointment as an iCalendar file (RFC 5545).

Belongs here: the VEVENT. Does not belong here: who may fetch it. It names the provider, never the patient.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Row

_STATUS = {
    "held": "TENTATIVE",
    "requested": "TENTATIVE",
    "cancelled": "CANCELLED",
    "expired": "CANCELLED",
    "no_show": "CANCELLED",
}


def calendar_of(row: Row[Any], *, now: datetime) -> bytes:
    """Return the file; its UID stays the same, its SEQUENCE grows, so that a calendar replaces the earlier entry."""
    from icalendar import Calendar, Event  # at the first use: a worker's start need not wait for it

    event = Event()
    event.add("uid", f"{row.appointment_id}@medisync")
    event.add("dtstamp", now)
    event.add("dtstart", row.starts_at)
    event.add("dtend", row.ends_at)
    event.add("summary", f"Appointment with {row.provider_name}")
    if row.room_name is not None:
        event.add("location", row.room_name)
    event.add("status", _STATUS.get(row.status, "CONFIRMED"))
    event.add("sequence", row.version)
    calendar = Calendar()
    calendar.add("prodid", "-//MediSync//Appointments//EN")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    return calendar.to_ical()
