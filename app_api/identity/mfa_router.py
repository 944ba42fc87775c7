"""The second factor on the wire.

Belongs here: HTTP of `/api/auth/mfa`. Does not belong here: rules (`mfa`).

The first two routes are for a sign-in half way: their credential is the challenge cookie that the right password set.
"""

from fastapi import APIRouter, Request, Response

from app_api.identity import mfa, service
from app_api.identity.access import OwnSession
from app_api.identity.context import Context, address_of
from app_api.identity.errors import BadCodeError
from app_api.identity.half_way import enter, open_session, person_half_way
from app_api.identity.schemas import Code, EnrolmentView, MfaState, SignedIn
from app_api.problem_docs import problems

router = APIRouter(prefix="/api/auth/mfa", tags=["auth"])


@router.post("", responses=problems(401, 429))
async def confirm_mfa(body: Code, request: Request, response: Response, context: Context) -> SignedIn:
    """Finish a sign-in by a code of the authenticator, or by a recovery code."""
    person, hashed = await person_half_way(context, request, is_attempt=True)
    address = address_of(request)
    await context.throttle.check(email=person.email, address=address)
    try:
        async with context.engine.begin() as connection:
            codes = await mfa.check_code(context, connection, person, body.code)
            opened = await open_session(connection, person, hashed, request=request, factor="mfa")
    except BadCodeError:
        await context.throttle.failed(email=person.email, address=address)
        raise
    return await enter(context, request, response, person, opened, recovery_codes=codes)


@router.post("/enrol", responses=problems(401, 409))
async def enrol_half_way(request: Request, context: Context) -> EnrolmentView:
    """Set up an authenticator during the first sign-in; the first code at `/api/auth/mfa` confirms it."""
    person, _ = await person_half_way(context, request, is_attempt=False)
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
    address = address_of(request)
    await context.throttle.check(email=person.email, address=address)
    try:
        async with context.engine.begin() as connection:
            codes = await mfa.check_code(context, connection, person, body.code)
            await service.audit(connection, person, "user.mfa_enabled", request=request)
    except BadCodeError:
        await context.throttle.failed(email=person.email, address=address)
        raise
    await context.throttle.succeeded(email=person.email)
    return SignedIn.of(person, recovery_codes=codes)
