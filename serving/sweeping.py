"""The clock of the operations: holds and proven roles that run out, offers down the wait list, no-shows,
shifts that
nobody ended, days that are over.

Belongs here: the loop. Does not belong here: what a sweep does (the `service` of each domain).
"""

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError

from app_api.appointments import service as appointments
from app_api.identity.context import AppContext
from app_api.identity.service import announce_revoked_user
from app_api.queue import closing
from app_api.shifts import service as shifts
from app_api.verifications import service as verifications
from core import clock

_LOG = logging.getLogger("medisync.sweeping")
EVERY_SECONDS = 15.0


async def sweep_forever(context: AppContext) -> None:
    """Sweep every quarter of a minute; workers that sweep at the same moment skip each other's rows."""
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            async with context.engine.begin() as connection:
                await appointments.sweep(connection, clock.now())
            async with context.engine.begin() as connection:
                await shifts.end_forgotten(connection, clock.now())
            async with context.engine.begin() as connection:
                closed = await closing.close_days(connection, clock.now())
            if closed:
                context.outbox_nudge.set()
            async with context.engine.begin() as connection:
                lapsed = await verifications.lapse(connection, clock.now())
            for user_id in lapsed:
                await announce_revoked_user(context, user_id)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            _LOG.warning("the sweep waits", extra={"kind": type(error).__name__})
