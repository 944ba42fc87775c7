"""The acts on proofs of profession: hand one in, decide on it, let its role run out.

Belongs here: rules applied to rows, sealing and opening. Does not belong here: HTTP, SQL text, `commit`.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.envelope import Act
from app_api.envelope.audit import Entry, append
from app_api.identity import endings
from app_api.identity import repository as identity
from app_api.identity.context import AppContext
from app_api.identity.endings import Ending
from app_api.identity.errors import UnknownUserError
from app_api.identity.session_book import Principal
from app_api.identity.sessions import by
from app_api.uploads.attachment import content_of, facts_of, words_of
from app_api.uploads.documents import Document
from app_api.verifications import policy, repository
from app_api.verifications.errors import (
    DecidedError,
    NotYourAccountError,
    TooManyDocumentsError,
    UnknownVerificationError,
)
from app_api.verifications.schemas import VerificationDecision, VerificationView
from core import clock
from core.ids import new_uuid
from core.vocabulary import Role

TOPIC = "verifications"


async def hand_in(
    context: AppContext, tx: Act, person: Principal, user_id: uuid.UUID, document: Document, role: str | None
) -> VerificationView:
    """Keep a document, sealed, until an administrator has decided; the account's role stays as it is.

    Raises
    ------
    NotYourAccountError, UnknownUserError, RoleNotVerifiableError, TooManyDocumentsError
    """
    is_own = user_id == person.user_id
    tx.about("account", user_id, relation="own" if is_own else "any")
    if not is_own and person.role is not Role.ADMIN:
        raise NotYourAccountError("a document is uploaded for one's own account")
    account = await identity.account(tx.connection, user_id)
    if account is None:
        raise UnknownUserError(f"no account {user_id}")
    wanted = policy.wanted_role(role, present=Role(account.role))
    await repository.lock_uploads(tx.connection, user_id)
    if await repository.count_of(tx.connection, user_id) >= policy.MAX_DOCUMENTS:
        raise TooManyDocumentsError(f"an account has at most {policy.MAX_DOCUMENTS} documents")
    verification_id = new_uuid()
    tx.about("verification", verification_id, relation="own" if is_own else "any", fields=("document",))
    columns = {
        "verification_id": verification_id,
        "user_id": user_id,
        "wanted_role": wanted.value,
        **facts_of(document),
        "status": "pending",
        "uploaded_by": person.user_id,
        "uploaded_at": clock.now(),
        **await context.vault.seal(tx.connection, words_of(document), "verification", verification_id),
    }
    await repository.add(tx.connection, columns)
    tx.tell(TOPIC, {"verification_id": str(verification_id)})
    return VerificationView.model_validate({"decided_at": None, "reason": None, "expires_at": None} | columns)


async def document_of(context: AppContext, tx: Act, person: Principal, verification_id: uuid.UUID) -> tuple[str, bytes]:
    """Return type and bytes of a document, to its owner or to an administrator.

    Raises
    ------
    UnknownVerificationError
    """
    tx.about("verification", verification_id, relation="any", fields=("document",))
    row = await repository.one(tx.connection, verification_id)
    if row is None or (row.user_id != person.user_id and person.role is not Role.ADMIN):
        raise UnknownVerificationError(f"no document {verification_id}")
    words = await context.vault.open(tx.connection, row.sealed, "verification", verification_id)
    return row.media_type, content_of(words)


async def decide(
    tx: Act, person: Principal, verification_id: uuid.UUID, wish: VerificationDecision
) -> tuple[Row[Any], bool]:
    """Close an upload; an approval gives the role until its end. Return the row, and whether sessions were ended.

    Raises
    ------
    UnknownVerificationError, DecidedError, SecondPersonError, ExpiryError
    """
    now = clock.now()
    tx.about("verification", verification_id, relation="any", reason_code=wish.decision)
    row = await repository.one(tx.connection, verification_id, is_change=True)
    if row is None:
        raise UnknownVerificationError(f"no document {verification_id}")
    policy.check_decider(person.user_id, subject=row.user_id, uploader=row.uploaded_by)
    is_approval = wish.decision == "approved"
    policy.check_expiry(wish.expires_at, is_approval=is_approval, now=now)
    if row.status != "pending":
        raise DecidedError("this document was decided on already")
    await repository.decide(
        tx.connection, verification_id, status=wish.decision, decided_by=person.user_id, decided_at=now,
        reason=wish.reason, expires_at=wish.expires_at,
    )  # fmt: skip
    ends = False
    if is_approval:
        before = await identity.account(tx.connection, row.user_id)
        assert before is not None, "a document's account cannot be deleted without the document"
        ends = before.role != row.wanted_role
        if ends:
            await endings.end_all_of(tx.connection, row.user_id, Ending.ROLE_CHANGED, by=by(person, tx.request_id))
        await identity.change_account(tx.connection, row.user_id, role=row.wanted_role, role_expires_at=wish.expires_at)
    tx.tell(TOPIC, {"verification_id": str(verification_id)})
    after = await repository.one(tx.connection, verification_id)
    assert after is not None, "the row was changed in this transaction"
    return after, ends


async def lapse(connection: AsyncConnection, now: datetime) -> Sequence[uuid.UUID]:
    """Let every proven role whose time is over fall back, with an audit event each; return whose sessions ended.

    The right itself ends at the very moment (`app_api.identity.policy.role_at`); this is its record.
    """
    lapsed = await repository.lapse_roles(connection, now)
    for user_id in lapsed:
        await endings.end_all_of(connection, user_id, Ending.ROLE_LAPSED, by=endings.SYSTEM)
        entry = Entry(
            actor_id=None,
            actor_role="system",
            action="verification.lapse",
            object_kind="account",
            object_ids=(str(user_id),),
            fields=("role",),
        )
        await append(connection, entry)
    return lapsed
