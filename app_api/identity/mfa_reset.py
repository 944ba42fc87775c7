"""Taking a lost second factor away: one administrator asks, another one agrees.

Belongs here: rules and SQL of `mfa_reset_request`. Does not belong here: HTTP (`users_router`), the second factor as
such (`mfa`). The password stays, and the next sign-in sets up a new second factor: a reset skips nothing.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from app_api.envelope import Act
from app_api.identity import endings, mfa, repository
from app_api.identity.endings import Ending
from app_api.identity.errors import (
    NoSecondFactorError,
    ResetDecidedError,
    ResetOpenError,
    SecondAdministratorError,
    UnknownResetError,
    UnknownUserError,
)
from app_api.identity.schemas import MfaResetView
from app_api.identity.session_book import Principal
from app_api.identity.sessions import by
from core import clock
from core.db.tables import MfaResetRequest, UserAccount
from core.ids import new_uuid


async def ask(tx: Act, person: Principal, user_id: uuid.UUID, reason: str) -> MfaResetView:
    """Keep the wish; nothing is reset yet.

    Raises
    ------
    UnknownUserError, NoSecondFactorError, ResetOpenError
    """
    tx.about("account", user_id, relation="any", fields=("mfa",))
    if await repository.account(tx.connection, user_id) is None:
        raise UnknownUserError(f"no account {user_id}")
    if not (await mfa.state_of(tx.connection, user_id))[0]:
        raise NoSecondFactorError("this account has no second factor")
    await repository.lock_account(tx.connection, user_id)
    query = select(func.count()).where(MfaResetRequest.user_id == user_id, MfaResetRequest.status == "open")
    if (await tx.connection.execute(query)).scalar_one():
        raise ResetOpenError("a reset of this account waits for another administrator already")
    request_id = new_uuid()
    columns = {
        "request_id": request_id, "user_id": user_id, "requested_by": person.user_id, "requested_at": clock.now(),
        "reason": reason, "status": "open",
    }  # fmt: skip
    await tx.connection.execute(insert(MfaResetRequest).values(**columns))
    tx.tell("mfa_resets", {"request_id": str(request_id)})
    return await _view(tx, request_id)


async def decide(tx: Act, person: Principal, request_id: uuid.UUID, *, is_approved: bool) -> MfaResetView:
    """Close a request; agreeing takes the second factor away and ends the person's sessions.

    Raises
    ------
    UnknownResetError, SecondAdministratorError, ResetDecidedError
    """
    tx.about("mfa_reset", request_id, relation="any")
    query = select(*MfaResetRequest.__table__.columns).where(MfaResetRequest.request_id == request_id)
    row = (await tx.connection.execute(query.with_for_update())).one_or_none()
    if row is None:
        raise UnknownResetError(f"no request {request_id}")
    status = "approved" if is_approved else "refused"
    tx.about("account", row.user_id, relation="any", reason_code=status, fields=("mfa",))
    if person.user_id in (row.requested_by, row.user_id):
        raise SecondAdministratorError("another administrator must decide: neither who asked nor whose account it is")
    if row.status != "open":
        raise ResetDecidedError("this request was decided on already")
    change = update(MfaResetRequest).where(MfaResetRequest.request_id == request_id)
    await tx.connection.execute(change.values(status=status, decided_by=person.user_id, decided_at=clock.now()))
    if is_approved:
        await mfa.reset(tx.connection, row.user_id)
        await endings.end_all_of(tx.connection, row.user_id, Ending.MFA_RESET, by=by(person, tx.request_id))
    return await _view(tx, request_id)


async def requests(connection: AsyncConnection, *, offset: int, limit: int) -> Sequence[Row[Any]]:
    """Return requests, open ones first, then the newest."""
    newest = (MfaResetRequest.requested_at.desc(), MfaResetRequest.request_id)
    query = _shown().order_by(MfaResetRequest.status != "open", *newest)
    return (await connection.execute(query.offset(offset).limit(limit))).all()


def _shown() -> Select[Any]:
    asker, decider = aliased(UserAccount), aliased(UserAccount)
    return (
        select(
            MfaResetRequest.request_id,
            MfaResetRequest.user_id,
            UserAccount.display_name,
            UserAccount.email,
            MfaResetRequest.reason,
            MfaResetRequest.status,
            MfaResetRequest.requested_at,
            MfaResetRequest.decided_at,
            MfaResetRequest.requested_by.label("requested_by_id"),
            asker.display_name.label("requested_by"),
            decider.display_name.label("decided_by"),
        )
        .join(UserAccount, UserAccount.user_id == MfaResetRequest.user_id)
        .outerjoin(asker, asker.user_id == MfaResetRequest.requested_by)
        .outerjoin(decider, decider.user_id == MfaResetRequest.decided_by)
    )


async def _view(tx: Act, request_id: uuid.UUID) -> MfaResetView:
    row = (await tx.connection.execute(_shown().where(MfaResetRequest.request_id == request_id))).one()
    return MfaResetView.model_validate(row, from_attributes=True)
