"""The hot pages, answered before FastAPI sees the request.

Belongs here: the shortcut and the conditions under which it may be taken. Does not belong here: any rule of its own:
session, permission, audience, tag and bytes come from where the slow path takes them. Whenever one of them is not at
hand in this process, FastAPI answers; so the shortcut can only give what the slow path would give.

FastAPI costs about as much for two bytes as for twenty thousand: routing, dependencies, contexts. A dashboard of a
thousand screens asks for the same few pages all day.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app_api import permissions
from app_api.identity.access import COOKIE, declared_actions
from app_api.identity.sessions import remembered_session
from serving.analytics.answer import answer
from serving.analytics.audience import audience_of


@dataclass(frozen=True)
class HotPage:
    """A page that may be answered here: its name in the store, what its route demands, and the route (for the log)."""

    name: str
    actions: frozenset[str]
    route: APIRoute


def hot_pages(routes: list[APIRoute], names: Mapping[str, str]) -> dict[str, HotPage]:
    """Return the hot pages by path, with the permission that each one's own route declares.

    Parameters
    ----------
    routes : list of APIRoute
    names : mapping
        Path -> page of the store.

    Raises
    ------
    KeyError
        If a path is no GET route.
    """
    by_path = {route.path: route for route in routes if "GET" in route.methods}
    found = {path: (name, by_path[path]) for path, name in names.items()}
    return {
        path: HotPage(name, frozenset(declared_actions(route.dependant)), route)
        for path, (name, route) in found.items()
    }


class FastPath:
    """Wraps the router, inside `Edge` and `Guard`."""

    def __init__(self, app: ASGIApp, *, pages: Mapping[str, HotPage]) -> None:
        self._app = app
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET":
            hot = self._pages.get(scope["path"])
            if hot is not None:
                response = _respond(scope, hot)
                if response is not None:
                    scope["route"] = hot.route
                    await response(scope, receive, send)
                    return
        await self._app(scope, receive, send)


def _respond(scope: Scope, hot: HotPage) -> Response | None:
    """Return the answer if everything that it needs is in memory, else None."""
    headers = Headers(scope=scope)
    token = cookie_parser(headers.get("cookie", "")).get(COOKIE)
    if not token or "authorization" in headers or len(headers.getlist("cookie")) > 1:
        return None
    state = scope["app"].state
    session = remembered_session(state.context, token)
    if session is None:
        return None
    person = session.principal
    if not hot.actions or not all(permissions.allows(person.role, action) for action in hot.actions):
        return None
    page = state.analytics.ready(hot.name, audience_of(person))
    return None if page is None else answer(page, headers)
