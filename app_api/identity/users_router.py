"""Accounts, for administrators.

Belongs here: HTTP of `/api/users`. Does not belong here: one's own account (`router`).
"""

import uuid

from fastapi import APIRouter, Depends

from app_api.identity import repository, service
from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.identity.schemas import Account, AccountChange, AccountPage, CreatedAccount, NewAccount
from app_api.problem_docs import problems
from app_api.wire import Cursor, Limit

router = APIRouter(prefix="/api/users", tags=["users"])


@router.get("", dependencies=[Depends(need("user.list"))])
async def list_users(context: Context, limit: Limit = 50, cursor: Cursor = None) -> AccountPage:
    """List accounts in the order of their e-mails."""
    offset = min(cursor or 0, 2**31 - 1)
    async with context.engine.connect() as connection:
        rows = await repository.accounts(connection, offset=offset, limit=limit + 1)
    items = [Account.model_validate(row, from_attributes=True) for row in rows[:limit]]
    return AccountPage(items=items, next=offset + limit if len(rows) > limit else None)


@router.post("", status_code=201, responses=problems(409), dependencies=[Depends(need("user.create"))])
async def create_user(body: NewAccount, context: Context) -> CreatedAccount:
    """Make an account; a password is generated, and shown this once, when none is given."""
    async with context.engine.begin() as connection:
        row, generated = await service.create_account(context, connection, body)
    return CreatedAccount(**row._mapping, generated_password=generated)


@router.patch("/{user_id}", responses=problems(404), dependencies=[Depends(need("user.update"))])
async def update_user(user_id: uuid.UUID, body: AccountChange, context: Context) -> Account:
    """Change name, role or lock; a new role or a lock ends the person's sessions at once."""
    async with context.engine.begin() as connection:
        row, ends = await service.change_account(connection, user_id, body)
    if ends:
        await service.announce_revoked_user(context, user_id)
    return Account.model_validate(row, from_attributes=True)
