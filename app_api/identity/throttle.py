"""Slowing down guesses: by account and by address, shared through Valkey, or per process while it is away.

Belongs here: counters of failed sign-ins. Does not belong here: how long to wait (`policy`). Keys are hashes: neither
e-mail nor address is readable in Valkey. An account is delayed, never locked.
"""

import hashlib
import ipaddress
import time

import redis.asyncio as redis

from app_api.identity import policy
from app_api.identity.errors import TooManyAttemptsError
from app_api.valkey import Valkey

#: Failures of an account are remembered this long after the last one.
ACCOUNT_MEMORY_SECONDS = 3600
_PREFIX = "medisync:login"

#: KEYS: counter of the account, of the address. ARGV: seconds of memory. Answers the account's failures in a row.
_COUNT_FAILURE = """
local failures = redis.call('INCR', KEYS[1])
redis.call('EXPIRE', KEYS[1], ARGV[1])
if redis.call('INCR', KEYS[2]) == 1 then redis.call('EXPIRE', KEYS[2], 60) end
return failures
"""


def address_block(address: str) -> str:
    """Return what counts as one address: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if ip.version == 4:
        return str(ip)
    return str(ipaddress.ip_network((ip, 64), strict=False))


class LoginThrottle:
    """Counts failed sign-ins and says when the next attempt is allowed."""

    def __init__(self, valkey: Valkey) -> None:
        self._valkey = valkey
        #: Of this process, counted always and asked when Valkey is away: key -> (count, forgotten at).
        self._counts: dict[str, tuple[int, float]] = {}
        self._holds: dict[str, float] = {}

    async def check(self, *, email: str, address: str) -> None:
        """Refuse an attempt that comes too early.

        Raises
        ------
        TooManyAttemptsError
            With the seconds to wait.
        """
        account, place = _key("account", email), _key("address", address_block(address))
        now = time.monotonic()
        hold, count = await self._valkey.ask(lambda client: _read(client, account, place), otherwise=(-1, -1))
        if count < 0:
            hold, count = int(self._holds.get(account, now) - now), self._count(place)
            allowed = policy.ADDRESS_FAILURES_PER_MINUTE // 2
        else:
            allowed = policy.ADDRESS_FAILURES_PER_MINUTE
        if hold > 0:
            raise TooManyAttemptsError("too many failed attempts on this account; wait and try again", retry_after=hold)
        if count >= allowed:
            raise TooManyAttemptsError("too many failed attempts from this address; wait a minute", retry_after=60)

    async def failed(self, *, email: str, address: str) -> None:
        """Count a failed attempt."""
        account, place = _key("account", email), _key("address", address_block(address))
        local = self._bump(account, ACCOUNT_MEMORY_SECONDS)
        self._bump(place, 60)
        failures = await self._valkey.ask(lambda client: _count(client, account, place), otherwise=local)
        delay = policy.delay_after(failures)
        if delay:
            self._holds[account] = time.monotonic() + delay
            await self._valkey.ask(lambda client: client.set(f"{account}:hold", 1, ex=delay), otherwise=None)

    async def succeeded(self, *, email: str) -> None:
        """Forget the failures of an account whose owner has just signed in."""
        account = _key("account", email)
        self._counts.pop(account, None)
        self._holds.pop(account, None)
        await self._valkey.ask(lambda client: client.delete(account, f"{account}:hold"), otherwise=0)

    def _count(self, key: str) -> int:
        count, until = self._counts.get(key, (0, 0.0))
        return count if time.monotonic() < until else 0

    def _bump(self, key: str, seconds: int) -> int:
        if len(self._counts) > 10_000:
            now = time.monotonic()
            self._counts = {name: entry for name, entry in self._counts.items() if entry[1] > now}
            self._holds = {name: until for name, until in self._holds.items() if until > now}
        count = self._count(key) + 1
        self._counts[key] = (count, time.monotonic() + seconds)
        return count


def _key(kind: str, value: str) -> str:
    return f"{_PREFIX}:{kind}:{hashlib.sha256(value.encode()).hexdigest()[:32]}"


async def _read(client: redis.Redis, account: str, place: str) -> tuple[int, int]:
    pipe = client.pipeline(transaction=False)
    pipe.ttl(f"{account}:hold")
    pipe.get(place)
    hold, count = await pipe.execute()
    return max(hold, 0), int(count or 0)


async def _count(client: redis.Redis, account: str, place: str) -> int:
    return int(await client.eval(_COUNT_FAILURE, 2, account, place, ACCOUNT_MEMORY_SECONDS))
