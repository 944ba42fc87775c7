"""HTTP of registered clients, for administrators.

Belongs here: `/api/smart/clients`. Does not belong here: rules (`service`), tokens (`token_router`).
"""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from app_api.envelope import Act, Write, problems_of_writes
from app_api.identity.access import need
from app_api.identity.context import Context
from app_api.identity.session_book import Principal
from app_api.smart import repository, service
from app_api.smart.schemas import ClientPage, ClientView, NewClient, view
from app_api.wire import Cursor, Limit, offset_of, offset_page

router = APIRouter(prefix="/api/smart/clients", tags=["smart"])


@router.get("", dependencies=[Depends(need("smart_client.list"))])
async def list_clients(context: Context, limit: Limit = 50, cursor: Cursor = None) -> ClientPage:
    """List clients: those that hold first, then the newest first; revoked ones stay on the list."""
    offset = offset_of(cursor)
    async with context.engine.connect() as connection:
        rows = await repository.clients(connection, offset=offset, limit=limit + 1)
    shown, following = offset_page(rows, offset=offset, limit=limit)
    return ClientPage(items=[view(row) for row in shown], next=following)


@router.post("", status_code=201, response_model=ClientView, responses=problems_of_writes())
async def register_client(
    body: NewClient, person: Annotated[Principal, Depends(need("smart_client.register"))], write: Write
) -> Response:
    """Register a program with its public keys and the scopes beyond which it gets no token."""

    async def act(tx: Act) -> ClientView:
        tx.about("smart_client", relation="any")
        row = await service.register(tx.connection, person, body)
        tx.about("smart_client", row.client_id, relation="any", fields=("public_keys", "scopes"))
        return view(row)

    return await write.once(person, "smart_client.register", act, status=201)


@router.delete("/{client_id}", status_code=204, responses=problems_of_writes(404))
async def revoke_client(
    client_id: uuid.UUID, person: Annotated[Principal, Depends(need("smart_client.revoke"))], write: Write
) -> Response:
    """End a client and the tokens that it holds, at once."""

    async def act(tx: Act) -> None:
        tx.about("smart_client", client_id, relation="any")
        await service.revoke(tx.connection, person, client_id)

    return await write.once(person, "smart_client.revoke", act)
