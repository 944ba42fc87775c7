"""Ending background work for certain.

Belongs here: how tasks of the application are ended. Does not belong here: what they do.
"""

import asyncio
from typing import Any

#: A task that is still there after this long has lost its cancellation, and is cancelled again.
_PATIENCE_SECONDS = 1.0


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
