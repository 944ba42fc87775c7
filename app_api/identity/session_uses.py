"""Writing down when sessions were last used: those of all requests of a few seconds in one statement.

Belongs here: that loop. Does not belong here: noting a use (`session_book`), what follows from rest (`policy`).

A worker that is killed forgets a few seconds of uses: a session may then end that much sooner, never later.
"""

import asyncio

from sqlalchemy.exc import SQLAlchemyError

from app_api.identity import repository
from app_api.identity.context import AppContext

EVERY_SECONDS = 3.0


async def write_uses(context: AppContext) -> None:
    """Write what was noted since the last time; with the database away it is kept for the next time."""
    uses = context.sessions.take_uses()
    if not uses:
        return
    try:
        async with context.engine.begin() as connection:
            await repository.touch_sessions(connection, uses)
    except (SQLAlchemyError, OSError, TimeoutError):
        context.sessions.put_uses_back(uses)


async def write_uses_forever(context: AppContext) -> None:
    """Write every few seconds, and once more when the worker goes."""
    try:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            await write_uses(context)
    finally:
        await write_uses(context)
