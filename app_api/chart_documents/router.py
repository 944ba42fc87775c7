"""HTTP of a chart's documents.

Belongs here: routes below `/api/patients/{id}/documents`. Does not belong here: rules (`service`), what is in a file
(`app_api.uploads`).
"""

import hashlib
import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from app_api.chart_documents import service
from app_api.chart_documents.schemas import DocumentFields, DocumentPage, DocumentView, EnteredInError
from app_api.envelope import Act, Write, problems_of_writes
from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.identity.session_book import Principal
from app_api.patients.router import PatientId
from app_api.problem_docs import problems
from app_api.uploads import documents
from app_api.uploads.attachment import FILE_ANSWER, attachment, form_of
from app_api.wire import Cursor, Limit, offset_of, offset_page

router = APIRouter(prefix="/api/patients/{patient_id}/documents", tags=["documents"])

Reader = Annotated[Principal, Depends(need("document.read"))]
Writer = Annotated[Principal, Depends(need("document.write"))]
_SCHEMA = DocumentFields.model_json_schema()
_FORM = form_of({"kind": _SCHEMA["$defs"]["DocumentKind"], "title": _SCHEMA["properties"]["title"]})


@router.get("", response_model=DocumentPage, responses=problems(404))
async def list_chart_documents(
    patient_id: PatientId, person: Reader, context: Context, write: Write, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """List a chart's documents, the newest first."""
    offset = offset_of(cursor)

    async def act(tx: Act) -> DocumentPage:
        views = await service.listed(context, tx, person, patient_id, offset=offset, limit=limit)
        shown, following = offset_page(views, offset=offset, limit=limit)
        return DocumentPage(items=list(shown), next=following)

    return await write.look(person, "document.read", act)


@router.post(
    "", status_code=201, response_model=DocumentView, responses=problems_of_writes(404, 413), openapi_extra=_FORM
)
async def file_chart_document(
    patient_id: PatientId, person: Writer, request: Request, context: Context, write: Write
) -> Response:
    """File a document in a chart; its type is judged by its content."""
    content, form = await documents.read_form(request)
    fields = service.fields_of(form)
    document = await documents.inspected(content, clamd=context.settings.clamd)

    async def act(tx: Act) -> DocumentView:
        return await service.file(context, tx, person, patient_id, document, fields)

    same = hashlib.sha256(content).digest() + fields.model_dump_json().encode()
    return await write.once(person, "document.write", act, status=201, content=same)


@router.get("/{document_id}/file", response_class=Response, responses={**FILE_ANSWER, **problems(404)})
async def read_chart_document(
    patient_id: PatientId, document_id: uuid.UUID, person: Reader, context: Context, write: Write
) -> Response:
    """Take a document out, as a file."""
    found: list[tuple[str, bytes]] = []

    async def act(tx: Act) -> None:
        found.append(await service.handed_out(context, tx, person, patient_id, document_id))

    await write.look(person, "document.read", act)
    return attachment(document_id, *found[0])


@router.post("/{document_id}/entered-in-error", response_model=DocumentView, responses=problems_of_writes(404))
async def mark_chart_document(
    patient_id: PatientId,
    document_id: uuid.UUID,
    body: EnteredInError,
    person: Writer,
    context: Context,
    write: Write,
) -> Response:
    """Mark a document as entered in error, with a reason; If-Match names the version that was seen."""

    async def act(tx: Act) -> DocumentView:
        return await service.mark(context, tx, person, patient_id, document_id, body.reason)

    return await write.once(person, "document.write", act)
