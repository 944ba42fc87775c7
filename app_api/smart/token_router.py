"""The token endpoint of OAuth 2.0: an assertion and scopes in, an access token out.

Belongs here: HTTP of `/api/oauth/token`, its form, throttle and audit. Does not belong here: what an assertion must say
(`assertions`), which scopes a client has (`service`), the shape of errors (`serving.oauth`).

The endpoint is open, as a sign-in is: it counts refused assertions by client and address together, so that nobody
elsewhere slows a client down by naming it.
"""

from typing import Annotated, Any, Final, Literal
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import Row

from app_api.envelope.audit import Entry, append
from app_api.identity.context import AppContext, Context, address_of, request_id_of
from app_api.smart import assertions, service
from app_api.smart.assertions import Claimed
from app_api.smart.errors import InvalidClientError, InvalidRequestError, InvalidScopeError, UnsupportedGrantError
from app_api.smart.schemas import AccessToken, TokenRefusal

router = APIRouter(prefix="/api/oauth", tags=["smart"])

PATH: Final = "/api/oauth/token"
GRANT: Final[Literal["client_credentials"]] = "client_credentials"
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FORM: Final = "application/x-www-form-urlencoded"
_ACTION: Final = "smart_client.token"
_MOST_FIELDS: Final = 20
_FIELDS: Final = {
    "grant_type": {"type": "string", "enum": [GRANT]},
    "scope": {"type": "string", "description": "Such as `system/Slot.rs system/Appointment.s`"},
    "client_assertion_type": {"type": "string", "enum": [ASSERTION_TYPE]},
    "client_assertion": {
        "type": "string",
        "description": "JWT of the client, RS384 or ES384, for five minutes at most",
    },
}
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {FORM: {"schema": {"type": "object", "required": list(_FIELDS), "properties": _FIELDS}}},
    }
}


def endpoint(request: Request) -> str:
    """Return the address of the token endpoint: what an assertion names as `aud`."""
    public = request.app.state.settings.public_url or str(request.base_url).rstrip("/")
    return f"{public}{PATH}"


async def _form(request: Request) -> dict[str, str]:
    """Return the fields of the form.

    Raises
    ------
    InvalidRequestError
        If it is none, or names a field twice (RFC 6749, 3.2).
    """
    try:
        pairs = parse_qsl((await request.body()).decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise InvalidRequestError(f"the body is a form in UTF-8 of at most {_MOST_FIELDS} fields") from error
    form = dict(pairs)
    if len(form) < len(pairs):
        raise InvalidRequestError("each field is given once")
    return form


@router.post("/token", responses={400: {"model": TokenRefusal}, 401: {"model": TokenRefusal},
                                  429: {"model": TokenRefusal}}, openapi_extra=_BODY)  # fmt: skip
async def issue_token(
    form: Annotated[dict[str, str], Depends(_form)], request: Request, response: Response, context: Context
) -> AccessToken:
    """Give a registered client an access token for five minutes (SMART Backend Services)."""
    assertion = _checked(form, request)
    claimed = assertions.read(assertion)
    address = address_of(request)
    counted = f"smart {claimed.client_id} {address}"
    await context.throttle.check(email=counted, address=address)
    try:
        # On its own: an assertion stays used up, whatever comes of the scopes.
        async with context.engine.begin() as connection:
            client = await service.authenticate(connection, assertion, claimed, audience=endpoint(request))
    except InvalidClientError as error:
        await context.throttle.failed(email=counted, address=address)
        await _audit_unproven(context, claimed, request, error)
        raise
    await context.throttle.succeeded(email=counted)
    asked = form["scope"].split()
    try:
        async with context.engine.begin() as connection:
            token = await service.give_token(connection, client, asked)
            await append(connection, _entry(request, client))
    except InvalidScopeError as error:
        async with context.engine.begin() as connection:
            await append(connection, _entry(request, client, refusal=error.code))
        raise
    response.headers["cache-control"], response.headers["pragma"] = "no-store", "no-cache"
    seconds = int(service.TOKEN_LIFETIME.total_seconds())
    return AccessToken(access_token=token, expires_in=seconds, scope=" ".join(dict.fromkeys(asked)))


def _checked(form: dict[str, str], request: Request) -> str:
    """Return the assertion of a form that asks for what is given here.

    Raises
    ------
    InvalidRequestError, UnsupportedGrantError, InvalidClientError
    """
    missing = [name for name in _FIELDS if not form.get(name)]
    if missing:
        raise InvalidRequestError(f"{missing[0]} is missing")
    if form["grant_type"] != GRANT:
        raise UnsupportedGrantError(f"grant_type is {GRANT}")
    if form["client_assertion_type"] != ASSERTION_TYPE:
        raise InvalidRequestError(f"client_assertion_type is {ASSERTION_TYPE}")
    if "client_secret" in form or "authorization" in request.headers:
        raise InvalidRequestError("a client proves itself in one way only: by client_assertion")
    return form["client_assertion"]


def _entry(request: Request, client: Row[Any], refusal: str | None = None) -> Entry:
    return Entry(
        actor_id=client.client_id,
        actor_role=service.ROLE,
        action=_ACTION,
        object_kind="smart_client",
        object_ids=(str(client.client_id),),
        relation="own",
        outcome="done" if refusal is None else "refused",
        reason_code=refusal,
        request_id=request_id_of(request),
    )


async def _audit_unproven(context: AppContext, claimed: Claimed, request: Request, refusal: InvalidClientError) -> None:
    """Say in the audit that somebody was not proven; a client that there is not may be anything that was typed."""
    async with context.engine.begin() as connection:
        client = await service.known(connection, claimed)
        entry = Entry(
            actor_id=None,
            actor_role="nobody",
            action=_ACTION,
            object_kind="smart_client",
            object_ids=() if client is None else (str(client.client_id),),
            outcome="refused",
            reason_code=refusal.code,
            request_id=request_id_of(request),
        )
        await append(connection, entry)
