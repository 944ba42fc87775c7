"""Which language a request is answered in: the account's, else the one that the browser asks for, else English.

Belongs here: reading that. Does not belong here: sentences (`app_api.sentences`), and storing the choice
(`app_api.identity`).
"""

from collections.abc import MutableMapping
from typing import Any

from core.vocabulary import Language

#: Set in the scope of a request by whoever finds out who is asking.
SCOPE_KEY = "medisync.language"


def language_of(scope: MutableMapping[str, Any]) -> Language:
    """Return the language of a request's reader."""
    return scope.get(SCOPE_KEY) or asked_for(scope)


def asked_for(scope: MutableMapping[str, Any]) -> Language:
    """Return what the Accept-Language header asks for."""
    named = next((value for name, value in scope.get("headers", ()) if name == b"accept-language"), b"")
    return preferred(named.decode("latin-1"))


def preferred(header: str) -> Language:
    """Return the language of an Accept-Language header (RFC 9110) that there is; English when it names none.

    Examples
    --------
    >>> preferred("es-MX,es;q=0.9,en;q=0.8").value, preferred("fr, es;q=0.2, en;q=0.4").value, preferred("").value
    ('es', 'en', 'en')
    """
    best, weight = Language.ENGLISH, 0.0
    for part in header[:200].split(","):
        tag, _, rest = part.strip().partition(";")
        language, q = tag.partition("-")[0].lower(), _weight(rest)
        if q > weight and language in set(Language):
            best, weight = Language(language), q
    return best


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
