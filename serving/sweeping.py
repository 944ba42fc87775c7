"""The clock of the operations: holds, offers, no-shows, forgotten shifts, finished days; what ends by itself.

Belongs here: the loop. Does not belong here: what a sweep does (the `service` of each domain).
"""

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError

from app_api.appointments import offers
from app_api.identity import endings
from app_api.identity.context import AppContext
from app_api.identity.sessions import announce_revoked, announce_revoked_user
from app_api.queue import closing
from app_api.shifts import service as shifts
from app_api.smart import repository as smart
from app_api.verifications import service as verifications
from core import clock
from core.errors import MediSyncError

_LOG = logging.getLogger("medisync.sweeping")
EVERY_SECONDS = 15.0


async def sweep_forever(context: AppContext) -> None:
    """Sweep every quarter of a minute; workers that sweep at the same moment skip each other's rows."""
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        for sweep in (_appointments, _shifts, _days, _roles, _sessions, _tokens):
            try:
                await sweep(context)
            except (SQLAlchemyError, OSError, TimeoutError, MediSyncError) as error:
                # What one of them cannot do now keeps none of the others, nor itself the next time.
                _LOG.warning("a sweep waits", extra={"sweep": sweep.__name__[1:], "kind": type(error).__name__})


async def _appointments(context: AppContext) -> None:
    async with context.engine.begin() as connection:
        await offers.sweep(connection, clock.now())


async def _shifts(context: AppContext) -> None:
    async with context.engine.begin() as connection:
        await shifts.end_forgotten(connection, clock.now())


async def _days(context: AppContext) -> None:
    async with context.engine.begin() as connection:
        closed = await closing.close_days(connection, clock.now())
    if closed:
        context.outbox_nudge.set()


async def _roles(context: AppContext) -> None:
    async with context.engine.begin() as connection:
        lapsed = await verifications.lapse(connection, clock.now())
    for user_id in lapsed:
        await announce_revoked_user(context, user_id)


async def _sessions(context: AppContext) -> None:
    async with context.engine.begin() as connection:
        ended = await endings.end_abandoned(connection, clock.now())
    await announce_revoked(context, ended)


async def _tokens(context: AppContext) -> None:
    async with context.engine.begin() as connection:
        await smart.sweep(connection, clock.now())
