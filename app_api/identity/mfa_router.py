"""The second factor on the wire.

Belongs here: HTTP of `/api/auth/mfa`. Does not belong here: rules (`mfa`).

The first two routes are for a sign-in half way: their credential is the challenge cookie that the right password set.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from app_api.identity import cookies, mfa, repository, service
from app_api.identity.access import need
from app_api.identity.context import AppContext, Context
from app_api.identity.errors import BadCodeError, NotSignedInError
from app_api.identity.schemas import Code, EnrolmentView, MfaState, SignedIn
from app_api.identity.session_book import Principal
from app_api.problem_docs import problems

router = APIRouter(prefix="/api/auth/mfa", tags=["auth"])

OwnSession = Annotated[Principal, Depends(need("session.own"))]


async def _half_way(context: AppContext, request: Request, *, is_attempt: bool) -> tuple[Principal, bytes]:
    token = request.cookies.get(cookies.CHALLENGE, "")
    if not token or len(token) > 128:
        raise NotSignedInError("sign in with e-mail and password first")
    hashed = service.token_hash(token)
    # Committed by itself: an attempt counts even if what follows fails.
    async with context.engine.begin() as connection:
        user_id = await mfa.challenged(connection, hashed, is_attempt=is_attempt)
        row = await repository.account(connection, user_id)
    if row is None or not row.is_active:
        raise NotSignedInError("sign in with e-mail and password first")
    return service.principal_of(row), hashed


@router.post("", responses=problems(401, 429))
async def confirm_mfa(body: Code, request: Request, response: Response, context: Context) -> SignedIn:
    """Finish a sign-in by a code of the authenticator, or by a recovery code."""
    person, hashed = await _half_way(context, request, is_attempt=True)
    address = request.client.host if request.client else ""
    await context.throttle.check(email=person.email, address=address)
    try:
        async with context.engine.begin() as connection:
            codes = await mfa.check_code(context, connection, person, body.code)
            await mfa.close_challenge(connection, hashed)
            token, ended = await service.open_new_session(connection, person)
            await service.audit(connection, person, "session.open", request=request, fields=("mfa",))
    except BadCodeError:
        await context.throttle.failed(email=person.email, address=address)
        raise
    await context.throttle.succeeded(email=person.email)
    await service.announce_revoked(context, ended)
    secure = context.settings.cookie_secure
    cookies.clear_challenge(request, response, cookie_secure=secure)
    cookies.set_session(request, response, token, cookie_secure=secure)
    return SignedIn(
        user_id=person.user_id,
        email=person.email,
        display_name=person.display_name,
        role=person.role,
        recovery_codes=codes,
    )


@router.post("/enrol", responses=problems(401, 409))
async def enrol_half_way(request: Request, context: Context) -> EnrolmentView:
    """Set up an authenticator during the first sign-in; the first code at `/api/auth/mfa` confirms it."""
    person, _ = await _half_way(context, request, is_attempt=False)
    async with context.engine.begin() as connection:
        made = await mfa.enrol(context, connection, person)
    return EnrolmentView.model_validate(made, from_attributes=True)


@router.get("")
async def read_mfa(person: OwnSession, context: Context) -> MfaState:
    """Say whether one has a second factor."""
    async with context.engine.connect() as connection:
        is_enabled, left = await mfa.state_of(connection, person.user_id)
    must = mfa.is_mandatory(context, person.role)
    return MfaState(is_enabled=is_enabled, is_mandatory=must, recovery_codes_left=left)


@router.post("/setup", responses=problems(409))
async def set_up_mfa(person: OwnSession, context: Context) -> EnrolmentView:
    """Set up an authenticator while signed in."""
    async with context.engine.begin() as connection:
        made = await mfa.enrol(context, connection, person)
    return EnrolmentView.model_validate(made, from_attributes=True)


@router.post("/confirm", responses=problems(401, 429))
async def confirm_set_up(body: Code, person: OwnSession, request: Request, context: Context) -> SignedIn:
    """Confirm an authenticator that was set up while signed in, by its first code; guesses are throttled."""
    address = request.client.host if request.client else ""
    await context.throttle.check(email=person.email, address=address)
    try:
        async with context.engine.begin() as connection:
            codes = await mfa.check_code(context, connection, person, body.code)
            await service.audit(connection, person, "user.mfa_enabled", request=request)
    except BadCodeError:
        await context.throttle.failed(email=person.email, address=address)
        raise
    await context.throttle.succeeded(email=person.email)
    return SignedIn(
        user_id=person.user_id,
        email=person.email,
        display_name=person.display_name,
        role=person.role,
        recovery_codes=codes,
    )
