"""Signing in and out, and one's own sessions.

Belongs here: HTTP of `/api/auth` and `/api/users/me`. Does not belong here: rules and SQL.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from app_api.identity import cookies, repository, service
from app_api.identity.access import CurrentSession, need
from app_api.identity.context import Context
from app_api.identity.schemas import Credentials, Me, SessionList, SessionView
from app_api.identity.session_book import Principal
from app_api.problem_docs import problems

router = APIRouter(prefix="/api", tags=["auth"])

OwnSession = Annotated[Principal, Depends(need("session.own"))]


def _me(person: Principal) -> Me:
    return Me(user_id=person.user_id, email=person.email, display_name=person.display_name, role=person.role)


@router.post("/auth/login", responses=problems(401, 429))
async def login(body: Credentials, request: Request, response: Response, context: Context) -> Me:
    """Sign in by e-mail and password; the answer sets the session cookie."""
    address = request.client.host if request.client else ""
    person = await service.check_credentials(context, email=body.email, password=body.password, address=address)
    async with context.engine.begin() as connection:
        token, ended = await service.open_new_session(connection, person)
    await service.announce_revoked(context, ended)
    cookies.set_session(request, response, token, cookie_secure=context.settings.cookie_secure)
    return _me(person)


@router.post("/auth/logout", status_code=204, dependencies=[Depends(need("session.own"))])
async def logout(session: CurrentSession, request: Request, response: Response, context: Context) -> None:
    """End this session at once."""
    async with context.engine.begin() as connection:
        await repository.end_sessions(connection, [session.token_hash])
    await service.announce_revoked(context, [session.token_hash])
    cookies.clear_session(request, response, cookie_secure=context.settings.cookie_secure)


@router.get("/auth/sessions")
async def list_sessions(person: OwnSession, session: CurrentSession, context: Context) -> SessionList:
    """List one's own open sessions, newest first."""
    async with context.engine.connect() as connection:
        rows = await repository.sessions_of(connection, person.user_id)
    return SessionList(
        items=[
            SessionView(
                session_id=service.session_id(row.token_hash),
                created_at=row.created_at,
                last_seen_at=row.last_seen_at,
                expires_at=row.expires_at,
                is_current=row.token_hash == session.token_hash,
            )
            for row in rows
        ]
    )


@router.delete("/auth/sessions", status_code=204)
async def end_all_sessions(person: OwnSession, request: Request, response: Response, context: Context) -> None:
    """End all of one's own sessions, this one too."""
    async with context.engine.begin() as connection:
        await repository.end_sessions_of(connection, person.user_id)
    await service.announce_revoked_user(context, person.user_id)
    cookies.clear_session(request, response, cookie_secure=context.settings.cookie_secure)


@router.delete("/auth/sessions/{session_id}", status_code=204, responses=problems(404))
async def end_session(
    session_id: Annotated[str, Path(pattern="^[0-9a-f]{16}$")], person: OwnSession, context: Context
) -> None:
    """End one of one's own sessions at once."""
    async with context.engine.begin() as connection:
        ended = await service.end_one_session(connection, person, session_id)
    await service.announce_revoked(context, [ended])


@router.get("/users/me", tags=["users"])
async def read_me(person: Annotated[Principal, Depends(need("user.read_self"))]) -> Me:
    """Say who is signed in."""
    return _me(person)
