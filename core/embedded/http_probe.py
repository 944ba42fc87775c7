"""Asking a server over HTTP whether it is there.

Belongs here: the probe that the HTTP services share. Does not belong here: what one of them answers in particular.
"""

import httpx


def answers(url: str, *, status: int = 200, timeout: float = 5.0) -> str | None:
    """Return None if `url` answers with `status`, else a phrase that says what it did instead."""
    try:
        # Loading the certificates costs 30 ms of each probe, and plain HTTP has no use for them.
        response = httpx.get(url, timeout=timeout, trust_env=False, verify=url.startswith("https:"))
    except httpx.HTTPError as error:
        return f"no answer from {url} ({type(error).__name__})"
    return None if response.status_code == status else f"{url} answered {response.status_code}"
