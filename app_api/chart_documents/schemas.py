"""A chart's documents on the wire.

Belongs here: requests and answers. Does not belong here: rules (`service`), the file itself.
"""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app_api.wire import Line, Page, ShortLine

MIN_REASON = 10


class DocumentKind(StrEnum):
    """What a document is."""

    REFERRAL = "referral"
    DISCHARGE_LETTER = "discharge_letter"
    RESULT = "result"
    CONSENT = "consent"
    OTHER = "other"


class DocumentFields(BaseModel):
    """What a form says beside the file."""

    kind: DocumentKind
    title: ShortLine


class DocumentView(BaseModel):
    """A document of a chart, without the file."""

    document_id: uuid.UUID
    patient_id: str
    kind: DocumentKind
    title: str
    media_type: str
    size_bytes: int = Field(ge=0)
    file_sha256: str = Field(description="Of the bytes that are kept")
    status: Literal["current", "entered_in_error"]
    version: int = Field(ge=1)
    uploaded_by: str = Field(description="Shown name of whoever filed it")
    uploaded_at: datetime
    marked_by: str | None = Field(description="Shown name of whoever marked it as entered in error")
    marked_at: datetime | None
    reason: str | None = Field(description="Why it was entered in error")


class DocumentPage(Page):
    items: list[DocumentView]


ErrorReason = Annotated[Line, Field(min_length=MIN_REASON, max_length=500)]


class EnteredInError(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: ErrorReason = Field(description="Kept sealed beside the document; clinicians see it")
