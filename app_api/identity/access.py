"""Who is asking, and may they: the two dependencies that every protected route declares.

Belongs here: reading the credential of a request, and `need(action)`. Does not belong here: the table of permissions.

A browser carries the cookie `__Host-session`. A machine carries `Authorization: Bearer mds_…`: `find_person` is
the one place where that credential is turned into a principal.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, Security
from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.requests import HTTPConnection

from app_api import permissions
from app_api.identity import tokens
from app_api.identity.context import AppContext, context_of
from app_api.identity.errors import ForbiddenError, NotSignedInError, TwoCredentialsError
from app_api.identity.session_book import OpenSession, Principal
from app_api.identity.sessions import find_session
from app_api.languages import SCOPE_KEY, language_of
from core.vocabulary import Language

COOKIE = "__Host-session"

#: For the OpenAPI document only: the cookie is read from the connection, so that sockets share the code.
session_scheme = APIKeyCookie(
    name=COOKIE, scheme_name="session", auto_error=False, description="Set by POST /api/auth/login"
)
bearer_scheme = HTTPBearer(scheme_name="token", auto_error=False, description="`mds_…` from POST /api/auth/tokens")


def bearer_of(connection: HTTPConnection) -> str | None:
    """Return the bearer token of a request, or None.

    Raises
    ------
    TwoCredentialsError
        If there is a session's cookie too: a page must not lend its cookie to a machine's request.
    """
    kind, _, bearer = connection.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return None
    if connection.cookies.get(COOKIE):
        raise TwoCredentialsError("send either the session cookie or a bearer token, not both")
    return bearer.strip()


async def find_person(context: AppContext, connection: HTTPConnection, *, is_use: bool = True) -> OpenSession | None:
    """Return the live session or token that a request or a socket carries, or None.

    An open socket that is only looked at again (`is_use` false) keeps no session from ending by rest.

    Raises
    ------
    TwoCredentialsError
        If it carries both.
    """
    bearer = bearer_of(connection)
    if bearer is not None:
        return await tokens.find(context, bearer)
    token = connection.cookies.get(COOKIE)
    if not token or len(token) > 128:
        return None
    return await find_session(context, token, is_use=is_use)


async def signed_in(
    connection: HTTPConnection,
    _: Annotated[str | None, Security(session_scheme)],
    __: Annotated[Any, Security(bearer_scheme)],
) -> OpenSession:
    """Return the session of the request.

    Raises
    ------
    NotSignedInError
        If there is none, or it has ended.
    """
    session = await find_person(context_of(connection), connection)
    if session is None:
        raise NotSignedInError("sign in first")
    connection.scope[SCOPE_KEY] = session.principal.language
    return session


CurrentSession = Annotated[OpenSession, Depends(signed_in)]


async def _reader_language(connection: HTTPConnection, _: CurrentSession) -> Language:
    return language_of(connection.scope)


#: The language in which the person is answered.
ReaderLanguage = Annotated[Language, Depends(_reader_language)]


def need(action: str) -> Callable[..., Awaitable[Principal]]:
    """Return a dependency that lets only roles with the permission `action` pass, and gives the person.

    Raises
    ------
    KeyError
        At import, if the table has no such action.
    """
    roles = permissions.PERMISSIONS[action]

    async def allowed(session: CurrentSession) -> Principal:
        if session.principal.role not in roles:
            raise ForbiddenError(f"the role {session.principal.role} may not do this ({action})")
        if session.scopes is not None and action not in session.scopes:
            raise ForbiddenError(f"this token was not given the right {action}")
        return session.principal

    allowed.action = action  # type: ignore[attr-defined]
    return allowed


#: Whoever is signed in, for what concerns their own account and sessions; no machine.
OwnSession = Annotated[Principal, Depends(need("session.own"))]


def declared_actions(dependant: Any) -> set[str]:
    """Return the actions that a route's dependencies ask for, at any depth."""
    found = {call.action for call in [dependant.call] if hasattr(call, "action")}
    for inner in dependant.dependencies:
        found |= declared_actions(inner)
    return found
