"""Signing in and out, and one's own sessions.

Belongs here: HTTP of `/api/auth` and `/api/users/me`. Does not belong here: rules and SQL.
"""

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from app_api.identity import cookies, endings, mfa, passkeys, repository, service, sessions
from app_api.identity.access import CurrentSession, OwnSession, need
from app_api.identity.context import Context, address_of, request_id_of
from app_api.identity.endings import Ending
from app_api.identity.schemas import (
    Credentials,
    Me,
    NewAccount,
    NewPatientAccount,
    ProfileChange,
    SecondStep,
    SessionList,
    SessionView,
)
from app_api.identity.session_book import Principal
from app_api.problem_docs import problems
from core.vocabulary import Role

router = APIRouter(prefix="/api", tags=["auth"])


@router.post("/auth/login", responses=problems(401, 429))
async def login(body: Credentials, request: Request, response: Response, context: Context) -> Me | SecondStep:
    """Sign in by e-mail and password; the answer sets the session cookie, or asks for the second factor."""
    person = await service.check_credentials(
        context, email=body.email, password=body.password, address=address_of(request)
    )
    secure = context.settings.cookie_secure
    async with context.engine.begin() as connection:
        is_enrolled, _ = await mfa.state_of(connection, person.user_id)
        if is_enrolled or mfa.is_mandatory(context, person.role):
            token = secrets.token_urlsafe(32)
            await mfa.open_challenge(connection, person.user_id, sessions.token_hash(token))
            cookies.set_challenge(request, response, token, cookie_secure=secure)
            has_passkey = await passkeys.has_any(connection, person.user_id)
            return SecondStep(enrolment_required=not is_enrolled, has_passkey=has_passkey)
        token, ended = await service.open_session(connection, person, request=request)
    await context.throttle.succeeded(email=person.email)
    await sessions.announce_revoked(context, ended)
    cookies.set_session(request, response, token, cookie_secure=secure)
    return Me.of(person)


@router.post("/auth/register", status_code=201, responses=problems(409, 429))
async def register(body: NewPatientAccount, request: Request, response: Response, context: Context) -> Me:
    """Open a patient's account and sign it in; it sees no record until the hospital links it to one."""
    wish = NewAccount(role=Role.PATIENT, **body.model_dump())
    async with service.counted_registration(context, email=body.email, address=address_of(request)):
        hashed, _ = await service.hash_first_password(context, wish)
        async with context.engine.begin() as connection:
            person = sessions.principal_of(await service.create_account(connection, wish, password_hash=hashed))
            token, _ = await sessions.open_new_session(connection, person)
            session = endings.session_id(sessions.token_hash(token))
            await service.audit(connection, person, "user.register", request=request, session=session)
    cookies.set_session(request, response, token, cookie_secure=context.settings.cookie_secure)
    return Me.of(person)


@router.post("/auth/logout", status_code=204, dependencies=[Depends(need("session.own"))])
async def logout(session: CurrentSession, request: Request, response: Response, context: Context) -> None:
    """End this session at once."""
    by = sessions.by(session.principal, request_id_of(request))
    async with context.engine.begin() as connection:
        await endings.end(connection, [session.token_hash], Ending.SIGNED_OUT, by=by)
    await sessions.announce_revoked(context, [session.token_hash])
    cookies.clear_session(request, response, cookie_secure=context.settings.cookie_secure)


@router.get("/auth/sessions")
async def list_sessions(person: OwnSession, session: CurrentSession, context: Context) -> SessionList:
    """List one's own open sessions, newest first."""
    async with context.engine.connect() as connection:
        rows = await repository.sessions_of(connection, person.user_id)
    return SessionList(
        items=[
            SessionView(
                session_id=endings.session_id(row.token_hash),
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
    by = sessions.by(person, request_id_of(request))
    async with context.engine.begin() as connection:
        await endings.end_all_of(connection, person.user_id, Ending.ENDED_BY_OWNER, by=by)
    await sessions.announce_revoked_user(context, person.user_id)
    cookies.clear_session(request, response, cookie_secure=context.settings.cookie_secure)


@router.delete("/auth/sessions/{session_id}", status_code=204, responses=problems(404))
async def end_session(
    session_id: Annotated[str, Path(pattern="^[0-9a-f]{16}$")], person: OwnSession, request: Request, context: Context
) -> None:
    """End one of one's own sessions at once."""
    async with context.engine.begin() as connection:
        ended = await sessions.end_one_session(connection, person, session_id, request_id=request_id_of(request))
    await sessions.announce_revoked(context, [ended])


@router.get("/users/me", tags=["users"])
async def read_me(person: Annotated[Principal, Depends(need("user.read_self"))]) -> Me:
    """Say who is signed in."""
    return Me.of(person)


@router.patch("/users/me", tags=["users"])
async def update_me(body: ProfileChange, person: OwnSession, request: Request, context: Context) -> Me:
    """Change one's own shown name or the language of what one reads; doing it twice is doing it once."""
    columns = body.columns()
    if not columns:
        return Me.of(person)
    async with context.engine.begin() as connection:
        await repository.change_account(connection, person.user_id, **columns)
        await service.audit(connection, person, "user.update_self", request=request, fields=sorted(columns))
        row = await repository.account(connection, person.user_id)
    await sessions.announce_changed_user(context, person.user_id)
    assert row is not None, "an account is never deleted"
    return Me.of(sessions.principal_of(row))
