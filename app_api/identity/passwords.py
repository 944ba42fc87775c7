"""Hashing passwords beside the event loop, never on it.

Belongs here: argon2id and its small pool of threads. Does not belong here: rules about passwords (`policy`).
"""

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app_api.identity.errors import TooManyAttemptsError

#: OWASP's least parameters for argon2id; 17 ms a hash here. The library's own (64 MiB) cost 142 ms.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
MAX_WAITING = 64


def hash_password(password: str) -> str:
    """Return the argon2id hash (PHC string) of a password, after NFC."""
    return _HASHER.hash(unicodedata.normalize("NFC", password))


def matches(stored: str, password: str) -> bool:
    """Say whether `password` is the one behind `stored`."""
    try:
        return _HASHER.verify(stored, unicodedata.normalize("NFC", password))
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Say whether a hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


class PasswordWorkshop:
    """A bounded queue in front of one or two hashing threads: a storm of sign-ins cannot stop the event loop."""

    def __init__(self, threads: int = 2) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="argon2")
        self._waiting = 0
        #: Verified against when the e-mail is unknown, so that the answer takes as long.
        self._nobody = hash_password("nobody has this password")

    async def verify(self, stored: str | None, password: str) -> bool:
        """Say whether the password fits; with `stored` None do the same work and say no.

        Raises
        ------
        TooManyAttemptsError
            If more than 64 are waiting.
        """
        fits = await self._run(matches, stored or self._nobody, password)
        return fits and stored is not None

    async def hash(self, password: str) -> str:
        """Return the hash of a new password."""
        return await self._run(hash_password, password)

    async def _run(self, work, *arguments):
        if self._waiting >= MAX_WAITING:
            raise TooManyAttemptsError(
                "too many people are signing in at once; try again in a few seconds", retry_after=2
            )
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
