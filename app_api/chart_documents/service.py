"""The acts on a chart's documents: file one, list, hand out, mark as entered in error.

Belongs here: rules applied to rows, sealing and opening. Does not belong here: HTTP, SQL text, `commit`. The right to
a document is the right to the chart (`app_api.patients.service.admit`), behind it stands row-level security. Nothing
is deleted: what was entered in error stays, is not handed to the patient any more (it may be another person's), and
says why.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Row

from app_api.chart_documents import repository
from app_api.chart_documents.errors import (
    ChartFullError,
    DocumentFieldError,
    DocumentKnownError,
    DocumentMarkedError,
    DocumentNotFoundError,
)
from app_api.chart_documents.schemas import DocumentFields, DocumentKind, DocumentView
from app_api.envelope import Act
from app_api.identity.context import AppContext
from app_api.identity.session_book import Principal
from app_api.patients.service import admit
from app_api.uploads.attachment import content_of, facts_of, words_of
from app_api.uploads.documents import Document
from core import clock
from core.ids import new_uuid
from core.vocabulary import Role

TOPIC = "chart_documents"
#: Of one chart, whatever became of them.
MAX_DOCUMENTS = 300
_KIND = "chart_document"


def fields_of(form: Mapping[str, str]) -> DocumentFields:
    """Return what a form says beside the file.

    Raises
    ------
    DocumentFieldError
    """
    try:
        return DocumentFields.model_validate({name: form.get(name) for name in DocumentFields.model_fields})
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        allowed = {"kind": f"one of {', '.join(DocumentKind)}", "title": "one line of 1 to 120 characters"}
        raise DocumentFieldError(f"{name} must be {allowed[name]}") from error


async def file(
    context: AppContext, tx: Act, person: Principal, patient_id: str, document: Document, fields: DocumentFields
) -> DocumentView:
    """Put a document into a chart, sealed and bound to its row.

    Raises
    ------
    PatientNotFoundError, DocumentKnownError, ChartFullError
    """
    relation = await admit(tx, person, patient_id, _KIND)
    facts = facts_of(document)
    await repository.lock_uploads(tx.connection, patient_id)
    known = await repository.hashes(tx.connection, patient_id)
    if any((row.file_sha256, row.status) == (facts["file_sha256"], "current") for row in known):
        raise DocumentKnownError("this chart holds this very file already")
    if len(known) >= MAX_DOCUMENTS:
        raise ChartFullError(f"a chart has at most {MAX_DOCUMENTS} documents")
    document_id = new_uuid()
    tx.about(_KIND, document_id, patient_id=patient_id, relation=relation, fields=("document",))
    title = {"title": fields.title}
    columns = {
        "document_id": document_id,
        "patient_id": patient_id,
        "kind": fields.kind.value,
        **facts,
        "status": "current",
        "version": 1,
        "uploaded_by": person.user_id,
        "uploaded_at": clock.now(),
        **await context.vault.seal(tx.connection, title, "chart_document", document_id),
    }
    sealed = await context.vault.seal(tx.connection, words_of(document), "chart_document_file", document_id)
    await repository.add(tx.connection, columns, {"document_id": document_id, "patient_id": patient_id, **sealed})
    tx.version = 1
    tx.tell(TOPIC, {"patient_id": patient_id, "document_id": str(document_id)})
    return _view({**columns, "marked_at": None}, title, uploaded_by=person.display_name, marked_by=None)


async def listed(
    context: AppContext, tx: Act, person: Principal, patient_id: str, *, offset: int, limit: int
) -> list[DocumentView]:
    """Return a chart's documents (one more than a page), the newest first; patients do not see what was an error."""
    await admit(tx, person, patient_id, _KIND)
    is_patient = person.role is Role.PATIENT
    rows = await repository.of_patient(
        tx.connection, patient_id, only_current=is_patient, offset=offset, limit=limit + 1
    )
    views = []
    for row in rows:
        words = await context.vault.open(tx.connection, row.sealed, "chart_document", row.document_id)
        views.append(_view(row._mapping, words, uploaded_by=row.uploaded_by_name, marked_by=row.marked_by_name))
    return views


async def handed_out(
    context: AppContext, tx: Act, person: Principal, patient_id: str, document_id: uuid.UUID
) -> tuple[str, bytes]:
    """Return type and bytes of a document.

    Raises
    ------
    PatientNotFoundError, DocumentNotFoundError
    """
    relation = await admit(tx, person, patient_id, _KIND)
    row = await repository.one(tx.connection, patient_id, document_id)
    if row is None or (person.role is Role.PATIENT and row.status != "current"):
        raise DocumentNotFoundError(f"no document {document_id} in this chart")
    tx.about(_KIND, document_id, patient_id=patient_id, relation=relation, fields=("document",))
    sealed = await repository.sealed_file(tx.connection, document_id)
    words = await context.vault.open(tx.connection, sealed, "chart_document_file", document_id)
    return row.media_type, content_of(words)


async def mark(
    context: AppContext, tx: Act, person: Principal, patient_id: str, document_id: uuid.UUID, reason: str
) -> DocumentView:
    """Mark a document as entered in error; it stays, with the reason.

    Raises
    ------
    PatientNotFoundError, DocumentNotFoundError, DocumentMarkedError, VersionStaleError, VersionMissingError
    """
    relation = await admit(tx, person, patient_id, _KIND)
    row = await _locked(tx, patient_id, document_id)
    tx.about(_KIND, document_id, patient_id=patient_id, relation=relation, fields=("status",))
    tx.check_version(row.version)
    if row.status != "current":
        raise DocumentMarkedError("this document was marked as entered in error already")
    words = await context.vault.open(tx.connection, row.sealed, "chart_document", document_id)
    words |= {"reason": reason}
    tx.version = row.version + 1
    changed = {
        "status": "entered_in_error",
        "version": tx.version,
        "marked_by": person.user_id,
        "marked_at": clock.now(),
        **await context.vault.seal(tx.connection, words, "chart_document", document_id),
    }
    await repository.mark(tx.connection, document_id, **changed)
    tx.tell(TOPIC, {"patient_id": patient_id, "document_id": str(document_id)})
    uploader = await repository.name_of(tx.connection, row.uploaded_by)
    return _view({**row._mapping, **changed}, words, uploaded_by=uploader, marked_by=person.display_name)


async def _locked(tx: Act, patient_id: str, document_id: uuid.UUID) -> Row[Any]:
    row = await repository.one(tx.connection, patient_id, document_id, is_change=True)
    if row is None:
        raise DocumentNotFoundError(f"no document {document_id} in this chart")
    return row


def _view(
    columns: Mapping[str, Any], words: Mapping[str, Any], *, uploaded_by: str, marked_by: str | None
) -> DocumentView:
    names = {"uploaded_by": uploaded_by, "marked_by": marked_by}
    return DocumentView.model_validate({"reason": None, **columns, **words, **names})
