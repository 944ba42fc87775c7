"""A sentence of any room in the reader's language.

Belongs here: which phrase books there are. Does not belong here: the sentences (`spanish.py` of each room).
"""

from typing import Final

from app_api.appointments import spanish as appointments
from app_api.chart_documents import spanish as chart_documents
from app_api.checkin import spanish as checkin
from app_api.envelope import spanish as envelope
from app_api.identity import spanish as identity
from app_api.notifications import spanish as notifications
from app_api.patients import spanish as patients
from app_api.queue import spanish as queue
from app_api.records import spanish as records
from app_api.registrations import spanish as registrations
from app_api.sentences import PhraseBook
from app_api.shifts import spanish as shifts
from app_api.smart import spanish as smart
from app_api.staff import spanish as staff
from app_api.stewardship import spanish as stewardship
from app_api.surge import spanish as surge
from app_api.uploads import spanish as uploads
from app_api.verifications import spanish as verifications
from serving import spanish as service
from serving.fhir import spanish as fhir

BOOKS: Final = tuple(
    PhraseBook(room.SENTENCES, name=room.__name__)
    for room in (
        appointments, chart_documents, checkin, envelope, identity, notifications, patients, queue, records,
        registrations, shifts, smart, staff, stewardship, surge, uploads, verifications, service, fhir,
    )
)  # fmt: skip


def in_spanish(sentence: str) -> str | None:
    """Return a sentence in Spanish; None when no room has words for it."""
    found = [said for book in BOOKS if (said := book.look_up(sentence)) is not None]
    return max(found)[1] if found else None
