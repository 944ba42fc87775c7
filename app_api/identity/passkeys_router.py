"""Passkeys on the wire.

Belongs here: HTTP of `/api/auth/passkeys` and of the passkey as second step of a sign-in. Does not belong here: rules
(`passkeys`).
"""

import uuid

from fastapi import APIRouter, Request, Response

from app_api.identity import passkeys, service
from app_api.identity.access import CurrentSession, OwnSession
from app_api.identity.context import Context, address_of
from app_api.identity.errors import BadPasskeyError
from app_api.identity.half_way import enter, open_session, person_half_way
from app_api.identity.schemas import (
    NewPasskey,
    PasskeyAnswer,
    PasskeyList,
    PasskeyOptions,
    PasskeyView,
    PresentPassword,
    SignedIn,
)
from app_api.problem_docs import problems

router = APIRouter(prefix="/api/auth", tags=["auth"])


@router.post("/mfa/passkey/options", responses=problems(401, 404))
async def begin_passkey_step(request: Request, context: Context) -> PasskeyOptions:
    """Give out a challenge for the second step of a sign-in, as `PublicKeyCredentialRequestOptions` in JSON."""
    person, hashed = await person_half_way(context, request, is_attempt=False)
    async with context.engine.begin() as connection:
        options = await passkeys.begin_sign_in(context, connection, person, holder=hashed)
    return PasskeyOptions(options=options)


@router.post("/mfa/passkey", responses=problems(401, 403, 429))
async def confirm_passkey(body: PasskeyAnswer, request: Request, response: Response, context: Context) -> SignedIn:
    """Finish a sign-in by the answer of a passkey; each challenge is answered once."""
    person, hashed = await person_half_way(context, request, is_attempt=True)
    address = address_of(request)
    await context.throttle.check(email=person.email, address=address)
    try:
        # Committed by itself: a challenge is used up even by a wrong answer.
        async with context.engine.begin() as connection:
            challenge = await passkeys.take_challenge(connection, person.user_id, holder=hashed, purpose="sign_in")
        async with context.engine.begin() as connection:
            await passkeys.check(
                context, connection, person, challenge=challenge, credential=body.credential.model_dump()
            )
            opened = await open_session(connection, person, hashed, request=request, factor="passkey")
    except BadPasskeyError:
        await context.throttle.failed(email=person.email, address=address)
        raise
    return await enter(context, request, response, person, opened)


@router.post("/passkeys/options", responses=problems(403, 409, 429))
async def begin_passkey(
    body: PresentPassword, person: OwnSession, session: CurrentSession, request: Request, context: Context
) -> PasskeyOptions:
    """Give out a challenge for a new passkey (`PublicKeyCredentialCreationOptions` in JSON); asks for the password."""
    await service.check_present_password(context, person, password=body.password, address=address_of(request))
    async with context.engine.begin() as connection:
        options = await passkeys.begin_registration(context, connection, person, holder=session.token_hash)
    return PasskeyOptions(options=options)


@router.post("/passkeys", status_code=201, responses=problems(403, 409))
async def add_passkey(
    body: NewPasskey, person: OwnSession, session: CurrentSession, request: Request, context: Context
) -> PasskeyView:
    """Keep the passkey that the browser made for the challenge of this session."""
    async with context.engine.begin() as connection:
        challenge = await passkeys.take_challenge(
            connection, person.user_id, holder=session.token_hash, purpose="register"
        )
    async with context.engine.begin() as connection:
        row = await passkeys.register(
            context,
            connection,
            person,
            challenge=challenge,
            credential=body.credential.model_dump(),
            name=body.name,
        )
        await service.audit(connection, person, "user.passkey_added", request=request)
    return PasskeyView.model_validate(row, from_attributes=True)


@router.get("/passkeys")
async def list_passkeys(person: OwnSession, context: Context) -> PasskeyList:
    """List one's own passkeys."""
    async with context.engine.connect() as connection:
        rows = await passkeys.of_user(connection, person.user_id)
    return PasskeyList(items=[PasskeyView.model_validate(row, from_attributes=True) for row in rows])


@router.delete("/passkeys/{passkey_id}", status_code=204, responses=problems(404))
async def remove_passkey(passkey_id: uuid.UUID, person: OwnSession, request: Request, context: Context) -> None:
    """Remove one of one's own passkeys; the authenticator and its recovery codes stay."""
    async with context.engine.begin() as connection:
        await passkeys.remove(connection, person.user_id, passkey_id)
        await service.audit(connection, person, "user.passkey_removed", request=request)
