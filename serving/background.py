"""Beginning background work so that its end is noticed, and ending it for certain.

Belongs here: how tasks of the application begin and end. Does not belong here: what they do.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

_LOG = logging.getLogger("medisync.background")

#: A task that is still there after this long has lost its cancellation, and is cancelled again.
_PATIENCE_SECONDS = 1.0


def begin(work: "Coroutine[Any, Any, Any]") -> "asyncio.Task[Any]":
    """Begin work that goes on until it is ended; if it ends by itself, the log says so."""
    task = asyncio.create_task(work, name=work.__name__)
    task.add_done_callback(_tell_of_end)
    return task


def _tell_of_end(task: "asyncio.Task[Any]") -> None:
    if task.cancelled():
        return
    kind = type(task.exception()).__name__ if task.exception() is not None else "nothing"
    _LOG.error("background work ended by itself", extra={"work": task.get_name(), "kind": kind})


async def end(*tasks: "asyncio.Task[Any]") -> None:
    """Cancel tasks and wait until each has ended; what they raise is not raised here.

    A cancellation can get lost: in Python 3.11 `asyncio.wait_for` forgets one that meets the result, and libraries
    which catch it while they close a connection are no better. Asking again costs nothing; a worker that waits for
    ever for one of its tasks never stops.
    """
    waiting = set(tasks)
    while waiting:
        for task in waiting:
            task.cancel()
        _, waiting = await asyncio.wait(waiting, timeout=_PATIENCE_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)
