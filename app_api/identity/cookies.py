"""The session cookie, for browsers and for command-line clients on the same machine.

Belongs here: setting and clearing `__Host-session`. Does not belong here: what the token means.

Browsers take a `__Host-` cookie only with `Secure`, and treat http://127.0.0.1 and http://localhost as secure enough.
Clients in the manner of Python's cookie jar send a `Secure` cookie over TLS only. On plain HTTP to a loopback name the
cookie is therefore sent twice, with and without `Secure`: browsers and curl refuse the second because of its prefix,
a Python jar keeps it in place of the first.
"""

from fastapi import Request, Response

from app_api.identity.access import COOKIE
from app_api.identity.sessions import COOKIE_AGE

#: Of a sign-in that waits for the second factor; opens nothing by itself.
CHALLENGE = "__Host-challenge"
CHALLENGE_AGE = 600
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_ATTRIBUTES = "HttpOnly; SameSite=Lax; Path=/"


def _is_plain_loopback(request: Request, *, cookie_secure: bool) -> bool:
    return request.url.scheme == "http" and (not cookie_secure or request.url.hostname in _LOOPBACK)


def _write(
    request: Request, response: Response, value: str, age: int, *, cookie_secure: bool, name: str = COOKIE
) -> None:
    cookie = f"{name}={value}; Max-Age={age}; {_ATTRIBUTES}"
    response.headers.append("set-cookie", f"{cookie}; Secure")
    if _is_plain_loopback(request, cookie_secure=cookie_secure):
        response.headers.append("set-cookie", cookie)


def set_session(request: Request, response: Response, token: str, *, cookie_secure: bool) -> None:
    """Give the browser its token."""
    _write(request, response, token, COOKIE_AGE, cookie_secure=cookie_secure)


def clear_session(request: Request, response: Response, *, cookie_secure: bool) -> None:
    """Make the browser forget its token."""
    _write(request, response, "", 0, cookie_secure=cookie_secure)


def set_challenge(request: Request, response: Response, token: str, *, cookie_secure: bool) -> None:
    """Give the browser the token of a sign-in half way."""
    _write(request, response, token, CHALLENGE_AGE, cookie_secure=cookie_secure, name=CHALLENGE)


def clear_challenge(request: Request, response: Response, *, cookie_secure: bool) -> None:
    """Make the browser forget it."""
    _write(request, response, "", 0, cookie_secure=cookie_secure, name=CHALLENGE)
