"""The press: PDFs are set in a thread of their own, a few at a time, never on the event loop.

Belongs here: the bounded queue in front of typst. Does not belong here: what is printed. typst lets go of the
interpreter while it works, so a thread is enough.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import HTTPConnection

from core.errors import UnavailableError

#: Reports that may wait or be at work in one worker; a report takes some 50 ms.
MAX_WAITING = 16
#: No report is worth waiting longer for.
PRESS_SECONDS = 8.0


class PressBusyError(UnavailableError):
    """Too many reports are being made; the next one is told when to come back."""

    code = "reports_busy"
    retry_after = 2


class Press:
    """One thread, and at most `MAX_WAITING` callers."""

    def __init__(self, threads: int = 1) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="report")
        self._waiting = 0

    async def make(self, work: Callable[..., bytes], *arguments: Any) -> bytes:
        """Run `work` in the press and return its bytes.

        Raises
        ------
        PressBusyError
            If too many wait, or it takes too long.
        """
        if self._waiting >= MAX_WAITING:
            raise PressBusyError("too many reports are being made at once; try again in a few seconds")
        self._waiting += 1
        job = self._threads.submit(work, *arguments)
        # The place is taken until the thread is free, not only until the caller gives up.
        job.add_done_callback(partial(self._leave, asyncio.get_running_loop()))
        try:
            async with asyncio.timeout(PRESS_SECONDS):
                return await asyncio.wrap_future(job)
        except TimeoutError as error:
            raise PressBusyError("the report took too long; try again in a few seconds") from error

    def _leave(self, loop: asyncio.AbstractEventLoop, _: object) -> None:
        """Give the place back: called in the thread that was busy, done in the loop that counts."""
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(self._count_down)

    def _count_down(self) -> None:
        self._waiting -= 1

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


async def press_of(connection: HTTPConnection) -> Press:
    """Return the press of the application that this request came to."""
    return connection.app.state.press


ThePress = Annotated[Press, Depends(press_of)]
