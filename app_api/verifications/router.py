"""HTTP of proofs of profession.

Belongs here: `/api/users/{id}/verification` and `/api/verifications`. Does not belong here: rules (`service`), what is
in a file (`app_api.uploads`).
"""

import hashlib
import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from app_api.envelope import Act, Write, problems_of_writes
from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.identity.session_book import Principal
from app_api.identity.sessions import announce_revoked_user
from app_api.problem_docs import problems
from app_api.uploads import documents
from app_api.uploads.attachment import FILE_ANSWER, attachment, form_of
from app_api.verifications import policy, repository, service
from app_api.verifications.schemas import (
    VerificationDecision,
    VerificationLine,
    VerificationList,
    VerificationPage,
    VerificationView,
)
from app_api.wire import Cursor, Limit, offset_of, offset_page

router = APIRouter(prefix="/api", tags=["verifications"])

Uploader = Annotated[Principal, Depends(need("verification.upload"))]
Decider = Annotated[Principal, Depends(need("verification.decide"))]
_FORM = form_of(optional={"wanted_role": {"type": "string", "enum": [str(role) for role in policy.VERIFIABLE]}})


@router.post(
    "/users/{user_id}/verification",
    status_code=201,
    response_model=VerificationView,
    responses=problems_of_writes(404, 413),
    openapi_extra=_FORM,
)
async def upload_document(
    user_id: uuid.UUID, person: Uploader, request: Request, context: Context, write: Write
) -> Response:
    """Hand in a document that proves a profession; an administrator decides on it."""
    content, fields = await documents.read_form(request)
    document = await documents.inspected(content, clamd=context.settings.clamd)
    wanted = fields.get("wanted_role")

    async def act(tx: Act) -> VerificationView:
        return await service.hand_in(context, tx, person, user_id, document, wanted)

    same = hashlib.sha256(content).digest() + (wanted or "").encode()
    return await write.once(person, "verification.upload", act, status=201, content=same)


@router.get("/verifications/mine")
async def list_own_documents(person: Uploader, context: Context) -> VerificationList:
    """List one's own documents and what was decided, the newest first."""
    async with context.engine.connect() as connection:
        rows = await repository.of_user(connection, person.user_id)
    return VerificationList(items=[VerificationView.model_validate(row, from_attributes=True) for row in rows])


@router.get("/verifications", response_model=VerificationPage)
async def list_documents(
    person: Decider,
    write: Write,
    limit: Limit = 50,
    cursor: Cursor = None,
    status: Annotated[str | None, Query(pattern="^(pending|approved|rejected)$")] = None,
) -> Response:
    """List documents, those that wait for a decision first."""
    offset = offset_of(cursor)

    async def act(tx: Act) -> VerificationPage:
        rows = await repository.inbox(tx.connection, status=status, offset=offset, limit=limit + 1)
        shown, following = offset_page(rows, offset=offset, limit=limit)
        tx.about("verification", *(row.verification_id for row in shown), relation="any")
        return VerificationPage(
            items=[VerificationLine.model_validate(row, from_attributes=True) for row in shown],
            next=following,
            pending_count=await repository.pending_count(tx.connection),
        )

    return await write.look(person, "verification.decide", act)


@router.get(
    "/verifications/{verification_id}/document",
    response_class=Response,
    responses={**FILE_ANSWER, **problems(404)},
)
async def read_document(verification_id: uuid.UUID, person: Uploader, context: Context, write: Write) -> Response:
    """Take a document out, as a file: for its owner and for administrators."""
    found: list[tuple[str, bytes]] = []

    async def act(tx: Act) -> None:
        found.append(await service.document_of(context, tx, person, verification_id))

    await write.look(person, "verification.upload", act)
    return attachment(verification_id, *found[0])


@router.post(
    "/verifications/{verification_id}/decision", response_model=VerificationView, responses=problems_of_writes(404)
)
async def decide_on_document(
    verification_id: uuid.UUID, body: VerificationDecision, person: Decider, context: Context, write: Write
) -> Response:
    """Approve or reject a document with a reason; an approval gives the role until `expires_at`."""
    ended: list[uuid.UUID] = []

    async def act(tx: Act) -> VerificationView:
        row, ends = await service.decide(tx, person, verification_id, body)
        ended.extend([row.user_id] if ends else [])
        return VerificationView.model_validate(row, from_attributes=True)

    answer = await write.once(person, "verification.decide", act)
    for user_id in ended:
        await announce_revoked_user(context, user_id)
    return answer
