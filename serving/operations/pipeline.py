"""Whether the pipeline (Dagster) is there, for the administrator's page.

Belongs here: asking its web interface, seldom and briefly. Does not belong here: anything that would wait for Dagster:
what it published last is served without it, with its `as_of`.
"""

import asyncio
import http.client
import urllib.request
from typing import Final, Literal

import orjson

PipelineState = Literal["ready", "idle", "away"]
#: An answer counts for so long.
_KEPT_SECONDS: Final = 10.0
_SECONDS: Final = 1.5
_QUESTION: Final = orjson.dumps({"query": "{ instance { daemonHealth { allDaemonStatuses { required healthy } } } }"})
_AWAY: Final = (OSError, http.client.HTTPException, KeyError, TypeError, ValueError)


class PipelineProbe:
    """Asks Dagster for the health of its daemons; who asks again soon gets the same answer.

    `ready`: daemons work; `idle`: the web interface answers and a daemon is missing, so that nothing is renewed by
    itself; `away`: neither web interface nor its storage answers.
    """

    def __init__(self, address: str) -> None:
        if not address.startswith(("http://", "https://")):
            raise ValueError(f"MEDISYNC_DAGSTER_URL is {address!r}; it must begin with http:// or https://")
        self._address = f"{address}/graphql"
        # No proxy of the environment: Dagster is a neighbour.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self._lock = asyncio.Lock()
        self._known: tuple[float, PipelineState] | None = None

    async def state(self) -> PipelineState:
        """Return how Dagster was, at most ten seconds ago."""
        async with self._lock:
            now = asyncio.get_running_loop().time()
            if self._known is None or now - self._known[0] > _KEPT_SECONDS:
                self._known = (now, await asyncio.to_thread(self._ask))
            return self._known[1]

    def _ask(self) -> PipelineState:
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self._address, data=_QUESTION, headers=headers)  # noqa: S310 (checked above)
        try:
            with self._opener.open(request, timeout=_SECONDS) as answer:
                told = orjson.loads(answer.read())
            daemons = told["data"]["instance"]["daemonHealth"]["allDaemonStatuses"]
            return "ready" if all(one["healthy"] for one in daemons if one["required"]) else "idle"
        except _AWAY:
            return "away"
