"""The clock of the operations: holds that run out, offers down the wait list, no-shows.

Belongs here: the loop. Does not belong here: what a sweep does (`app_api.appointments.service`).
"""

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError

from app_api.appointments import service
from app_api.identity.context import AppContext
from core import clock

_LOG = logging.getLogger("medisync.sweeping")
EVERY_SECONDS = 15.0


async def sweep_forever(context: AppContext) -> None:
    """Sweep every quarter of a minute; workers that sweep at the same moment skip each other's rows."""
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            async with context.engine.begin() as connection:
                await service.sweep(connection, clock.now())
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            _LOG.warning("the sweep waits", extra={"kind": type(error).__name__})
