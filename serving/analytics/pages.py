"""From published rows to the bytes of every page, for both audiences.

Belongs here: composing, pure. Does not belong here: reading rows (`repository`), keeping bytes (`store`).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson

from core import clock
from core.vocabulary import ANALYTICS_SECTIONS
from ml.small_cells import suppress_sections
from reports.daily import staffing
from serving.compression import compressed


class Audience(StrEnum):
    """Who reads: those who treat patients see counts as they are, all others without small cells."""

    CLINICAL = "clinical"
    OTHERS = "others"


#: Page -> its sections, in the order in which they are read.
SECTIONS_OF: Mapping[str, tuple[str, ...]] = {
    "all": ANALYTICS_SECTIONS,
    "doctor": ("illness_surge", "health_trends", "associations", "demographics", "patient_volume"),
    "nurse": ("patient_volume", "illness_surge", "health_trends"),
}


@dataclass(frozen=True)
class Published:
    """One published section as it was read."""

    section: str
    as_of: datetime
    receipt: str
    data: dict[str, Any]
    published_at: datetime


@dataclass(frozen=True)
class Page:
    """Bytes that are ready to be sent, plain and (unless they are few) as gzip, and the tag of the plain ones."""

    body: bytes
    etag: str
    gzipped: bytes | None


def page_of(content: Any) -> Page:
    """Serialise once; the tag is the hash of the bytes, so that all workers give the same one."""
    return page_from(orjson.dumps(content))


def page_from(body: bytes) -> Page:
    """Return the page of bytes that are serialised already."""
    return Page(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"', compressed(body))


def compose(results: Sequence[Published], *, is_synthetic: bool, now: datetime) -> dict[tuple[str, Audience], Page]:
    """Return every page for every audience.

    Parameters
    ----------
    results : sequence of Published
        At most one a section.
    is_synthetic : bool
        Whether the hospital is a synthetic one.
    now : datetime
        Stands in for the moment of publication while nothing is published.
    """
    generated_at = clock.iso(max((result.published_at for result in results), default=now))
    whole = {result.section: result.data for result in results}
    # All sections at once: what one hides another must not give away.
    variants = {Audience.CLINICAL: whole, Audience.OTHERS: suppress_sections(whole)}
    pages = {}
    for audience in Audience:
        blocks = {result.section: _block(result, variants[audience][result.section]) for result in results}
        for name, sections in SECTIONS_OF.items():
            content: dict[str, Any] = {"generated_at": generated_at, "is_synthetic": is_synthetic}
            if name == "nurse":
                content["staffing"] = staffing(blocks.get("patient_volume"))
            content["sections"] = {section: blocks.get(section) for section in sections}
            pages[name, audience] = page_of(content)
    return pages


def _block(result: Published, data: dict[str, Any]) -> dict[str, Any]:
    return {"section": result.section, "as_of": clock.iso(result.as_of), "receipt": result.receipt, "data": data}
