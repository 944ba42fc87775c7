"""Valkey as a helper that may be away: short time-outs, and a breaker so that its absence costs nothing.

Belongs here: the client and the rule that nothing depends on it. Does not belong here: what is kept there. Nothing in
Valkey is the only copy of anything.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import redis.asyncio as redis
from redis.exceptions import RedisError

T = TypeVar("T")

#: After a failure Valkey is not asked for this long.
OPEN_SECONDS = 1.0
#: What "away" looks like from here.
AWAY = (RedisError, OSError, TimeoutError)


class Valkey:
    """A Valkey client whose every call answers within a quarter of a second or gives the fallback.

    Parameters
    ----------
    url : str
        `redis://…`
    """

    def __init__(self, url: str) -> None:
        self._url = url
        pool = redis.BlockingConnectionPool.from_url(
            url, max_connections=32, timeout=0.25, socket_connect_timeout=0.1, socket_timeout=0.25
        )
        self._client = redis.Redis(connection_pool=pool)
        self._closed_until = 0.0
        self.is_away = False

    async def ask(self, call: Callable[[redis.Redis], Awaitable[T]], *, otherwise: T) -> T:
        """Return what `call` answers, or `otherwise` when Valkey is away or was a moment ago."""
        if time.monotonic() < self._closed_until:
            return otherwise
        try:
            answer = await call(self._client)
        except AWAY:
            self._closed_until = time.monotonic() + OPEN_SECONDS
            self.is_away = True
            return otherwise
        self.is_away = False
        return answer

    async def publish(self, channel: str, message: str) -> bool:
        """Publish and say whether Valkey took it."""
        return await self.ask(lambda client: _sent(client, channel, message), otherwise=False)

    async def ping(self) -> bool:
        return await self.ask(lambda client: client.ping(), otherwise=False)

    def listener(self) -> redis.Redis:
        """Return a client for one long-lived subscription: it waits for messages, so it has no read time-out."""
        return redis.Redis.from_url(self._url, socket_connect_timeout=0.5, socket_timeout=None, health_check_interval=5)

    async def close(self) -> None:
        await self._client.aclose()
        await self._client.connection_pool.disconnect()


async def _sent(client: redis.Redis, channel: str, message: str) -> bool:
    answer: Any = client.publish(channel, message)
    await answer
    return True
