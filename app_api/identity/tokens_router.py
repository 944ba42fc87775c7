"""Machine tokens and the password, of oneself.

Belongs here: HTTP of `/api/auth/tokens` and `/api/auth/password`. Does not belong here: rules (`tokens`, `service`).
"""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from app_api.identity import cookies, service, sessions, tokens
from app_api.identity.access import OwnSession
from app_api.identity.context import Context, address_of, request_id_of
from app_api.identity.schemas import CreatedToken, NewToken, PasswordChange, TokenList, TokenView
from app_api.problem_docs import problems

router = APIRouter(prefix="/api/auth", tags=["auth"])


@router.get("/tokens")
async def list_tokens(person: OwnSession, context: Context) -> TokenList:
    """List one's own tokens that still hold, and the rights that a new one may have."""
    async with context.engine.connect() as connection:
        rows = await tokens.tokens_of(connection, person.user_id)
    items = [TokenView.model_validate(row, from_attributes=True) for row in rows]
    return TokenList(items=items, allowed_scopes=tokens.allowed_scopes(person.role))


@router.post("/tokens", status_code=201, responses=problems(404, 409))
async def create_token(body: NewToken, person: OwnSession, request: Request, context: Context) -> CreatedToken:
    """Make a token with some of one's own rights; it is shown this once."""
    async with context.engine.begin() as connection:
        row, token = await tokens.make(
            connection,
            person,
            name=body.name,
            scopes=body.scopes,
            lifetime=timedelta(days=body.lifetime_days),
            queue_id=body.queue_id,
        )
        await service.audit(connection, person, "token.create", request=request)
    return CreatedToken(**row._mapping, token=token)


@router.delete("/tokens/{token_id}", status_code=204, responses=problems(404))
async def revoke_token(
    token_id: Annotated[str, Path(pattern="^[A-Za-z0-9]{8}$")], person: OwnSession, request: Request, context: Context
) -> None:
    """End a token at once, its open sockets included."""
    async with context.engine.begin() as connection:
        secret_hash = await tokens.revoke(connection, person.user_id, token_id)
        await service.audit(connection, person, "token.revoke", request=request)
    await sessions.announce_revoked(context, [secret_hash])


@router.post("/password", status_code=204, responses=problems(429))
async def change_password(
    body: PasswordChange, person: OwnSession, request: Request, response: Response, context: Context
) -> None:
    """Set a new password; all of one's own sessions end, this one too."""
    hashed = await service.hash_new_password(
        context, person, password=body.password, new_password=body.new_password, address=address_of(request)
    )
    by = sessions.by(person, request_id_of(request))
    async with context.engine.begin() as connection:
        await service.change_password(connection, person, password_hash=hashed, by=by)
        await service.audit(connection, person, "user.change_password", request=request)
    await sessions.announce_revoked_user(context, person.user_id)
    cookies.clear_session(request, response, cookie_secure=context.settings.cookie_secure)
