"""A sign-in between its two steps: whose it is, and how it is finished whatever the second step was.

Belongs here: the challenge cookie of a request, the session that follows it. Does not belong here: codes (`mfa`),
passkeys (`passkeys`), routes.
"""

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from app_api.identity import cookies, mfa, repository, service, sessions
from app_api.identity.context import AppContext
from app_api.identity.errors import NotSignedInError
from app_api.identity.schemas import SignedIn
from app_api.identity.session_book import Principal


async def person_half_way(context: AppContext, request: Request, *, is_attempt: bool) -> tuple[Principal, bytes]:
    """Return whose password was right, and the hash of the sign-in's token.

    Raises
    ------
    NotSignedInError
        If no sign-in is half way, or too much was tried.
    """
    token = request.cookies.get(cookies.CHALLENGE, "")
    if not token or len(token) > 128:
        raise NotSignedInError("sign in with e-mail and password first")
    hashed = sessions.token_hash(token)
    # Committed by itself: an attempt counts even if what follows fails.
    async with context.engine.begin() as connection:
        user_id = await mfa.challenged(connection, hashed, is_attempt=is_attempt)
        row = await repository.account(connection, user_id)
    if row is None or not row.is_active:
        raise NotSignedInError("sign in with e-mail and password first")
    return sessions.principal_of(row), hashed


async def open_session(
    connection: AsyncConnection, person: Principal, hashed: bytes, *, request: Request, factor: str
) -> tuple[str, list[bytes]]:
    """Close the sign-in and open its session; return the token, and the hashes of the sessions that gave way."""
    await mfa.close_challenge(connection, hashed)
    return await service.open_session(connection, person, request=request, factor=factor)


async def enter(
    context: AppContext,
    request: Request,
    response: Response,
    person: Principal,
    opened: tuple[str, list[bytes]],
    *,
    recovery_codes: list[str] | None = None,
) -> SignedIn:
    """After the commit: hand the browser its session."""
    token, ended = opened
    await context.throttle.succeeded(email=person.email)
    await sessions.announce_revoked(context, ended)
    secure = context.settings.cookie_secure
    cookies.clear_challenge(request, response, cookie_secure=secure)
    cookies.set_session(request, response, token, cookie_secure=secure)
    return SignedIn.of(person, recovery_codes=recovery_codes)
