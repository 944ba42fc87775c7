"""Our ids as FHIR ids and back.

Belongs here: the two forms of an id, references. Does not belong here: which rows there are.

FHIR's ids have letters, digits, `-` and `.` only; ours may have `_` and `:` too. `.` therefore begins two hexadecimal
digits: `pat_7` is `pat.5F7`. Both forms are taken wherever an id is asked for.
"""

import re
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from serving.fhir.resources import Identifier, Reference

_PLAIN: Final = re.compile(r"[A-Za-z0-9-]")
_ESCAPE: Final = re.compile(r"\.([0-9A-Fa-f]{2})")
_LONGEST: Final = 64
_SLOT: Final = re.compile(r"([0-9a-f-]{36})\.(\d{8}T\d{6})", re.ASCII)
#: Years that are searched; outside them PostgreSQL and Python do not agree on every moment.
YEARS: Final = range(1900, 2201)


def fhir_id(text: str) -> str | None:
    """Return an id as FHIR writes it; None where that is longer than FHIR allows.

    Examples
    --------
    >>> fhir_id("rcp_a-b"), native_id("rcp.5Fa-b"), native_id("rcp_a-b")
    ('rcp.5Fa-b', 'rcp_a-b', 'rcp_a-b')
    """
    written = "".join(one if _PLAIN.fullmatch(one) else f".{ord(one):02X}" for one in text)
    return written if len(written) <= _LONGEST else None


def native_id(text: str) -> str:
    """Return the id that a FHIR id stands for; one of ours stays as it is."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)


def reference(kind: str, native: str, *, display: str | None = None) -> Reference:
    """Return a reference by FHIR id, and by our own as identifier."""
    written = fhir_id(native)
    return Reference(
        reference=None if written is None else f"{kind}/{written}",
        type=kind,
        identifier=Identifier(system=f"urn:medisync:{kind.lower()}", value=native),
        display=display,
    )


def slot_id(schedule_id: UUID, starts_at: datetime) -> str:
    """Return the id of a slot, which is kept nowhere: a line of the weekly hours and when the slot begins, in UTC."""
    return f"{schedule_id}.{starts_at.astimezone(UTC):%Y%m%dT%H%M%S}"


def parse_slot_id(text: str) -> tuple[UUID, datetime] | None:
    """Return the line of the weekly hours and when the slot begins; None of what is no slot's id.

    Examples
    --------
    >>> parse_slot_id("00000000-0000-7000-8000-000000000000.20261130T083000")[1].isoformat()
    '2026-11-30T08:30:00+00:00'
    """
    found = _SLOT.fullmatch(text)
    if found is None:
        return None
    try:
        starts_at = datetime.strptime(found[2], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        return (UUID(found[1]), starts_at) if starts_at.year in YEARS else None
    except ValueError:
        return None
