"""Accounts, for administrators.

Belongs here: HTTP of `/api/users` and of resetting somebody's second factor. Does not belong here: one's own account
(`router`), rules (`service`, `mfa_reset`).
"""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from app_api.envelope import Act, Write, problems_of_writes
from app_api.identity import mfa_reset, repository, service, sessions
from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.identity.schemas import (
    Account,
    AccountChange,
    AccountPage,
    CreatedAccount,
    MfaResetDecision,
    MfaResetPage,
    MfaResetView,
    MfaResetWish,
    NewAccount,
)
from app_api.identity.session_book import Principal
from app_api.wire import Cursor, Limit, offset_of, offset_page

router = APIRouter(prefix="/api/users", tags=["users"])
resets_router = APIRouter(prefix="/api/mfa-resets", tags=["users"])

Resetter = Annotated[Principal, Depends(need("user.reset_mfa"))]


@router.get("", dependencies=[Depends(need("user.list"))])
async def list_users(context: Context, limit: Limit = 50, cursor: Cursor = None) -> AccountPage:
    """List accounts in the order of their e-mails."""
    offset = offset_of(cursor)
    async with context.engine.connect() as connection:
        rows = await repository.accounts(connection, offset=offset, limit=limit + 1)
    shown, following = offset_page(rows, offset=offset, limit=limit)
    items = [Account.model_validate(row, from_attributes=True) for row in shown]
    return AccountPage(items=items, next=following)


@router.post("", status_code=201, response_model=CreatedAccount, responses=problems_of_writes())
async def create_user(
    body: NewAccount, person: Annotated[Principal, Depends(need("user.create"))], context: Context, write: Write
) -> Response:
    """Make an account; a password is generated, and shown this once, when none is given."""

    async def act(tx: Act) -> CreatedAccount:
        tx.about("account", relation="any")
        hashed, generated = await service.hash_first_password(context, body)
        row = await service.create_account(tx.connection, body, password_hash=hashed)
        tx.about("account", row.user_id, relation="any", fields=("role",))
        return CreatedAccount(**row._mapping, generated_password=generated)

    return await write.once(person, "user.create", act, status=201)


@router.patch("/{user_id}", response_model=Account, responses=problems_of_writes(404))
async def update_user(
    user_id: uuid.UUID,
    body: AccountChange,
    person: Annotated[Principal, Depends(need("user.update"))],
    context: Context,
    write: Write,
) -> Response:
    """Change name, role or lock; a new role or a lock ends the person's sessions at once."""
    ended: list[uuid.UUID] = []

    async def act(tx: Act) -> Account:
        tx.about("account", user_id, relation="any", fields=sorted(body.model_dump(exclude_none=True)))
        row, ends = await service.change_account(tx.connection, user_id, body, by=sessions.by(person, tx.request_id))
        ended.extend([user_id] if ends else [])
        return Account.model_validate(row, from_attributes=True)

    answer = await write.once(person, "user.update", act)
    for one in ended:
        await sessions.announce_revoked_user(context, one)
    return answer


@router.post("/{user_id}/mfa-reset", status_code=201, response_model=MfaResetView, responses=problems_of_writes(404))
async def ask_for_mfa_reset(user_id: uuid.UUID, body: MfaResetWish, person: Resetter, write: Write) -> Response:
    """Ask that a lost second factor be taken away; it stays until another administrator agrees."""

    async def act(tx: Act) -> MfaResetView:
        return await mfa_reset.ask(tx, person, user_id, body.reason)

    return await write.once(person, "user.reset_mfa", act, status=201)


@resets_router.get("", dependencies=[Depends(need("user.reset_mfa"))])
async def list_mfa_resets(context: Context, limit: Limit = 50, cursor: Cursor = None) -> MfaResetPage:
    """List requests to take a second factor away, open ones first."""
    offset = offset_of(cursor)
    async with context.engine.connect() as connection:
        rows = await mfa_reset.requests(connection, offset=offset, limit=limit + 1)
    shown, following = offset_page(rows, offset=offset, limit=limit)
    items = [MfaResetView.model_validate(row, from_attributes=True) for row in shown]
    return MfaResetPage(items=items, next=following)


@resets_router.post("/{request_id}/decision", response_model=MfaResetView, responses=problems_of_writes(404))
async def decide_on_mfa_reset(
    request_id: uuid.UUID, body: MfaResetDecision, person: Resetter, context: Context, write: Write
) -> Response:
    """Agree to a reset or refuse it, as the second administrator; the person's sessions end with the second factor."""
    ended: list[uuid.UUID] = []

    async def act(tx: Act) -> MfaResetView:
        view = await mfa_reset.decide(tx, person, request_id, is_approved=body.is_approved)
        ended.extend([view.user_id] if body.is_approved else [])
        return view

    answer = await write.once(person, "user.reset_mfa", act)
    for one in ended:
        await sessions.announce_revoked_user(context, one)
    return answer
